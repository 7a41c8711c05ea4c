// From a claim to deliveries that are ready to send: profiles read, bodies rendered,
// requests signed.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <optional>
#include <vector>

#include "common/store/delivery_queue.h"
#include "workers/delivery/database_clock.h"
#include "workers/delivery/dispatcher.h"
#include "workers/delivery/outcome_queue.h"
#include "workers/delivery/profile_cache.h"
#include "workers/runtime/backoff.h"

namespace windrow::delivery {

struct PreparedClaim {
  Prepared prepared;
  std::vector<Ended> ended;  // poison, of disabled webhooks, or not sendable
  std::vector<store::HeldWindow> give_back;  // the database failed meanwhile
  absl::Status error;                        // why
};

// Not thread-safe.
class Preparation {
 public:
  // All must outlive this.
  Preparation(const DeliveryOptions& options, ProfileCache* profiles,
              const DatabaseClock* clock, worker::Random random);

  // `claimed_at` is when the claim was asked for, by the local clock.
  PreparedClaim Prepare(store::Claim claim, absl::Time claimed_at);

 private:
  struct Batch;
  bool EndsUnsent(const store::ClaimedWindow& window, store::Outcome* outcome) const;
  static bool DropsLoop(const store::ClaimedWindow& window, const Batch& batch,
                        store::Outcome* outcome);
  void PrepareWindow(const store::ClaimedWindow& window, Batch* batch);
  absl::Status Render(const store::ClaimedWindow& window, const Contents& contents,
                      Batch* batch, store::Outcome* outcome);
  void Hold(const store::ClaimedWindow& window, Batch* batch, store::Outcome outcome);
  void FinishUnrendered(const store::ClaimedWindow& window, const absl::Status& why,
                        Batch* batch, store::Outcome outcome);
  absl::StatusOr<Contents> FindContents(const store::ClaimedWindow& window, Batch* batch);
  void Refuse(const store::ClaimedWindow& window, const absl::Status& why, Batch* batch,
              store::Outcome outcome);

  DeliveryOptions options_;
  ProfileCache* profiles_;
  const DatabaseClock* clock_;
  worker::Random random_;
};

}  // namespace windrow::delivery
