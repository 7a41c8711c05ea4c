// A loop on a thread of its own.
#pragma once

#include <absl/time/time.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "workers/runtime/wake_signal.h"

namespace windrow::worker {

// Calls `run_once` again and again; each call answers how long to wait for the next one,
// unless `wake` is set before. `wake` must outlive the thread.
class LoopThread {
 public:
  // `name` is at most 15 characters: what top and gdb show.
  LoopThread(std::string name, std::function<absl::Duration()> run_once,
             WakeSignal* wake);
  // As Stop.
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  // No further call begins. Does not wait.
  void RequestStop();
  // As RequestStop; returns when the call that runs has ended.
  void Stop();

 private:
  WakeSignal* wake_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace windrow::worker
