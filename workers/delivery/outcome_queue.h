// Outcomes on their way to the database.
#pragma once

#include <absl/time/time.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "common/store/delivery_queue.h"
#include "workers/runtime/wake_signal.h"

namespace windrow::delivery {

struct Ended {
  store::Outcome outcome;
  absl::Time at;  // by the local clock: retry_after counts from then, and the attempt
                  // started its duration before it
};

// True where it is due again before the next look for due work.
bool RetriesSoon(const store::Outcome& outcome);

// About the bytes that an outcome takes in memory.
std::size_t BytesOf(const store::Outcome& outcome);

// Thread-safe. Takes whatever comes, since an outcome must not be lost: claiming stops
// while it is long (ClaimLoop), and that bounds it.
class OutcomeQueue {
 public:
  // `filled` is set when there is something to take; it must outlive the queue.
  explicit OutcomeQueue(worker::WakeSignal* filled) : filled_(filled) {}

  void Push(Ended ended);
  void Push(std::vector<Ended> batch);
  // The oldest ones. They count in size() and bytes() until Recorded is called.
  std::vector<Ended> Take(std::size_t most);
  void Recorded(std::size_t count, std::size_t bytes);

  // Waits until all are recorded, at most `timeout`.
  void AwaitEmpty(absl::Duration timeout);

  // True where few are to be taken, and none that something waits for: the next delivery
  // through a gate, or a retry.
  bool CanWait() const;

  std::size_t size() const;
  std::size_t bytes() const;

 private:
  void Add(Ended ended);  // with the lock held

  worker::WakeSignal* filled_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::deque<Ended> waiting_;
  std::size_t awaited_ = 0;  // of waiting_: something waits for their record
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace windrow::delivery
