// Whether the database answers, asked again and again by a thread of its own.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace windrow::control_plane {

// Thread-safe.
class DatabaseWatch {
 public:
  // `changed` is told every answer of `ping`, on the watch's thread.
  DatabaseWatch(std::function<absl::Status()> ping, absl::Duration interval,
                std::function<void(const absl::Status&)> changed);
  ~DatabaseWatch() { Stop(); }

  void Start();
  // `changed` is not called after it. Once.
  void Stop();
  // The last answer; UNAVAILABLE before the first one and after Stop.
  absl::Status status() const;

 private:
  void Run();

  const std::function<absl::Status()> ping_;
  const absl::Duration interval_;
  const std::function<void(const absl::Status&)> changed_;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  absl::Status status_;
  std::thread thread_;
};

}  // namespace windrow::control_plane
