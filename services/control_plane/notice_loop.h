// Publishes what Windrow has to tell tenants about their webhooks, as events.
#pragma once

#include <absl/time/time.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/domain/event.h"
#include "common/store/webhook_store.h"
#include "services/control_plane/publish_queue.h"

namespace windrow::control_plane {

// windrow.webhook.disabled, about the webhook as object. The event_id makes it one event
// however many servers publish it.
domain::Event ToEvent(const store::Notice& notice);

// A thread that looks for notices and publishes them. Any number of servers may run one.
class NoticeLoop {
 public:
  // Both must outlive it; the queue must be served until Stop has returned.
  NoticeLoop(store::WebhookStore& webhooks, PublishQueue& queue, absl::Duration interval)
      : webhooks_(webhooks), queue_(queue), interval_(interval) {}
  ~NoticeLoop() { Stop(); }

  void Start();
  void Stop();
  // Publishes what there is; what could not be published stays for the next time.
  absl::Status RunOnce();

 private:
  void Run();

  store::WebhookStore& webhooks_;
  PublishQueue& queue_;
  const absl::Duration interval_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace windrow::control_plane
