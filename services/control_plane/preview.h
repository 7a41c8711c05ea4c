// The request that an event would become, without sending it.
#pragma once

#include <absl/status/status.h>

#include "common/store/event_store.h"
#include "common/store/event_type_store.h"
#include "common/store/webhook_store.h"
#include "services/control_plane/webhook_mapping.h"
#include "windrow/v1/webhook.pb.h"

namespace windrow::control_plane {

// What a preview is made of. `webhook.secrets.signing_secret` may be empty: then the
// request is shown without a signature.
struct PreviewInput {
  store::StoredWebhook webhook;
  store::StoredEvent event;
  std::int32_t notification_id = 0;  // 0: the first for the event's type, or of all
};

// Renders. `now` is the time of the signature.
absl::Status Preview(const PreviewInput& input, absl::Time now,
                     v1::PreviewPayloadResponse* response);

struct PreviewStores {
  store::EventStore& events;
  store::WebhookStore& webhooks;
  store::EventTypeStore& event_types;
};

// Reads or checks what the request names, and renders: a stored event with the key fields
// of its time, another one with those that its type has now. Takes the event's texts out
// of the request.
absl::Status PreviewPayload(const PreviewStores& stores, const UrlPolicy& policy,
                            store::TenantId tenant, v1::PreviewPayloadRequest* request,
                            v1::PreviewPayloadResponse* response);

// For callers that may read, and could else sign what they like as this webhook.
void HideSignature(v1::PreviewPayloadResponse* response);

}  // namespace windrow::control_plane
