#include "services/control_plane/publish_queue.h"

#include <utility>

#include "common/base/status.h"

namespace windrow::control_plane {

absl::Status ServerStopping() {
  return WithReason(absl::UnavailableError("the server stops: publish what is not "
                                           "answered elsewhere"),
                    "SERVER_STOPPING");
}

absl::Status QueueFull() {
  return WithReason(absl::ResourceExhaustedError("too many events wait to be committed: "
                                                 "publish it again later"),
                    "PUBLISH_QUEUE_FULL");
}

bool PublishQueue::HasRoom(const std::shared_ptr<Publisher>& publisher) {
  std::lock_guard lock(mutex_);
  if (!FullLocked()) return true;
  waiting_.push_back(publisher);
  return false;
}

bool PublishQueue::HasRoom() const {
  std::lock_guard lock(mutex_);
  return !FullLocked();
}

absl::Status PublishQueue::PushLocked(QueuedEvent event) {
  if (closed_) return ServerStopping();
  if (events_.size() >= limits_.most_events ||
      (!events_.empty() && bytes_ + event.bytes > limits_.most_bytes)) {
    return QueueFull();
  }
  bytes_ += event.bytes;
  events_.push_back(std::move(event));
  return absl::OkStatus();
}

absl::Status PublishQueue::Push(QueuedEvent event) {
  std::unique_lock lock(mutex_);
  const bool was_empty = events_.empty();
  const absl::Status pushed = PushLocked(std::move(event));
  lock.unlock();
  // The committer waits only while there is nothing.
  if (was_empty && pushed.ok()) pushed_.notify_one();
  return pushed;
}

std::vector<absl::Status> PublishQueue::PushAll(std::vector<QueuedEvent> events) {
  std::vector<absl::Status> pushed;
  pushed.reserve(events.size());
  {
    std::lock_guard lock(mutex_);
    for (QueuedEvent& event : events) pushed.push_back(PushLocked(std::move(event)));
  }
  pushed_.notify_one();
  return pushed;
}

std::vector<QueuedEvent> PublishQueue::TakeBatch() {
  std::vector<QueuedEvent> batch;
  std::vector<std::shared_ptr<Publisher>> told;
  {
    std::unique_lock lock(mutex_);
    pushed_.wait(lock, [&] { return closed_ || !events_.empty(); });
    std::size_t bytes = 0;
    while (!events_.empty() && batch.size() < limits_.batch_events &&
           bytes < limits_.batch_bytes) {
      bytes += events_.front().bytes;
      batch.push_back(std::move(events_.front()));
      events_.pop_front();
    }
    bytes_ -= bytes;
    if (!FullLocked()) told.swap(waiting_);
  }
  for (const std::shared_ptr<Publisher>& publisher : told) publisher->RoomAgain();
  return batch;
}

void PublishQueue::Close() {
  std::vector<std::shared_ptr<Publisher>> told;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    told.swap(waiting_);
  }
  pushed_.notify_all();
  for (const std::shared_ptr<Publisher>& publisher : told) publisher->RoomAgain();
}

std::size_t PublishQueue::size() const {
  std::lock_guard lock(mutex_);
  return events_.size();
}

}  // namespace windrow::control_plane
