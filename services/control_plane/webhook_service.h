// WebhookService of windrow.v1.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "common/store/event_store.h"
#include "common/store/event_type_store.h"
#include "common/store/webhook_store.h"
#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {

class UnaryCalls;

// What it is given must outlive it.
std::unique_ptr<grpc::Service> MakeWebhookService(UnaryCalls& calls,
                                                  store::WebhookStore& webhooks,
                                                  store::EventTypeStore& event_types,
                                                  store::EventStore& events,
                                                  UrlPolicy policy);

}  // namespace windrow::control_plane
