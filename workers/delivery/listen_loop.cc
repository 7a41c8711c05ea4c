#include "workers/delivery/listen_loop.h"

#include <utility>

#include "common/base/log.h"

namespace windrow::delivery {

ListenLoop::ListenLoop(store::QueueListener* listener, Woken woken, worker::Random random)
    : listener_(listener),
      woken_(std::move(woken)),
      backoff_(absl::Milliseconds(100), absl::Seconds(5), std::move(random)) {}

absl::Duration ListenLoop::RunOnce() {
  absl::StatusOr<store::QueueListener::Wake> wake = listener_->Wait(absl::Seconds(5));
  if (!wake.ok()) {
    const absl::Duration pause = backoff_.Next();
    Log(LogLevel::kWarn, "listen_failed",
        {{"error", wake.status().message()},
         {"again_in_s", absl::ToDoubleSeconds(pause)}});
    return pause;
  }
  backoff_.Reset();
  if (wake->scan || !wake->webhooks.empty()) {
    woken_(std::move(wake->webhooks), wake->scan);
  }
  return absl::ZeroDuration();
}

}  // namespace windrow::delivery
