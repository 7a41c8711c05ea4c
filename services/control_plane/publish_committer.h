// The committer: one thread that turns what streams published into transactions.
//
// It never waits for more events: when it is idle an event is committed at once, and
// while a commit runs the next batch gathers behind it (design.md, section 5).
#pragma once

#include <absl/time/time.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "services/control_plane/metrics.h"
#include "services/control_plane/publish_batch.h"
#include "services/control_plane/publish_queue.h"

namespace windrow::control_plane {

struct CommitterOptions {
  QueueLimits queue;
  PublishRetries retries;
};

// Thread-safe.
class PublishCommitter {
 public:
  PublishCommitter(store::EventStore& events, store::EventTypeStore& event_types,
                   store::WebhookStore& webhooks, const CommitterOptions& options,
                   PublishMetrics metrics);
  // Answers what is queued first; retries no longer wait then.
  ~PublishCommitter();

  PublishQueue& queue() { return queue_; }

 private:
  void Run();
  // Commits one batch and answers it; false where the queue is closed and empty.
  bool RunOnce();
  void Count(const std::vector<PublishAnswer>& answers) const;
  void Sleep(absl::Duration duration);

  PublishQueue queue_;
  BatchCommitter batches_;
  const PublishMetrics metrics_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace windrow::control_plane
