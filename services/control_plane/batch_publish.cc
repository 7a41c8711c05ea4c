#include "services/control_plane/batch_publish.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "services/control_plane/event_mapping.h"

namespace windrow::control_plane {
namespace {

class BatchPublisher final : public Publisher {
 public:
  explicit BatchPublisher(std::size_t events) : answers_(events), missing_(events) {}

  void Answer(std::uint64_t ticket, PublishAnswer answer) override {
    std::lock_guard lock(mutex_);
    answers_[ticket] = std::move(answer);
    if (--missing_ == 0) all_.notify_all();
  }
  void AnswersDone() override {}
  void RoomAgain() override {}

  std::vector<PublishAnswer> Wait() {
    std::unique_lock lock(mutex_);
    all_.wait(lock, [&] { return missing_ == 0; });
    return std::move(answers_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  std::vector<PublishAnswer> answers_;
  std::size_t missing_;
};

}  // namespace

std::vector<PublishAnswer> PublishAndWait(
    PublishQueue& queue, store::TenantId tenant,
    std::vector<absl::StatusOr<domain::Event>> events) {
  const auto publisher = std::make_shared<BatchPublisher>(events.size());
  std::vector<QueuedEvent> queued;
  queued.reserve(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!events[i].ok()) {
      publisher->Answer(i, {.status = events[i].status()});
      continue;
    }
    const std::size_t bytes = MemoryOf(*events[i]);
    queued.push_back({tenant, *std::move(events[i]), bytes, publisher, i});
  }
  std::vector<std::uint64_t> tickets;
  for (const QueuedEvent& event : queued) tickets.push_back(event.ticket);
  const std::vector<absl::Status> pushed = queue.PushAll(std::move(queued));
  for (std::size_t i = 0; i < pushed.size(); ++i) {
    if (!pushed[i].ok()) publisher->Answer(tickets[i], {.status = pushed[i]});
  }
  return publisher->Wait();
}

absl::Status BatchPublish(PublishQueue& queue, const PublishMetrics& metrics,
                          store::TenantId tenant, v1::BatchPublishEventsRequest* request,
                          v1::BatchPublishEventsResponse* response) {
  if (request->events_size() < 1 || request->events_size() > kMaxBatchEvents) {
    Violations violations;
    violations.Add("events", fmt::format("has {} events: a call takes 1–{}",
                                         request->events_size(), kMaxBatchEvents));
    return violations.ToStatus();
  }
  if (!queue.HasRoom()) return QueueFull();
  std::vector<absl::StatusOr<domain::Event>> events;
  for (v1::Event& event : *request->mutable_events()) {
    events.push_back(TakeEvent(&event));
    if (!events.back().ok()) metrics.refused.Increment();
  }
  for (const PublishAnswer& answer : PublishAndWait(queue, tenant, std::move(events))) {
    AnswerToProto(answer, response->add_results());
  }
  return absl::OkStatus();
}

}  // namespace windrow::control_plane
