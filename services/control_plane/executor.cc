#include "services/control_plane/executor.h"

#include <utility>

namespace windrow::control_plane {

Executor::Executor(int threads, std::size_t max_queued, std::size_t max_queued_bytes)
    : max_queued_(max_queued), max_queued_bytes_(max_queued_bytes) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

Executor::~Executor() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Executor::TryRun(std::function<void()> task, std::size_t bytes) {
  {
    std::lock_guard lock(mutex_);
    if (tasks_.size() >= max_queued_) return false;
    if (!tasks_.empty() && queued_bytes_ + bytes > max_queued_bytes_) return false;
    queued_bytes_ += bytes;
    tasks_.push_back({std::move(task), bytes});
  }
  changed_.notify_one();
  return true;
}

void Executor::Run() {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      queued_bytes_ -= task.bytes;
    }
    task.run();
  }
}

}  // namespace windrow::control_plane
