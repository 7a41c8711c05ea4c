// BatchPublishEvents: one call's events, published and waited for.
#pragma once

#include <absl/status/statusor.h>

#include <vector>

#include "services/control_plane/metrics.h"
#include "services/control_plane/publish_queue.h"
#include "windrow/v1/event.pb.h"

namespace windrow::control_plane {

inline constexpr int kMaxBatchEvents = 1'000;

// Publishes events through the queue and waits for every answer; an event that is a
// status is answered with it. The answers are in the order of the events.
std::vector<PublishAnswer> PublishAndWait(
    PublishQueue& queue, store::TenantId tenant,
    std::vector<absl::StatusOr<domain::Event>> events);

// Takes the events out of `request`. Blocks until all are answered. Not OK where nothing
// was published: INVALID_ARGUMENT for a wrong number of events, RESOURCE_EXHAUSTED
// (PUBLISH_QUEUE_FULL) where too many events wait already.
absl::Status BatchPublish(PublishQueue& queue, const PublishMetrics& metrics,
                          store::TenantId tenant, v1::BatchPublishEventsRequest* request,
                          v1::BatchPublishEventsResponse* response);

}  // namespace windrow::control_plane
