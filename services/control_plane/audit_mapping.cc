#include "services/control_plane/audit_mapping.h"

#include <string>
#include <string_view>

#include "common/store/audit_entries.h"
#include "services/control_plane/event_type_mapping.h"
#include "services/control_plane/operation_use_cases.h"
#include "services/control_plane/proto_time.h"
#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {
namespace {

// False where it is of another kind, or cannot be read.
bool ReadResource(std::string_view resource, const std::string& json,
                  v1::AuditedResource* proto) {
  if (resource.starts_with(store::kWebhookResource)) {
    const auto webhook = store::AuditedWebhook(resource, json);
    if (!webhook.ok()) return false;
    WebhookToProto(*webhook, proto->mutable_webhook());
    // It may be in the past by now.
    if (webhook->secrets.previous_valid_until != absl::InfinitePast()) {
      TimeToProto(webhook->secrets.previous_valid_until,
                  proto->mutable_webhook()->mutable_previous_secret_expire_time());
    }
    if (webhook->secrets.previous_key_valid_until != absl::InfinitePast()) {
      TimeToProto(webhook->secrets.previous_key_valid_until,
                  proto->mutable_webhook()->mutable_previous_public_key_expire_time());
    }
    return true;
  }
  if (resource.starts_with(store::kEventTypeResource)) {
    const auto type = store::AuditedEventType(json);
    if (type.ok()) EventTypeToProto(*type, proto->mutable_event_type());
    return type.ok();
  }
  if (resource.starts_with(store::kOperationResource)) {
    const auto operation = store::AuditedOperation(resource, json);
    if (operation.ok()) OperationToProto(*operation, proto->mutable_operation());
    return operation.ok();
  }
  if (resource != store::kCatalogueResource) return false;
  const auto unknown = store::AuditedUnknownTypes(json);
  if (!unknown.ok()) return false;
  proto->mutable_catalogue_settings()->set_unknown_event_types(
      UnknownTypesToProto(*unknown));
  return true;
}

}  // namespace

void AuditEntryToProto(const store::AuditEntry& entry, v1::AuditEntry* proto) {
  proto->set_entry_id(entry.entry_id.ToString());
  TimeToProto(entry.at, proto->mutable_at());
  proto->set_actor(entry.actor);
  proto->set_action(entry.action);
  proto->set_resource(entry.resource);
  const auto put = [&](const std::string& json, v1::AuditedResource* to) {
    if (!ReadResource(entry.resource, json, to)) to->set_json(json);
  };
  if (!entry.before.empty()) put(entry.before, proto->mutable_before());
  if (!entry.after.empty()) put(entry.after, proto->mutable_after());
  for (const std::string& secret : entry.changed_secrets) {
    proto->add_changed_secrets(secret);
  }
}

}  // namespace windrow::control_plane
