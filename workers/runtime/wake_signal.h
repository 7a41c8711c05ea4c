// A flag that one thread waits for and any thread sets.
#pragma once

#include <absl/time/time.h>

#include <condition_variable>
#include <mutex>

namespace windrow::worker {

// Thread-safe. A Set between two waits is not lost: the next wait returns at once.
class WakeSignal {
 public:
  void Set();
  // Waits until it is set, at most `timeout`, and clears it. False after the timeout.
  bool WaitFor(absl::Duration timeout);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

}  // namespace windrow::worker
