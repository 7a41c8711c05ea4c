#include "workers/runtime/loop_thread.h"

#include <pthread.h>

#include <utility>

namespace windrow::worker {

LoopThread::LoopThread(std::string name, std::function<absl::Duration()> run_once,
                       WakeSignal* wake)
    : wake_(wake), thread_([this, run_once = std::move(run_once)] {
        while (!stopping_) {
          const absl::Duration wait = run_once();
          if (!stopping_ && wait > absl::ZeroDuration()) wake_->WaitFor(wait);
        }
      }) {
  pthread_setname_np(thread_.native_handle(), name.c_str());
}

LoopThread::~LoopThread() { Stop(); }

void LoopThread::Stop() {
  if (!thread_.joinable()) return;
  RequestStop();
  thread_.join();
}

void LoopThread::RequestStop() {
  stopping_ = true;
  wake_->Set();
}

}  // namespace windrow::worker
