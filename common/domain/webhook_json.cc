#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "common/domain/stored_json.h"
#include "common/domain/webhook.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

// Far above what Validate lets through, all of it escaped.
constexpr json::Limits kLimits{.max_bytes = 16u << 20};

constexpr std::pair<PayloadKind, std::string_view> kPayloadNames[] = {
    {PayloadKind::kSmall, "SMALL"},
    {PayloadKind::kFull, "FULL"},
    {PayloadKind::kEventOnly, "EVENT_ONLY"},
    {PayloadKind::kCustom, "CUSTOM"}};
constexpr std::pair<WebhookType, std::string_view> kTypeNames[] = {
    {WebhookType::kStandard, "STANDARD"},
    {WebhookType::kSlack, "SLACK"},
    {WebhookType::kMicrosoftTeams, "MICROSOFT_TEAMS"},
    {WebhookType::kDiscord, "DISCORD"}};
constexpr std::pair<Method, std::string_view> kMethodNames[] = {
    {Method::kPost, "POST"},
    {Method::kGet, "GET"},
    {Method::kPut, "PUT"},
    {Method::kPatch, "PATCH"}};
constexpr std::pair<BatchMode, std::string_view> kModeNames[] = {
    {BatchMode::kNone, "NONE"},
    {BatchMode::kSameEvent, "SAME_EVENT"},
    {BatchMode::kSameEventType, "SAME_EVENT_TYPE"},
    {BatchMode::kAny, "ANY"}};

constexpr std::pair<SignatureScheme, std::string_view> kSchemeNames[] = {
    {SignatureScheme::kHmacSha256, "HMAC_SHA256"},
    {SignatureScheme::kEd25519, "ED25519"}};
constexpr std::pair<Ordering, std::string_view> kOrderingNames[] = {
    {Ordering::kNone, "NONE"},
    {Ordering::kPerObject, "PER_OBJECT"},
    {Ordering::kPerWebhook, "PER_WEBHOOK"}};

// ---- Writing

void Write(const Header& header, std::string* out) {
  ObjectWriter object(out);
  object.Text("name", header.name);
  object.Text("value", header.value);
}

void Write(const Trigger& trigger, std::string* out) {
  ObjectWriter object(out);
  object.Number("notification_id", trigger.notification_id);
  object.Text("event_type", trigger.event_type);
  object.Bool("enabled", trigger.enabled);
  if (trigger.condition != ConditionSpec()) {
    AppendJson(trigger.condition, object.Key("condition"));
  }
}

void Write(const OAuth2Spec& oauth2, std::string* out) {
  ObjectWriter object(out);
  object.Text("token_url", oauth2.token_url);
  object.Text("client_id", oauth2.client_id);
  object.Text("scope", oauth2.scope);
  object.Text("audience", oauth2.audience);
  object.Bool("secret_in_body", oauth2.secret_in_body);
}

void Write(const ClientCertificateSpec& certificate, std::string* out) {
  ObjectWriter object(out);
  object.Text("subject", certificate.subject);
  object.Number("expires_at", absl::ToUnixSeconds(certificate.expires_at));
}

void Write(const Batching& batching, std::string* out) {
  ObjectWriter object(out);
  object.Text("mode", NameOf(batching.mode, kModeNames));
  object.Duration("wait", batching.wait);
  object.Number("max_items", batching.max_items);
}

void Write(const RetryPolicy& retry, std::string* out) {
  ObjectWriter object(out);
  WriteArray(
      retry.delays, object.Key("delays"), [](absl::Duration delay, std::string* to) {
        fmt::format_to(std::back_inserter(*to), "{}", absl::ToInt64Milliseconds(delay));
      });
  object.Number("jitter", retry.jitter);
  object.Duration("retry_after_cap", retry.retry_after_cap);
}

void Write(const RateLimit& rate, std::string* out) {
  ObjectWriter object(out);
  object.Number("requests_per_second", rate.requests_per_second);
  object.Number("max_concurrent_requests", rate.max_concurrent_requests);
}

void Write(const AutoDisable& rule, std::string* out) {
  ObjectWriter object(out);
  object.Duration("after", rule.after);
  object.Number("consecutive_failures", rule.consecutive_failures);
}

