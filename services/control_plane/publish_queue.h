// Where events wait for the committer: bounded by count and bytes.
#pragma once

#include <absl/status/status.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "common/domain/event.h"
#include "common/store/types.h"
#include "services/control_plane/event_mapping.h"

namespace windrow::control_plane {

// Who published: a stream, or a batch call. Called from the committer's thread; must not
// block.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // `ticket` is the one that the event was pushed with. Once for each event.
  virtual void Answer(std::uint64_t ticket, PublishAnswer answer) = 0;
  // After the last of some answers.
  virtual void AnswersDone() = 0;
  // Once after HasRoom answered false.
  virtual void RoomAgain() = 0;
};

// UNAVAILABLE (SERVER_STOPPING): the answer of an event that came too late.
absl::Status ServerStopping();
// RESOURCE_EXHAUSTED (PUBLISH_QUEUE_FULL).
absl::Status QueueFull();

struct QueuedEvent {
  store::TenantId tenant_id = 0;
  domain::Event event;
  std::size_t bytes = 0;  // MemoryOf(event)
  std::shared_ptr<Publisher> publisher;
  std::uint64_t ticket = 0;
};

struct QueueLimits {
  std::size_t events = 20'000;
  std::size_t bytes = 64u << 20;
  // Never more than these, over all streams and calls: at 1,000 streams that were all
  // told that there is room, each with an event of the largest size.
  std::size_t most_events = 40'000;
  std::size_t most_bytes = 128u << 20;
  std::size_t batch_events = 500;
  std::size_t batch_bytes = 8u << 20;
};

// Thread-safe.
class PublishQueue {
 public:
  explicit PublishQueue(QueueLimits limits) : limits_(limits) {}

  // False at the limit: `publisher` is then told by RoomAgain when there is room. The
  // limit is soft, so that nobody has to block: whoever was told that there is room may
  // push one event of any size, as long as no other limit is in its way.
  bool HasRoom(const std::shared_ptr<Publisher>& publisher);
  bool HasRoom() const;
  // ServerStopping after Close. QueueFull where one more would pass the hard limits: the
  // event is refused, and its memory free.
  absl::Status Push(QueuedEvent event);
  // Pushes each as Push does, and answers for each. The committer sees all of them at
  // once: as far as a batch holds them, they become one transaction.
  std::vector<absl::Status> PushAll(std::vector<QueuedEvent> events);

  // Waits for events and takes what is there, up to a batch. Empty: closed, and nothing
  // is left.
  std::vector<QueuedEvent> TakeBatch();
  // What is queued can still be taken.
  void Close();

  std::size_t size() const;

 private:
  bool FullLocked() const {
    return events_.size() >= limits_.events || bytes_ >= limits_.bytes;
  }
  absl::Status PushLocked(QueuedEvent event);

  const QueueLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable pushed_;
  std::deque<QueuedEvent> events_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
  std::vector<std::shared_ptr<Publisher>> waiting_;
};

}  // namespace windrow::control_plane
