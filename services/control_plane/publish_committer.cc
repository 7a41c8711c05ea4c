#include "services/control_plane/publish_committer.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/fault_point.h"

namespace windrow::control_plane {

PublishCommitter::PublishCommitter(store::EventStore& events,
                                   store::EventTypeStore& event_types,
                                   store::WebhookStore& webhooks,
                                   const CommitterOptions& options,
                                   PublishMetrics metrics)
    : queue_(options.queue),
      batches_(events, event_types, webhooks, options.retries,
               [this](absl::Duration duration) { Sleep(duration); }),
      metrics_(metrics),
      thread_([this] { Run(); }) {}

PublishCommitter::~PublishCommitter() {
  queue_.Close();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void PublishCommitter::Run() {
  while (RunOnce()) {
  }
}

bool PublishCommitter::RunOnce() {
  std::vector<QueuedEvent> queued = queue_.TakeBatch();
  if (queued.empty()) return false;
  std::vector<BatchEvent> batch;
  batch.reserve(queued.size());
  for (const QueuedEvent& event : queued)
    batch.push_back({event.tenant_id, &event.event});
  const absl::Time begin = absl::Now();
  std::vector<PublishAnswer> answers = batches_.Commit(batch);
  metrics_.commit_seconds.Observe(absl::Now() - begin);
  Count(answers);

  // Every answer is there before the first one is sent, so that a stream sends its
  // answers together.
  std::vector<std::shared_ptr<Publisher>> publishers;
  for (std::size_t i = 0; i < queued.size(); ++i) {
    queued[i].publisher->Answer(queued[i].ticket, std::move(answers[i]));
    publishers.push_back(std::move(queued[i].publisher));
  }
  std::sort(publishers.begin(), publishers.end());
  publishers.erase(std::unique(publishers.begin(), publishers.end()), publishers.end());
  for (const std::shared_ptr<Publisher>& publisher : publishers) {
    publisher->AnswersDone();
    WINDROW_FAULT_POINT("publish.between_answers");
  }
  return true;
}

void PublishCommitter::Count(const std::vector<PublishAnswer>& answers) const {
  int published = 0, refused = 0, duplicates = 0, matched = 0;
  for (const PublishAnswer& answer : answers) {
    refused += !answer.status.ok();
    duplicates += answer.duplicate;
    published += answer.status.ok() && !answer.duplicate;
    matched += answer.matched;
  }
  metrics_.published.Increment(published);
  metrics_.refused.Increment(refused);
  metrics_.duplicates.Increment(duplicates);
  metrics_.matched.Increment(matched);
  metrics_.batch_events.Observe(static_cast<double>(answers.size()));
}

void PublishCommitter::Sleep(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, absl::ToChronoNanoseconds(duration), [&] { return stopping_; });
}

}  // namespace windrow::control_plane
