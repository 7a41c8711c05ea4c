// Writes outcomes to the database: at once after a pause, then every 10 ms what has come;
// sooner where that is much, or something waits for it (OutcomeQueue::CanWait).
#pragma once

#include <absl/time/time.h>

#include <functional>
#include <vector>

#include "common/base/clock.h"
#include "common/store/delivery_queue.h"
#include "workers/delivery/metrics.h"
#include "workers/delivery/outcome_queue.h"
#include "workers/runtime/backoff.h"

namespace windrow::delivery {

// All must outlive the loop.
struct RecordLoopParts {
  store::DeliveryQueue* queue;
  OutcomeQueue* outcomes;
  const Clock* local;
  // Told of webhooks with windows that are due again before the next look for due work.
  std::function<void(std::vector<Uuid>)> due_soon;
  // Told of webhooks whose other windows may have waited for what ended.
  std::function<void(std::vector<Uuid>)> freed;
  DeliveryMetrics metrics;
  worker::Random random;
};

// Not thread-safe: one thread calls RunOnce.
//
// An outcome is kept until it is recorded, whatever the database does. Only one that it
// refused kTries times while it took others is dropped: its lease ends, and the window is
// sent again.
class RecordLoop {
 public:
  static constexpr int kTries = 5;

  explicit RecordLoop(RecordLoopParts parts);

  // Records one batch. Answers how long to wait for the next, unless woken before.
  absl::Duration RunOnce();

 private:
  absl::Status RecordAll();
  absl::Status RecordEach();
  void Stamp();
  void Recorded(std::size_t first, std::size_t count, int late);
  void Drop(std::size_t index, const absl::Status& why);
  void Forget(const std::vector<bool>& done);
  absl::Duration Pause(const absl::Status& why);

  RecordLoopParts parts_;
  worker::Backoff backoff_;
  absl::Time last_ = absl::InfinitePast();  // when the latest record began
  // The batch under way; parallel.
  std::vector<store::Outcome> batch_;
  std::vector<absl::Time> ended_at_;
  std::vector<absl::Duration> retry_after_;  // from ended_at
  int refusals_ = 0;                         // since the batch was last empty
  bool took_others_ = false;                 // likewise
};

}  // namespace windrow::delivery