// ---- Reading

using domain::Read;

absl::Status Read(const json::Value& value, Header* out) {
  return ReadObject(value, [&](const std::string& key, const json::Value& member) {
    if (key == "name") return Read(member, &out->name);
    if (key == "value") return Read(member, &out->value);
    return UnknownField(key);
  });
}

absl::Status Read(const json::Value& value, std::optional<OAuth2Spec>* out) {
  OAuth2Spec& oauth2 = out->emplace();
  return ReadObject(value, [&](const std::string& key, const json::Value& member) {
    if (key == "token_url") return Read(member, &oauth2.token_url);
    if (key == "client_id") return Read(member, &oauth2.client_id);
    if (key == "scope") return Read(member, &oauth2.scope);
    if (key == "audience") return Read(member, &oauth2.audience);
    if (key == "secret_in_body") return Read(member, &oauth2.secret_in_body);
    return UnknownField(key);
  });
}

absl::Status Read(const json::Value& value, std::optional<ClientCertificateSpec>* out) {
  ClientCertificateSpec& certificate = out->emplace();
  return ReadObject(
      value, [&](const std::string& key, const json::Value& member) -> absl::Status {
        if (key == "subject") return Read(member, &certificate.subject);
        if (key != "expires_at") return UnknownField(key);
        std::int64_t seconds = 0;
        WINDROW_RETURN_IF_ERROR(Read(member, &seconds));
        certificate.expires_at = absl::FromUnixSeconds(seconds);
        return absl::OkStatus();
      });
}

absl::Status Read(const json::Value& value, CustomPayloadSpec* out) {
  WINDROW_ASSIGN_OR_RETURN(*out, CustomPayloadFromJson(value));
  return absl::OkStatus();
}

absl::Status Read(const json::Value& value, ConditionSpec* out) {
  WINDROW_ASSIGN_OR_RETURN(*out, ConditionFromJson(value));
  return absl::OkStatus();
}

absl::Status Read(const json::Value& value, Trigger* out) {
  return ReadObject(value, [&](const std::string& key, const json::Value& member) {
    if (key == "notification_id") return Read(member, &out->notification_id);
    if (key == "event_type") return Read(member, &out->event_type);
    if (key == "enabled") return Read(member, &out->enabled);
    if (key == "condition") return Read(member, &out->condition);
    return UnknownField(key);
  });
}

absl::Status Read(const json::Value& value, Batching* out) {
  return ReadObject(value, [&](const std::string& key, const json::Value& member) {
    if (key == "mode") return ReadName(member, kModeNames, &out->mode);
    if (key == "wait") return Read(member, &out->wait);
    if (key == "max_items") return Read(member, &out->max_items);
    return UnknownField(key);
  });
}

absl::Status Read(const json::Value& value, SignatureScheme* out) {
  return ReadName(value, kSchemeNames, out);
}

template <typename T>
absl::Status Read(const json::Value& value, std::vector<T>* out) {
  if (!value.is_array()) return Unreadable("an array is wanted");
  out->clear();
  for (auto element = value.first_child(); element; element = element->next()) {
    WINDROW_RETURN_IF_ERROR(Read(*element, &out->emplace_back()));
  }
  return absl::OkStatus();
}

absl::Status Read(const json::Value& value, std::map<std::string, std::string>* out) {
  return ReadObject(value, [&](const std::string& key, const json::Value& member) {
    return Read(member, &(*out)[key]);
  });
}

absl::Status Read(const json::Value& value, RetryPolicy* out) {
  return ReadObject(value, [&](const std::string& key, const json::Value& member) {
    if (key == "delays") return Read(member, &out->delays);
    if (key == "jitter") return Read(member, &out->jitter);
    if (key == "retry_after_cap") return Read(member, &out->retry_after_cap);
    return UnknownField(key);
  });
}

absl::Status Read(const json::Value& value, RateLimit* out) {
  return ReadObject(value, [&](const std::string& key, const json::Value& member) {
    if (key == "requests_per_second") return Read(member, &out->requests_per_second);
    if (key == "max_concurrent_requests") {
      return Read(member, &out->max_concurrent_requests);
    }
    return UnknownField(key);
  });
}

