// SIGTERM and SIGINT, taken by one thread that waits for them.
#pragma once

#include <absl/time/time.h>

#include <csignal>
#include <optional>

namespace windrow::worker {

// Make it before any other thread: those inherit that the two signals are blocked.
class StopSignals {
 public:
  StopSignals();

  // Returns the first of the two that arrives.
  int Wait() const;
  // Likewise; none after `timeout`.
  std::optional<int> WaitFor(absl::Duration timeout) const;
  // From now on either of them ends the process at once, with 128 and its number.
  void ExitOnNext() const;

 private:
  sigset_t signals_;
};

}  // namespace windrow::worker
