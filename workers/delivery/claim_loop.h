// Claims what is due and what there is room for, and hands it to the dispatcher.
#pragma once

#include <absl/time/time.h>

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "common/store/delivery_queue.h"
#include "workers/delivery/database_clock.h"
#include "workers/delivery/dispatcher.h"
#include "workers/delivery/due_finder.h"
#include "workers/delivery/metrics.h"
#include "workers/delivery/outcome_queue.h"
#include "workers/delivery/preparation.h"
#include "workers/delivery/ready_set.h"
#include "workers/runtime/backoff.h"
#include "workers/runtime/wake_signal.h"

namespace windrow::delivery {

// All must outlive the loop.
struct ClaimLoopParts {
  store::DeliveryQueue* queue;
  ProfileCache* profiles;
  Dispatcher* dispatcher;
  OutcomeQueue* outcomes;
  DatabaseClock* clock;
  worker::WakeSignal* wake;  // set by Wake
  DeliveryMetrics metrics;
  worker::Random random;
};

// One thread calls RunOnce; Wake may be called from any.
class ClaimLoop {
 public:
  ClaimLoop(const DeliveryOptions& options, ClaimLoopParts parts);

  // These may have due windows; `scan`: others as well.
  void Wake(std::vector<Uuid> webhooks, bool scan);
  // Requests of these ended, or windows that others of their order waited for.
  void Freed(std::vector<Uuid> webhooks);
  // One look for due work, and one claim. Answers how long to wait for the next, unless
  // woken before.
  absl::Duration RunOnce();

  // What is still to be given back, once RunOnce is called no more.
  std::vector<store::HeldWindow> TakeGiveBack() { return std::move(give_back_); }
  // OK where the last look succeeded. From any thread.
  absl::Status Health() const;

 private:
  absl::StatusOr<absl::Duration> TryOnce();
  void TakeWakes();
  absl::Status Register();
  absl::Status GiveBack();
  absl::StatusOr<absl::Duration> ClaimSome();
  absl::Duration NextIn() const;
  void NoteShort(const std::vector<store::WantedWebhook>& wanted,
                 const store::Claim& claim, absl::Time now);
  void Observe(const store::Claim& claim, absl::Duration took);
  absl::Status HandOver(PreparedClaim claim);
  int Places() const;
  int MostToClaim() const;
  bool TooMuchUnrecorded() const;

  DeliveryOptions options_;
  ClaimLoopParts parts_;
  const Clock& local_;
  Preparation preparation_;
  DueFinder due_;
  ReadySet ready_;
  worker::Backoff backoff_;
  std::optional<store::WorkerId> worker_id_;
  std::vector<store::HeldWindow> give_back_;
  double bytes_a_window_ = 256 * 1024;  // of late; at first a careful guess

  mutable std::mutex mutex_;
  absl::Status health_ = absl::UnavailableError("starting");
  std::vector<Uuid> woken_;
  std::vector<Uuid> freed_;
  bool woken_scan_ = false;
};

}  // namespace windrow::delivery
