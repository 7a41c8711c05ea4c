// Threads for calls that wait for the database, so that gRPC's own never do.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace windrow::control_plane {

// Thread-safe.
class Executor {
 public:
  Executor(int threads, std::size_t max_queued);
  // Runs what is queued first.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // False where the queue is full; `task` is not run then.
  bool TryRun(std::function<void()> task);

 private:
  void Run();

  const std::size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace windrow::control_plane
