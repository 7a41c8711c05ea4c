#include "common/store/audit_entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/domain/stored_json.h"
#include "common/domain/timestamp.h"

namespace windrow::store {
namespace {

using domain::ObjectWriter;
using domain::Read;
using domain::ReadObject;
using domain::UnknownField;
using domain::Unreadable;

// A spec and its surroundings, far above what is let in.
constexpr json::Limits kLimits{.max_bytes = 32u << 20};

constexpr std::pair<domain::UnknownTypes, std::string_view> kUnknownNames[] = {
    {domain::UnknownTypes::kLearn, "LEARN"}, {domain::UnknownTypes::kRefuse, "REFUSE"}};

// ---- Writing. Times are microseconds since 1970.

void WriteTime(std::string_view key, absl::Time time, ObjectWriter* object) {
  object->Number(key, absl::ToUnixMicros(time));
}

void WriteTexts(std::string_view key, const std::vector<std::string>& texts,
                ObjectWriter* object) {
  domain::WriteArray(
      texts, object->Key(key),
      [](const std::string& text, std::string* out) { json::AppendString(text, out); });
}

std::string ToJson(const StoredWebhook& webhook) {
  std::string json;
  {
    ObjectWriter object(&json);
    object.Number("version", webhook.version);
    WriteTime("created_at", webhook.created_at, &object);
    WriteTime("updated_at", webhook.updated_at, &object);
    if (!webhook.disable_reason.empty()) {
      object.Text("disable_reason", webhook.disable_reason);
    }
    if (!webhook.secrets.previous_signing_secret.empty()) {
      WriteTime("previous_valid_until", webhook.secrets.previous_valid_until, &object);
    }
    if (!webhook.secrets.previous_signing_key.empty()) {
      WriteTime("previous_key_valid_until", webhook.secrets.previous_key_valid_until,
                &object);
    }
    *object.Key("spec") += domain::SpecToJson(webhook.spec);
  }
  return json;
}

std::string ToJson(const StoredEventType& type) {
  std::string json;
  {
    ObjectWriter object(&json);
    object.Number("version", type.version);
    object.Number("origin", static_cast<int>(type.origin));
    WriteTime("created_at", type.created_at, &object);
    WriteTime("updated_at", type.updated_at, &object);
    object.Text("name", type.spec.name);
    object.Text("description", type.spec.description);
    object.Text("object_type", type.spec.object_type);
    WriteTexts("key_fields", type.spec.key_fields, &object);
    WriteTexts("single_select_fields", type.spec.single_select_fields, &object);
    object.Text("example", type.spec.example);
  }
  return json;
}

std::string ToJson(const StoredOperation& operation) {
  const OperationSpec& spec = operation.spec;
  std::string json;
  {
    ObjectWriter object(&json);
    object.Number("kind", static_cast<int>(spec.kind));
    object.Number("state", static_cast<int>(operation.state));
    object.Text("filter", spec.filter);
    if (spec.webhook_id) object.Text("webhook_id", spec.webhook_id->ToString());
    object.Bool("dry_run", spec.dry_run);
    object.Number("max_per_second", spec.max_per_second);
    object.Text("request_id", spec.request_id);
    WriteTime("created_at", operation.created_at, &object);
    WriteTime("updated_at", operation.updated_at, &object);
    if (operation.finished_at) WriteTime("finished_at", *operation.finished_at, &object);
  }
  return json;
}

std::string ToJson(domain::UnknownTypes unknown) {
  std::string json;
  {
    ObjectWriter object(&json);
    object.Text("unknown_types", domain::NameOf(unknown, kUnknownNames));
  }
  return json;
}

// ---- Reading

absl::Status Read(const json::Value& value, absl::Time* out) {
  std::int64_t micros = 0;
  WINDROW_RETURN_IF_ERROR(Read(value, &micros));
  *out = absl::FromUnixMicros(micros);
  return absl::OkStatus();
}

absl::Status Read(const json::Value& value, std::vector<std::string>* out) {
  if (!value.is_array()) return Unreadable("an array is wanted");
  for (auto element = value.first_child(); element; element = element->next()) {
    WINDROW_RETURN_IF_ERROR(Read(*element, &out->emplace_back()));
  }
  return absl::OkStatus();
}

absl::Status Read(const json::Value& value, domain::WebhookSpec* out) {
  WINDROW_ASSIGN_OR_RETURN(*out, domain::SpecFromJson(std::string(value.raw())));
  return absl::OkStatus();
}

template <typename Enum>
absl::Status ReadNumberOf(const json::Value& value, Enum most, Enum* out) {
  int number = 0;
  WINDROW_RETURN_IF_ERROR(Read(value, &number));
  if (number < 1 || number > static_cast<int>(most)) {
    return Unreadable(fmt::format("{} is not known", number));
  }
  *out = static_cast<Enum>(number);
  return absl::OkStatus();
}

template <typename ReadMember>
absl::Status ReadText(std::string json, ReadMember read) {
  const auto document = json::Document::ParseObject(std::move(json), kLimits);
  if (!document.ok()) return Unreadable("not a JSON object");
  return ReadObject(document->root(), read);
}

absl::StatusOr<Uuid> IdOf(std::string_view resource, std::string_view kind) {
  if (resource.substr(0, kind.size()) != kind) return Unreadable("another resource");
  const auto id = Uuid::Parse(resource.substr(kind.size()));
  if (!id) return Unreadable("not an id");
  return *id;
}

// This one is shown as it is.
std::string ToJson(const StoredApiKey& key) {
  const domain::ApiKeySpec& spec = key.spec;
  std::string json;
  {
    ObjectWriter object(&json);
    object.Text("name", spec.name);
    object.Text("scope", domain::ScopeText(spec.scope));
    if (!spec.certificate_name.empty()) {
      object.Text("certificate_name", spec.certificate_name);
    }
    if (spec.requests_per_second > 0) {
      *object.Key("requests_per_second") += fmt::format("{}", spec.requests_per_second);
    }
    if (spec.expires_at) {
      std::string text;
      domain::AppendTimestamp(*spec.expires_at, &text);
      object.Text("expire_time", text);
    }
    object.Bool("revoked", key.revoked_at.has_value());
  }
  return json;
}

// ---- What an entry says

template <typename Resource>
AuditEntry Made(const Author& author, std::string action, std::string resource,
                const Resource* before, const Resource* after) {
  return {.tenant_id = author.tenant,
          .actor = author.name,
          .action = std::move(action),
          .resource = std::move(resource),
          .before = before == nullptr ? "" : ToJson(*before),
          .after = after == nullptr ? "" : ToJson(*after)};
}

std::string_view Verb(bool had, bool has) {
  if (!had) return "create";
  return has ? "update" : "delete";
}

// Secrets by the API's paths. Those before the last rotation go with the current ones.
std::vector<std::string> ChangedSecrets(const domain::WebhookSecrets& before,
                                        const domain::WebhookSecrets& after) {
  using Secrets = domain::WebhookSecrets;
  constexpr std::pair<const char*, std::string Secrets::*> kSecrets[] = {
      {"signing_secret", &Secrets::signing_secret},
      {"signing_key", &Secrets::signing_key},
      {"basic_auth.password", &Secrets::basic_auth_password},
      {"bearer_auth.token", &Secrets::bearer_token},
      {"api_key.value", &Secrets::api_key},
      {"oauth2.client_secret", &Secrets::oauth2_client_secret},
      {"client_certificate.certificate_chain", &Secrets::certificate_chain},
      {"client_certificate.private_key", &Secrets::private_key},
  };
  std::vector<std::string> changed;
  for (const auto& [name, secret] : kSecrets) {
    if (before.*secret != after.*secret) changed.emplace_back(name);
  }
  return changed;
}

std::string_view ActionOf(const StoredWebhook& before, const StoredWebhook& after,
                          const std::vector<std::string>& changed_secrets) {
  domain::WebhookSpec as_before = after.spec;
  as_before.enabled = before.spec.enabled;
  if (as_before != before.spec) return "update";
  const bool switched = after.spec.enabled != before.spec.enabled;
  if (switched && changed_secrets.empty()) {
    return after.spec.enabled ? "enable" : "disable";
  }
  const bool rotated = !changed_secrets.empty() &&
                       std::ranges::all_of(changed_secrets, [](std::string_view name) {
                         return name == "signing_secret" || name == "signing_key";
                       });
  return rotated && !switched ? "rotate_secret" : "update";
}

}  // namespace

AuditEntry EntryOf(const Author& author, const StoredWebhook* before,
                   const StoredWebhook* after) {
  const Uuid& id = (after == nullptr ? before : after)->webhook_id;
  std::vector<std::string> secrets;
  std::string_view verb = Verb(before != nullptr, after != nullptr);
  if (after != nullptr) {
    secrets = ChangedSecrets(
        before == nullptr ? domain::WebhookSecrets() : before->secrets, after->secrets);
    if (before != nullptr) verb = ActionOf(*before, *after, secrets);
  }
  AuditEntry entry =
      Made(author, fmt::format("webhook.{}", verb),
           fmt::format("{}{}", kWebhookResource, id.ToString()), before, after);
  entry.changed_secrets = std::move(secrets);
  return entry;
}

AuditEntry EntryOf(const Author& author, const StoredEventType* before,
                   const StoredEventType* after) {
  const std::string& name = (after == nullptr ? before : after)->spec.name;
  return Made(author,
              fmt::format("event_type.{}", Verb(before != nullptr, after != nullptr)),
              fmt::format("{}{}", kEventTypeResource, name), before, after);
}

AuditEntry EntryOf(const Author& author, const StoredOperation* before,
                   const StoredOperation* after) {
  return Made(author, before == nullptr ? "operation.start" : "operation.cancel",
              fmt::format("{}{}", kOperationResource, after->operation_id.ToString()),
              before, after);
}

AuditEntry EntryOf(const Author& author, domain::UnknownTypes before,
                   domain::UnknownTypes after) {
  return Made(author, "catalogue_settings.update", std::string(kCatalogueResource),
              &before, &after);
}

AuditEntry EntryOf(const Author& author, std::string_view action, const Uuid& delivery) {
  return {.tenant_id = author.tenant,
          .actor = author.name,
          .action = std::string(action),
          .resource = fmt::format("{}{}", kDeliveryResource, delivery.ToString())};
}

AuditEntry EntryOf(const Author& author, const StoredApiKey* before,
                   const StoredApiKey* after) {
  return Made(author, before == nullptr ? "api_key.create" : "api_key.revoke",
              fmt::format("{}{}", kApiKeyResource, after->key_id), before, after);
}

AuditEntry EntryOf(const Author& author, const Tenant& made) {
  return {.tenant_id = author.tenant,
          .actor = author.name,
          .action = "tenant.create",
          .resource = fmt::format("{}{}", kTenantResource, made.name)};
}

absl::StatusOr<StoredWebhook> AuditedWebhook(std::string_view resource,
                                             std::string json) {
  StoredWebhook webhook;
  WINDROW_ASSIGN_OR_RETURN(webhook.webhook_id, IdOf(resource, kWebhookResource));
  WINDROW_RETURN_IF_ERROR(
      ReadText(std::move(json), [&](const std::string& key, const json::Value& member) {
        if (key == "version") return Read(member, &webhook.version);
        if (key == "created_at") return Read(member, &webhook.created_at);
        if (key == "updated_at") return Read(member, &webhook.updated_at);
        if (key == "disable_reason") return Read(member, &webhook.disable_reason);
        if (key == "previous_valid_until") {
          return Read(member, &webhook.secrets.previous_valid_until);
        }
        if (key == "previous_key_valid_until") {
          return Read(member, &webhook.secrets.previous_key_valid_until);
        }
        if (key == "spec") return Read(member, &webhook.spec);
        return UnknownField(key);
      }));
  return webhook;
}

absl::StatusOr<StoredEventType> AuditedEventType(std::string json) {
  StoredEventType type;
  domain::EventTypeSpec& spec = type.spec;
  WINDROW_RETURN_IF_ERROR(
      ReadText(std::move(json), [&](const std::string& key, const json::Value& member) {
        if (key == "version") return Read(member, &type.version);
        if (key == "origin") {
          return ReadNumberOf(member, EventTypeOrigin::kExpected, &type.origin);
        }
        if (key == "created_at") return Read(member, &type.created_at);
        if (key == "updated_at") return Read(member, &type.updated_at);
        if (key == "name") return Read(member, &spec.name);
        if (key == "description") return Read(member, &spec.description);
        if (key == "object_type") return Read(member, &spec.object_type);
        if (key == "key_fields") return Read(member, &spec.key_fields);
        if (key == "single_select_fields") {
          return Read(member, &spec.single_select_fields);
        }
        if (key == "example") return Read(member, &spec.example);
        return UnknownField(key);
      }));
  return type;
}

absl::StatusOr<StoredOperation> AuditedOperation(std::string_view resource,
                                                 std::string json) {
  StoredOperation operation;
  OperationSpec& spec = operation.spec;
  WINDROW_ASSIGN_OR_RETURN(operation.operation_id, IdOf(resource, kOperationResource));
  const auto read = [&](const std::string& key, const json::Value& member) {
    if (key == "kind") return ReadNumberOf(member, OperationKind::kRecover, &spec.kind);
    if (key == "state") {
      return ReadNumberOf(member, OperationState::kCancelled, &operation.state);
    }
    if (key == "filter") return Read(member, &spec.filter);
    if (key == "webhook_id") {
      spec.webhook_id = Uuid::Parse(member.text());
      return spec.webhook_id ? absl::OkStatus() : Unreadable("not an id");
    }
    if (key == "dry_run") return Read(member, &spec.dry_run);
    if (key == "max_per_second") return Read(member, &spec.max_per_second);
    if (key == "request_id") return Read(member, &spec.request_id);
    if (key == "created_at") return Read(member, &operation.created_at);
    if (key == "updated_at") return Read(member, &operation.updated_at);
    if (key == "finished_at") return Read(member, &operation.finished_at.emplace());
    return UnknownField(key);
  };
  WINDROW_RETURN_IF_ERROR(ReadText(std::move(json), read));
  return operation;
}

absl::StatusOr<domain::UnknownTypes> AuditedUnknownTypes(std::string json) {
  auto unknown = domain::UnknownTypes::kLearn;
  WINDROW_RETURN_IF_ERROR(
      ReadText(std::move(json), [&](const std::string& key, const json::Value& member) {
        if (key == "unknown_types") {
          return domain::ReadName(member, kUnknownNames, &unknown);
        }
        return UnknownField(key);
      }));
  return unknown;
}

}  // namespace windrow::store