absl::Status Read(const json::Value& value, AutoDisable* out) {
  return ReadObject(value, [&](const std::string& key, const json::Value& member) {
    if (key == "after") return Read(member, &out->after);
    if (key == "consecutive_failures") return Read(member, &out->consecutive_failures);
    return UnknownField(key);
  });
}

absl::Status Read(const json::Value& value, WebhookSpec* out) {
  return ReadObject(value, [&](const std::string& key, const json::Value& member) {
    if (key == "name") return Read(member, &out->name);
    if (key == "description") return Read(member, &out->description);
    if (key == "url") return Read(member, &out->url);
    if (key == "has_basic_auth") return Read(member, &out->has_basic_auth);
    if (key == "basic_auth_user") return Read(member, &out->basic_auth_user);
    if (key == "has_bearer_token") return Read(member, &out->has_bearer_token);
    if (key == "api_key_header") return Read(member, &out->api_key_header);
    if (key == "oauth2") return Read(member, &out->oauth2);
    if (key == "client_certificate") return Read(member, &out->client_certificate);
    if (key == "headers") return Read(member, &out->headers);
    if (key == "type") return ReadName(member, kTypeNames, &out->type);
    if (key == "message_template") return Read(member, &out->message_template);
    if (key == "method") return ReadName(member, kMethodNames, &out->method);
    if (key == "custom_payload") return Read(member, &out->custom_payload);
    if (key == "lightweight_logs") return Read(member, &out->lightweight_logs);
    if (key == "payload") return ReadName(member, kPayloadNames, &out->payload);
    if (key == "triggers") return Read(member, &out->triggers);
    if (key == "batching") return Read(member, &out->batching);
    if (key == "retry") return Read(member, &out->retry);
    if (key == "rate") return Read(member, &out->rate);
    if (key == "ordering") return ReadName(member, kOrderingNames, &out->ordering);
    if (key == "signature_schemes") return Read(member, &out->signature_schemes);
    if (key == "auto_disable") return Read(member, &out->auto_disable);
    if (key == "max_hops") return Read(member, &out->max_hops);
    if (key == "timeout") return Read(member, &out->timeout);
    if (key == "enabled") return Read(member, &out->enabled);
    if (key == "labels") return Read(member, &out->labels);
    return UnknownField(key);
  });
}

absl::Status Read(const json::Value& value, absl::Time* out) {
  absl::Duration since_1970;
  WINDROW_RETURN_IF_ERROR(Read(value, &since_1970));
  *out = absl::UnixEpoch() + since_1970;
  return absl::OkStatus();
}

absl::Status Read(const json::Value& value, WebhookSecrets* out) {
  return ReadObject(value, [&](const std::string& key, const json::Value& member) {
    if (key == "signing_secret") return Read(member, &out->signing_secret);
    if (key == "basic_auth_password") return Read(member, &out->basic_auth_password);
    if (key == "bearer_token") return Read(member, &out->bearer_token);
    if (key == "api_key") return Read(member, &out->api_key);
    if (key == "previous_signing_secret") {
      return Read(member, &out->previous_signing_secret);
    }
    if (key == "previous_valid_until") return Read(member, &out->previous_valid_until);
    if (key == "signing_key") return Read(member, &out->signing_key);
    if (key == "previous_signing_key") return Read(member, &out->previous_signing_key);
    if (key == "previous_key_valid_until") {
      return Read(member, &out->previous_key_valid_until);
    }
    if (key == "oauth2_client_secret") return Read(member, &out->oauth2_client_secret);
    if (key == "certificate_chain") return Read(member, &out->certificate_chain);
    if (key == "private_key") return Read(member, &out->private_key);
    return UnknownField(key);
  });
}

template <typename T>
absl::StatusOr<T> FromJson(std::string json) {
  const auto document = json::Document::ParseObject(std::move(json), kLimits);
  if (!document.ok()) {
    return Unreadable(
        fmt::format("not JSON: {}", std::string(document.status().message())));
  }
  T value;
  WINDROW_RETURN_IF_ERROR(Read(document->root(), &value));
  return value;
}

}  // namespace

