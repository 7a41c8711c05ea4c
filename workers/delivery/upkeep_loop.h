// Looks after what is held: leases renewed, webhooks' state read again before what waits
// may start, too much given back.
#pragma once

#include <absl/time/time.h>

#include <atomic>
#include <functional>
#include <vector>

#include "common/base/clock.h"
#include "common/store/delivery_queue.h"
#include "workers/delivery/dispatcher.h"
#include "workers/delivery/metrics.h"
#include "workers/delivery/profile_cache.h"
#include "workers/runtime/backoff.h"

namespace windrow::delivery {

// All must outlive the loop.
struct UpkeepLoopParts {
  store::DeliveryQueue* queue;
  ProfileCache* profiles;
  Dispatcher* dispatcher;
  const Clock* local;
  // Told of webhooks whose windows were given back.
  std::function<void(std::vector<Uuid>)> due_again;
  // Told of webhooks that were held back since their endpoints failed, and are not now.
  std::function<void(std::vector<Uuid>)> freed;
  DeliveryMetrics metrics;
  worker::Random random;
};

// Not thread-safe: one thread calls RunOnce.
class UpkeepLoop {
 public:
  explicit UpkeepLoop(UpkeepLoopParts parts);

  // Answers how long to wait for the next call.
  absl::Duration RunOnce();
  // Gives windows back, now or when the database takes them.
  void GiveBack(std::vector<store::HeldWindow> held);
  // From any thread.
  bool all_given_back() const { return all_given_back_; }

 private:
  absl::Status TryOnce();
  absl::Status RefreshHeads();
  absl::Status RenewLeases();
  absl::Status Release();

  UpkeepLoopParts parts_;
  worker::Backoff backoff_;
  std::vector<store::HeldWindow> give_back_;
  std::atomic<bool> all_given_back_ = true;
};

}  // namespace windrow::delivery
