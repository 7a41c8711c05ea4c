// Carries wake-ups from the database to the claim loop.
#pragma once

#include <absl/time/time.h>

#include <functional>
#include <vector>

#include "common/store/delivery_queue.h"
#include "workers/runtime/backoff.h"

namespace windrow::delivery {

// Not thread-safe: one thread calls RunOnce.
class ListenLoop {
 public:
  using Woken = std::function<void(std::vector<Uuid> webhooks, bool scan)>;
  // `listener` must outlive the loop.
  ListenLoop(store::QueueListener* listener, Woken woken, worker::Random random);

  // Waits for one wake-up. Answers how long to wait for the next call: not at all, but
  // after an error.
  absl::Duration RunOnce();

 private:
  store::QueueListener* listener_;
  Woken woken_;
  worker::Backoff backoff_;
};

}  // namespace windrow::delivery
