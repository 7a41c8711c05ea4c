// TestWebhook: one delivery that says of itself that it is a test.
#pragma once

#include <absl/status/statusor.h>

#include "common/store/event_store.h"
#include "common/store/webhook_store.h"

namespace windrow::control_plane {

// Of type windrow.webhook.test, about the webhook as object.
domain::Event TestEventOf(const store::StoredWebhook& webhook);

// Stores the event and, for this webhook alone, whatever its triggers want, a delivery of
// it that is due at once; answers the delivery's id. NOT_FOUND, FAILED_PRECONDITION
// (WEBHOOK_DISABLED).
absl::StatusOr<Uuid> SendTest(store::WebhookStore& webhooks, store::EventStore& events,
                              store::TenantId tenant, const Uuid& webhook_id);

}  // namespace windrow::control_plane
