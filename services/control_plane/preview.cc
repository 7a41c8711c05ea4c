#include "services/control_plane/preview.h"

#include <absl/strings/match.h>
#include <absl/time/clock.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/base/version.h"
#include "common/crypto/request_signer.h"
#include "common/domain/auth_rules.h"
#include "common/domain/event_document.h"
#include "common/domain/payload.h"
#include "common/domain/signing_rules.h"
#include "common/domain/url_template.h"
#include "services/control_plane/event_mapping.h"
#include "services/control_plane/profile_check.h"
#include "services/control_plane/request_ids.h"

namespace windrow::control_plane {
namespace {

domain::EventView ViewOf(const store::StoredEvent& stored) {
  const domain::Event& event = stored.event;
  return {.escmsg_id = stored.escmsg_id,
          .type = event.type,
          .object_type = event.object_type,
          .object_id = event.object_id,
          .occurred_at = event.occurred_at.value_or(stored.received_at),
          .message = event.message,
          .agent_id = event.agent_id,
          .object = event.object,
          .action = event.action,
          .linked = event.linked,
          .previous = event.previous,
          .key_fields = stored.key_fields.get()};
}

absl::StatusOr<std::int32_t> NotificationId(const PreviewInput& input) {
  const std::vector<domain::Trigger>& triggers = input.webhook.spec.triggers;
  const auto find = [&](auto wanted) {
    return std::find_if(triggers.begin(), triggers.end(), wanted);
  };
  if (input.notification_id != 0) {
    const auto named = find([&](const domain::Trigger& trigger) {
      return trigger.notification_id == input.notification_id;
    });
    if (named != triggers.end()) return named->notification_id;
    Violations violations;
    violations.Add("notification_id",
                   "is no trigger of this webhook: leave it out for the first one");
    return violations.ToStatus();
  }
  const auto of_type = find([&](const domain::Trigger& trigger) {
    return trigger.event_type == input.event.event.type;
  });
  if (of_type != triggers.end()) return of_type->notification_id;
  return triggers.empty() ? 0 : triggers.front().notification_id;
}

void AddHeaders(const domain::WebhookSpec& spec, v1::PreviewPayloadResponse* response) {
  const auto add = [&](std::string_view name, std::string_view value) {
    response->add_headers(fmt::format("{}: {}", name, value));
  };
  if (spec.method != domain::Method::kGet) add("content-type", "application/json");
  const bool has_agent = std::any_of(
      spec.headers.begin(), spec.headers.end(), [](const domain::Header& header) {
        return absl::EqualsIgnoreCase(header.name, "user-agent");
      });
  if (!has_agent) add("user-agent", fmt::format("Windrow/{}", kVersion));
  for (const domain::Header& header : spec.headers) add(header.name, "***");
  if (domain::WritesAuthorization(spec)) add("authorization", "***");
  if (!spec.api_key_header.empty()) add(spec.api_key_header, "***");
}

absl::Status AddSignature(const store::StoredWebhook& webhook, absl::Time now,
                          v1::PreviewPayloadResponse* response) {
  std::vector<domain::KeyInForce> keys =
      domain::KeysInForce(webhook.spec, webhook.secrets);
  // Of a webhook that is not saved: keys that would be made then.
  std::erase_if(keys, [](const domain::KeyInForce& key) { return key.text.empty(); });
  if (keys.empty()) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(const auto signer, crypto::RequestSigner::Of(keys));
  const std::string id = UuidV7Generator().Next(now).ToString();
  const std::int64_t seconds = absl::ToUnixSeconds(now);
  response->add_headers("webhook-id: " + id);
  response->add_headers(fmt::format("webhook-timestamp: {}", seconds));
  response->add_headers("webhook-signature: " + signer.Sign(id, now, response->body()));
  return absl::OkStatus();
}

absl::StatusOr<store::StoredWebhook> WebhookOf(const PreviewStores& stores,
                                               const UrlPolicy& policy,
                                               store::TenantId tenant,
                                               const v1::PreviewPayloadRequest& request) {
  if (!request.has_webhook()) {
    WINDROW_ASSIGN_OR_RETURN(
        const Uuid id,
        IdFromRequest(request.webhook_id(), "webhook_id", "WEBHOOK_NOT_FOUND"));
    return stores.webhooks.Get(tenant, id);
  }
  Violations violations;
  Profile profile = NewProfile(request.webhook(), policy, &violations);
  WINDROW_RETURN_IF_ERROR(
      CheckWithCatalogue(stores.event_types, tenant, nullptr, &profile, &violations));
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  return store::StoredWebhook{.tenant_id = tenant,
                              .spec = std::move(profile.spec),
                              .secrets = std::move(profile.secrets)};
}

absl::StatusOr<store::StoredEvent> EventOf(const PreviewStores& stores,
                                           store::TenantId tenant,
                                           v1::PreviewPayloadRequest* request) {
  if (!request->has_event()) return stores.events.GetEvent(tenant, request->escmsg_id());
  store::StoredEvent event{.tenant_id = tenant, .received_at = absl::Now()};
  WINDROW_ASSIGN_OR_RETURN(event.event, TakeEvent(request->mutable_event()));
  WINDROW_ASSIGN_OR_RETURN(const auto types,
                           stores.event_types.FindEventTypes(tenant, {event.event.type}));
  if (types.empty() || types.front().spec.key_fields.empty()) return event;
  WINDROW_ASSIGN_OR_RETURN(domain::KeyFields key_fields,
                           domain::KeyFields::Of(0, types.front().spec.key_fields));
  event.key_fields = std::make_shared<const domain::KeyFields>(std::move(key_fields));
  return event;
}

}  // namespace

absl::Status Preview(const PreviewInput& input, absl::Time now,
                     v1::PreviewPayloadResponse* response) {
  const domain::WebhookSpec& spec = input.webhook.spec;
  const domain::EventView view = ViewOf(input.event);
  response->set_method(std::string(domain::NameOf(spec.method)));

  WINDROW_ASSIGN_OR_RETURN(const auto url, domain::UrlTemplate::Compile(spec.url));
  domain::EventDocument document(view, view.previous);
  WINDROW_ASSIGN_OR_RETURN(*response->mutable_url(), url.Expand(&document));

  if (spec.method != domain::Method::kGet) {
    WINDROW_ASSIGN_OR_RETURN(const std::int32_t notification_id, NotificationId(input));
    WINDROW_ASSIGN_OR_RETURN(const auto format, domain::ItemFormat::Of(spec));
    WINDROW_ASSIGN_OR_RETURN(
        *response->mutable_body(),
        domain::RenderBody(format, spec.batching.mode, input.webhook.tenant_id,
                           input.webhook.webhook_id, {{notification_id, &view}}));
  }
  AddHeaders(spec, response);
  return AddSignature(input.webhook, now, response);
}

void HideSignature(v1::PreviewPayloadResponse* response) {
  constexpr std::string_view kName = "webhook-signature: ";
  for (std::string& header : *response->mutable_headers()) {
    if (header.starts_with(kName)) header = std::string(kName) + "***";
  }
}

absl::Status PreviewPayload(const PreviewStores& stores, const UrlPolicy& policy,
                            store::TenantId tenant, v1::PreviewPayloadRequest* request,
                            v1::PreviewPayloadResponse* response) {
  PreviewInput input{.notification_id = request->notification_id()};
  WINDROW_ASSIGN_OR_RETURN(input.webhook, WebhookOf(stores, policy, tenant, *request));
  WINDROW_ASSIGN_OR_RETURN(input.event, EventOf(stores, tenant, request));
  return Preview(input, absl::Now(), response);
}

}  // namespace windrow::control_plane
