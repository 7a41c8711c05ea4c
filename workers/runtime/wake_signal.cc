#include "workers/runtime/wake_signal.h"

#include <algorithm>

namespace windrow::worker {

void WakeSignal::Set() {
  {
    std::lock_guard lock(mutex_);
    if (set_) return;
    set_ = true;
  }
  changed_.notify_one();
}

bool WakeSignal::WaitFor(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  // wait_for with an endless duration would overflow.
  timeout = std::min(timeout, absl::Hours(1));
  if (timeout > absl::ZeroDuration()) {
    changed_.wait_for(lock, absl::ToChronoNanoseconds(timeout), [this] { return set_; });
  }
  const bool was_set = set_;
  set_ = false;
  return was_set;
}

}  // namespace windrow::worker
