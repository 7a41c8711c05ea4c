// Why an event went out through a webhook, or why not.
#pragma once

#include <absl/status/status.h>

#include "common/store/event_store.h"
#include "common/store/webhook_store.h"
#include "windrow/v1/event.pb.h"

namespace windrow::control_plane {

// Judges a stored event by the webhook as it is now. Pure.
void Explain(const store::StoredEvent& event, const store::StoredWebhook& webhook,
             v1::ExplainEventResponse* response);

// Reads both, and explains.
absl::Status ExplainEvent(store::EventStore& events, store::WebhookStore& webhooks,
                          store::TenantId tenant, const v1::ExplainEventRequest& request,
                          v1::ExplainEventResponse* response);

}  // namespace windrow::control_plane
