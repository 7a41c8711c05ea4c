// EventService of windrow.v1.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "common/store/event_store.h"
#include "common/store/webhook_store.h"
#include "services/control_plane/metrics.h"
#include "services/control_plane/publish_queue.h"

namespace windrow::control_plane {

class PublishStreams;
class UnaryCalls;

// What it is given must outlive it.
std::unique_ptr<grpc::Service> MakeEventService(
    UnaryCalls& calls, PublishStreams& streams, PublishQueue& queue,
    store::EventStore& events, store::WebhookStore& webhooks, PublishMetrics metrics);

}  // namespace windrow::control_plane
