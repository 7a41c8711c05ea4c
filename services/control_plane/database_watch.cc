#include "services/control_plane/database_watch.h"

#include <utility>

#include "common/base/log.h"

namespace windrow::control_plane {

DatabaseWatch::DatabaseWatch(std::function<absl::Status()> ping, absl::Duration interval,
                             std::function<void(const absl::Status&)> changed)
    : ping_(std::move(ping)),
      interval_(interval),
      changed_(std::move(changed)),
      status_(absl::UnavailableError("starting")) {}

void DatabaseWatch::Start() {
  thread_ = std::thread([this] { Run(); });
}

void DatabaseWatch::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    status_ = absl::UnavailableError("stopping");
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status DatabaseWatch::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

void DatabaseWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const absl::Status status = ping_();
    lock.lock();
    if (stopping_) return;
    if (status.code() != status_.code()) {
      Log(status.ok() ? LogLevel::kInfo : LogLevel::kError,
          status.ok() ? "database_answers" : "database_does_not_answer",
          {{"error", status.message()}});
    }
    status_ = status;
    lock.unlock();
    changed_(status);
    lock.lock();
    stopped_.wait_for(lock, absl::ToChronoNanoseconds(interval_),
                      [&] { return stopping_; });
  }
}

}  // namespace windrow::control_plane