std::string_view NameOf(Method method) { return NameOf(method, kMethodNames); }
std::string_view NameOf(WebhookType type) { return NameOf(type, kTypeNames); }

std::string SpecToJson(const WebhookSpec& spec) {
  std::string json;
  {
    ObjectWriter object(&json);
    object.Text("name", spec.name);
    object.Text("description", spec.description);
    object.Text("url", spec.url);
    object.Bool("has_basic_auth", spec.has_basic_auth);
    object.Text("basic_auth_user", spec.basic_auth_user);
    object.Bool("has_bearer_token", spec.has_bearer_token);
    object.Text("api_key_header", spec.api_key_header);
    if (spec.oauth2) Write(*spec.oauth2, object.Key("oauth2"));
    if (spec.client_certificate) {
      Write(*spec.client_certificate, object.Key("client_certificate"));
    }
    const auto write = [](const auto& element, std::string* out) { Write(element, out); };
    WriteArray(spec.headers, object.Key("headers"), write);
    object.Bool("lightweight_logs", spec.lightweight_logs);
    if (spec.type != WebhookType::kStandard) {
      object.Text("type", NameOf(spec.type, kTypeNames));
    }
    if (!spec.message_template.empty()) {
      object.Text("message_template", spec.message_template);
    }
    object.Text("method", NameOf(spec.method, kMethodNames));
    object.Text("payload", NameOf(spec.payload, kPayloadNames));
    if (spec.custom_payload != CustomPayloadSpec()) {
      AppendJson(spec.custom_payload, object.Key("custom_payload"));
    }
    WriteArray(spec.triggers, object.Key("triggers"), write);
    Write(spec.batching, object.Key("batching"));
    Write(spec.retry, object.Key("retry"));
    if (spec.rate != RateLimit()) Write(spec.rate, object.Key("rate"));
    if (spec.ordering != Ordering::kNone) {
      object.Text("ordering", NameOf(spec.ordering, kOrderingNames));
    }
    if (spec.signature_schemes != WebhookSpec().signature_schemes) {
      WriteArray(spec.signature_schemes, object.Key("signature_schemes"),
                 [](SignatureScheme scheme, std::string* to) {
                   json::AppendString(NameOf(scheme, kSchemeNames), to);
                 });
    }
    Write(spec.auto_disable, object.Key("auto_disable"));
    if (spec.max_hops != kDefaultMaxHops) object.Number("max_hops", spec.max_hops);
    object.Duration("timeout", spec.timeout);
    object.Bool("enabled", spec.enabled);
    ObjectWriter labels(object.Key("labels"));
    for (const auto& [key, value] : spec.labels) labels.Text(key, value);
  }
  return json;
}

absl::StatusOr<WebhookSpec> SpecFromJson(std::string json) {
  return FromJson<WebhookSpec>(std::move(json));
}

std::string SecretsToJson(const WebhookSecrets& secrets) {
  std::string json;
  {
    ObjectWriter object(&json);
    object.Text("signing_secret", secrets.signing_secret);
    object.Text("basic_auth_password", secrets.basic_auth_password);
    object.Text("bearer_token", secrets.bearer_token);
    object.Text("api_key", secrets.api_key);
    if (!secrets.previous_signing_secret.empty()) {
      object.Text("previous_signing_secret", secrets.previous_signing_secret);
      object.Duration("previous_valid_until",
                      secrets.previous_valid_until - absl::UnixEpoch());
    }
    const auto put = [&](std::string_view key, const std::string& secret) {
      if (!secret.empty()) object.Text(key, secret);
    };
    put("signing_key", secrets.signing_key);
    if (!secrets.previous_signing_key.empty()) {
      object.Text("previous_signing_key", secrets.previous_signing_key);
      object.Duration("previous_key_valid_until",
                      secrets.previous_key_valid_until - absl::UnixEpoch());
    }
    put("oauth2_client_secret", secrets.oauth2_client_secret);
    put("certificate_chain", secrets.certificate_chain);
    put("private_key", secrets.private_key);
  }
  return json;
}

absl::StatusOr<WebhookSecrets> SecretsFromJson(std::string json) {
  return FromJson<WebhookSecrets>(std::move(json));
}

}  // namespace windrow::domain
