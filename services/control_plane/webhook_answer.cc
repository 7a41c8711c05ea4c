// What the API answers of a webhook.
#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include "services/control_plane/auth_mapping.h"
#include "services/control_plane/condition_mapping.h"
#include "services/control_plane/proto_time.h"
#include "services/control_plane/signing_mapping.h"
#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {
namespace {

void StateToProto(const store::StoredWebhook& webhook, v1::Webhook* proto) {
  if (webhook.version > 0) proto->set_etag(EtagOf(webhook.version));
  if (webhook.webhook_id != Uuid()) {
    proto->set_webhook_id(webhook.webhook_id.ToString());
    TimeToProto(webhook.created_at, proto->mutable_create_time());
    TimeToProto(webhook.updated_at, proto->mutable_update_time());
  }
  if (webhook.failing_since) {
    TimeToProto(*webhook.failing_since, proto->mutable_failing_since());
  }
  proto->set_consecutive_failures(webhook.failures);
  proto->set_disable_reason(webhook.disable_reason);
}

void PayloadToProto(const domain::WebhookSpec& spec, v1::Webhook* proto) {
  if (spec.type == domain::WebhookType::kStandard) {
    proto->set_payload(static_cast<v1::PayloadKind>(spec.payload));
  }
  proto->set_message_template(spec.message_template);
  if (spec.payload != domain::PayloadKind::kCustom) return;
  v1::CustomPayload* custom = proto->mutable_custom_payload();
  custom->set_template_(spec.custom_payload.json_template);
  for (const domain::CustomField& field : spec.custom_payload.fields) {
    v1::CustomField* to = custom->add_fields();
    to->set_key(field.key);
    to->set_source(field.source);
    to->set_send_id(field.send_id);
  }
}

void TriggersToProto(const domain::WebhookSpec& spec, v1::Webhook* proto) {
  for (const domain::Trigger& trigger : spec.triggers) {
    v1::Trigger* to = proto->add_triggers();
    to->set_notification_id(trigger.notification_id);
    to->set_event_type(trigger.event_type);
    to->set_enabled(trigger.enabled);
    if (trigger.condition != domain::ConditionSpec()) {
      ConditionToProto(trigger.condition, to->mutable_condition());
    }
  }
}

// When and how often it is sent to.
void PaceToProto(const domain::WebhookSpec& spec, v1::Webhook* proto) {
  v1::Batching* batching = proto->mutable_batching();
  batching->set_mode(
      static_cast<v1::BatchMode>(static_cast<int>(spec.batching.mode) + 1));
  DurationToProto(spec.batching.wait, batching->mutable_wait());
  batching->set_max_items(spec.batching.max_items);
  for (const absl::Duration delay : spec.retry.delays) {
    DurationToProto(delay, proto->mutable_retry()->add_delays());
  }
  if (spec.rate.limits()) {
    proto->mutable_rate()->set_requests_per_second(spec.rate.requests_per_second);
    proto->mutable_rate()->set_max_concurrent_requests(spec.rate.max_concurrent_requests);
  }
  proto->set_ordering(static_cast<v1::Ordering>(static_cast<int>(spec.ordering) + 1));
  DurationToProto(spec.auto_disable.after,
                  proto->mutable_auto_disable()->mutable_after());
  proto->mutable_auto_disable()->set_consecutive_failures(
      spec.auto_disable.consecutive_failures);
  DurationToProto(spec.timeout, proto->mutable_timeout());
}

}  // namespace

void WebhookToProto(const store::StoredWebhook& webhook, v1::Webhook* proto) {
  const domain::WebhookSpec& spec = webhook.spec;
  StateToProto(webhook, proto);
  SigningToProto(webhook, proto);
  proto->set_name(spec.name);
  proto->set_description(spec.description);
  proto->set_url(spec.url);
  AuthToProto(spec, proto);
  proto->set_type(static_cast<v1::WebhookType>(spec.type));
  proto->set_method(static_cast<v1::HttpMethod>(spec.method));
  PayloadToProto(spec, proto);
  for (const domain::Header& header : spec.headers) {
    v1::Header* to = proto->add_headers();
    to->set_name(header.name);
    to->set_value(header.value);
  }
  proto->set_lightweight_logs(spec.lightweight_logs);
  TriggersToProto(spec, proto);
  PaceToProto(spec, proto);
  proto->set_max_hops(spec.max_hops);
  proto->set_enabled(spec.enabled);
  proto->mutable_labels()->insert(spec.labels.begin(), spec.labels.end());
}

std::string EtagOf(std::int32_t version) {
  return absl::WebSafeBase64Escape(fmt::format("v{}", version));
}

std::optional<std::int32_t> VersionOfEtag(const std::string& etag) {
  if (etag.empty()) return std::nullopt;
  std::string text;
  std::int32_t version = 0;
  if (absl::WebSafeBase64Unescape(etag, &text) && text.size() > 1 &&
      absl::SimpleAtoi(text.substr(1), &version) && version > 0 &&
      EtagOf(version) == etag) {
    return version;
  }
  return 0;  // versions count from 1
}

}  // namespace windrow::control_plane
