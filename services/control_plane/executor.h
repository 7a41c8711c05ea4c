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
  // Calls that wait, and what they hold, never pass the two limits; but one call is taken
  // at any size where none waits.
  Executor(int threads, std::size_t max_queued, std::size_t max_queued_bytes = 64u << 20);
  // Runs what is queued first.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // `bytes`: what `task` holds while it waits. False where the queue is full; it is not
  // run then.
  bool TryRun(std::function<void()> task, std::size_t bytes = 0);

 private:
  struct Task {
    std::function<void()> run;
    std::size_t bytes = 0;
  };

  void Run();

  const std::size_t max_queued_;
  const std::size_t max_queued_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  std::size_t queued_bytes_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace windrow::control_plane
