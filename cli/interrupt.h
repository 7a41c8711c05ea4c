// Ctrl-C as an end, and not as a death.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <thread>

namespace windrow::cli {

// While it lives, SIGINT and SIGTERM call `stop` (once, on a thread of its own) instead
// of ending the program. Make it before other threads are started: they inherit that the
// signals are blocked.
class Interrupt {
 public:
  explicit Interrupt(std::function<void()> stop);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool came() const { return came_; }

 private:
  sigset_t before_;
  std::atomic<bool> came_ = false;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace windrow::cli
