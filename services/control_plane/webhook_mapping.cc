#include "services/control_plane/webhook_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "services/control_plane/auth_mapping.h"
#include "services/control_plane/condition_mapping.h"
#include "services/control_plane/proto_time.h"
#include "services/control_plane/signing_mapping.h"
#include "services/control_plane/update_mask.h"

namespace windrow::control_plane {
namespace {

struct Input {
  const v1::Webhook& webhook;
  const UrlPolicy& policy;
  Profile* profile;
  Violations* violations;
  bool url_had_user = false;
};

// Leaves `*value` alone where the message breaks its own rules, so that one fault is one
// violation.
void PutDuration(const google::protobuf::Duration& proto, const std::string& field,
                 absl::Duration* value, Violations* violations) {
  const std::optional<absl::Duration> duration = DurationFromProto(proto);
  if (!duration) {
    violations->Add(field, "is not a valid google.protobuf.Duration");
    return;
  }
  *value = *duration;
}

void PutUrl(Input* in) {
  domain::WebhookSpec& spec = in->profile->spec;
  spec.url.clear();
  const auto url = http::ParseWebhookUrl(in->webhook.url(), in->policy.url);
  if (!url.ok()) {
    in->violations->Add("webhook.url", std::string(url.status().message()));
    return;
  }
  const absl::Status allowed = in->policy.addresses.CheckHost(url->host, url->port);
  if (!allowed.ok()) {
    in->violations->Add("webhook.url", std::string(allowed.message()));
    return;
  }
  spec.url = url->text;
  if (!url->has_user) return;
  in->url_had_user = true;
  spec.has_basic_auth = true;
  spec.basic_auth_user = url->user;
  in->profile->secrets.basic_auth_password = url->password;
}

void PutBasicAuth(Input* in) {
  domain::WebhookSpec& spec = in->profile->spec;
  if (!in->webhook.has_basic_auth()) {
    if (in->url_had_user) return;
    spec.has_basic_auth = false;
    spec.basic_auth_user.clear();
    in->profile->secrets.basic_auth_password.clear();
    return;
  }
  if (in->url_had_user) {
    in->violations->Add("webhook.url",
                        "has user info while basic_auth is set: keep one of the two");
    return;
  }
  const v1::BasicAuth& auth = in->webhook.basic_auth();
  spec.has_basic_auth = true;
  spec.basic_auth_user = auth.user();
  if (!auth.password().empty())
    in->profile->secrets.basic_auth_password = auth.password();
}

void PutPassword(Input* in) {
  if (in->url_had_user) {
    in->violations->Add("webhook.url",
                        "has user info while basic_auth.password is "
                        "updated: keep one of the two");
    return;
  }
  if (!in->profile->spec.has_basic_auth) {
    in->violations->Add("webhook.basic_auth.password",
                        "there is no user to go with it: update basic_auth");
    return;
  }
  in->profile->secrets.basic_auth_password = in->webhook.basic_auth().password();
}

// An unknown number becomes one that the domain refuses.
void PutType(Input* in) {
  const int number = in->webhook.type();
  in->profile->spec.type =
      number == v1::WEBHOOK_TYPE_UNSPECIFIED ? domain::WebhookType::kStandard
      : v1::WebhookType_IsValid(number)      ? static_cast<domain::WebhookType>(number)
                                             : static_cast<domain::WebhookType>(0xff);
}

// An unknown number becomes one that the domain refuses.
void PutMethod(Input* in) {
  const int number = in->webhook.method();
  in->profile->spec.method = number == v1::HTTP_METHOD_UNSPECIFIED ? domain::Method::kPost
                             : v1::HttpMethod_IsValid(number)
                                 ? static_cast<domain::Method>(number)
                                 : static_cast<domain::Method>(0xff);
}

void PutCustomPayload(Input* in) {
  domain::CustomPayloadSpec custom{.json_template =
                                       in->webhook.custom_payload().template_()};
  for (const v1::CustomField& field : in->webhook.custom_payload().fields()) {
    if (custom.fields.size() > domain::kMaxCustomFields) break;  // the domain says so
    custom.fields.push_back({field.key(), field.source(), field.send_id()});
  }
  in->profile->spec.custom_payload = std::move(custom);
}

void PutHeaders(Input* in) {
  in->profile->spec.headers.clear();
  for (const v1::Header& header : in->webhook.headers()) {
    in->profile->spec.headers.push_back({header.name(), header.value()});
  }
}

// An unknown number becomes one that the domain refuses.
void PutPayload(Input* in) {
  const int number = in->webhook.payload();
  in->profile->spec.payload =
      number == v1::PAYLOAD_KIND_UNSPECIFIED ? domain::PayloadKind::kFull
      : v1::PayloadKind_IsValid(number)      ? static_cast<domain::PayloadKind>(number)
                                             : static_cast<domain::PayloadKind>(0xff);
}

domain::BatchMode ModeFromProto(int number) {
  if (number == v1::BATCH_MODE_UNSPECIFIED) return domain::BatchMode::kNone;
  return static_cast<domain::BatchMode>(v1::BatchMode_IsValid(number) ? number - 1
                                                                      : 0xff);
}

void PutBatching(Input* in) {
  const v1::Batching& from = in->webhook.batching();
  domain::Batching batching{.mode = ModeFromProto(from.mode())};
  if (from.has_wait()) {
    PutDuration(from.wait(), "webhook.batching.wait", &batching.wait, in->violations);
  }
  if (from.max_items() != 0) batching.max_items = from.max_items();
  in->profile->spec.batching = batching;
}

// A stored webhook has triggers, a new one has none yet: its notification ids are output
// only. In an update an id says which trigger is meant.
void PutTriggers(Input* in) {
  constexpr int kMostTriggers = domain::kMaxTriggers;
  const std::vector<domain::Trigger> before = std::move(in->profile->spec.triggers);
  in->profile->spec.triggers.clear();
  for (int i = 0; i < in->webhook.triggers_size(); ++i) {
    const v1::Trigger& from = in->webhook.triggers(i);
    domain::Trigger trigger{.event_type = from.event_type(),
                            .enabled = !from.has_enabled() || from.enabled()};
    if (!before.empty()) trigger.notification_id = from.notification_id();
    trigger.condition = ConditionFromProto(
        from.condition(), fmt::format("webhook.triggers[{}].condition", i),
        in->violations);
    const bool known =
        trigger.notification_id <= 0 ||  // the domain refuses negative ones
        i >= kMostTriggers ||            // and those that are too many
        std::any_of(before.begin(), before.end(), [&](const domain::Trigger& old) {
          return old.notification_id == trigger.notification_id;
        });
    if (!known) {
      in->violations->Add(fmt::format("webhook.triggers[{}].notification_id", i),
                          fmt::format("{} is no trigger of this webhook: leave it out "
                                      "for a new one",
                                      trigger.notification_id));
    }
    in->profile->spec.triggers.push_back(std::move(trigger));
  }
}

void PutRetry(Input* in) {
  domain::RetryPolicy retry;
  const auto& delays = in->webhook.retry().delays();
  if (!delays.empty()) retry.delays.assign(delays.size(), absl::ZeroDuration());
  // The domain says where there are too many.
  for (int i = 0; i < std::min<int>(delays.size(), domain::kMaxRetries); ++i) {
    PutDuration(delays[i], fmt::format("webhook.retry.delays[{}]", i), &retry.delays[i],
                in->violations);
  }
  in->profile->spec.retry = std::move(retry);
}

void PutRate(Input* in) {
  const v1::Rate& rate = in->webhook.rate();
  in->profile->spec.rate = {.requests_per_second = rate.requests_per_second(),
                            .max_concurrent_requests = rate.max_concurrent_requests()};
}

// An unknown number becomes one that the domain refuses.
void PutOrdering(Input* in) {
  const int number = in->webhook.ordering();
  in->profile->spec.ordering =
      number == v1::ORDERING_UNSPECIFIED ? domain::Ordering::kNone
      : v1::Ordering_IsValid(number)     ? static_cast<domain::Ordering>(number - 1)
                                         : static_cast<domain::Ordering>(0xff);
}

void PutAutoDisable(Input* in) {
  const v1::AutoDisable& from = in->webhook.auto_disable();
  domain::AutoDisable rule;
  if (from.has_after()) {
    PutDuration(from.after(), "webhook.auto_disable.after", &rule.after, in->violations);
  }
  rule.consecutive_failures = from.consecutive_failures();
  in->profile->spec.auto_disable = rule;
}

void PutTimeout(Input* in) {
  absl::Duration timeout = domain::WebhookSpec().timeout;
  if (in->webhook.has_timeout()) {
    PutDuration(in->webhook.timeout(), "webhook.timeout", &timeout, in->violations);
  }
  in->profile->spec.timeout = timeout;
}

void PutLabels(Input* in) {
  in->profile->spec.labels = {in->webhook.labels().begin(), in->webhook.labels().end()};
}

struct Field {
  std::string_view name;
  bool (*is_set)(const v1::Webhook&);
  void (*put)(Input*);
};

// In the order in which they are put: basic_auth looks at what url brought.
constexpr Field kFields[] = {
    {"name", [](const v1::Webhook& w) { return !w.name().empty(); },
     [](Input* in) { in->profile->spec.name = in->webhook.name(); }},
    {"description", [](const v1::Webhook& w) { return !w.description().empty(); },
     [](Input* in) { in->profile->spec.description = in->webhook.description(); }},
    {"url", [](const v1::Webhook& w) { return !w.url().empty(); }, PutUrl},
    {"basic_auth", [](const v1::Webhook& w) { return w.has_basic_auth(); }, PutBasicAuth},
    {"bearer_auth", [](const v1::Webhook& w) { return w.has_bearer_auth(); },
     [](Input* in) { PutBearerAuth(in->webhook, in->profile); }},
    {"api_key", [](const v1::Webhook& w) { return w.has_api_key(); },
     [](Input* in) { PutApiKey(in->webhook, in->profile, in->violations); }},
    {"oauth2", [](const v1::Webhook& w) { return w.has_oauth2(); },
     [](Input* in) { PutOAuth2(in->webhook, in->policy, in->profile, in->violations); }},
    {"client_certificate",
     [](const v1::Webhook& w) { return w.has_client_certificate(); },
     [](Input* in) { PutClientCertificate(in->webhook, in->profile, in->violations); }},
    {"type", [](const v1::Webhook& w) { return w.type() != 0; }, PutType},
    {"message_template",
     [](const v1::Webhook& w) { return !w.message_template().empty(); },
     [](Input* in) {
       in->profile->spec.message_template = in->webhook.message_template();
     }},
    {"method", [](const v1::Webhook& w) { return w.method() != 0; }, PutMethod},
    {"custom_payload", [](const v1::Webhook& w) { return w.has_custom_payload(); },
     PutCustomPayload},
    {"headers", [](const v1::Webhook& w) { return w.headers_size() > 0; }, PutHeaders},
    {"lightweight_logs", [](const v1::Webhook& w) { return w.lightweight_logs(); },
     [](Input* in) {
       in->profile->spec.lightweight_logs = in->webhook.lightweight_logs();
     }},
    {"payload", [](const v1::Webhook& w) { return w.payload() != 0; }, PutPayload},
    {"triggers", [](const v1::Webhook& w) { return w.triggers_size() > 0; }, PutTriggers},
    {"batching", [](const v1::Webhook& w) { return w.has_batching(); }, PutBatching},
    {"retry", [](const v1::Webhook& w) { return w.has_retry(); }, PutRetry},
    {"rate", [](const v1::Webhook& w) { return w.has_rate(); }, PutRate},
    {"ordering", [](const v1::Webhook& w) { return w.ordering() != 0; }, PutOrdering},
    {"auto_disable", [](const v1::Webhook& w) { return w.has_auto_disable(); },
     PutAutoDisable},
    {"max_hops", [](const v1::Webhook& w) { return w.max_hops() != 0; },
     [](Input* in) {
       in->profile->spec.max_hops =
           in->webhook.max_hops() == 0 ? domain::kDefaultMaxHops : in->webhook.max_hops();
     }},
    {"timeout", [](const v1::Webhook& w) { return w.has_timeout(); }, PutTimeout},
    {"enabled", [](const v1::Webhook& w) { return w.has_enabled(); },
     [](Input* in) {
       in->profile->spec.enabled = !in->webhook.has_enabled() || in->webhook.enabled();
     }},
    {"labels", [](const v1::Webhook& w) { return w.labels_size() > 0; }, PutLabels},
    {"signature_schemes",
     [](const v1::Webhook& w) { return w.signature_schemes_size() > 0; },
     [](Input* in) { PutSignatureSchemes(in->webhook, in->profile); }},
};
constexpr std::string_view kPassword = "basic_auth.password";
// Nobody can read the stored one to send it back: left out, or "*" without one, keeps it.
constexpr struct {
  std::string_view name;
  const std::string& (*of)(const v1::Webhook&);
  void (*put)(const v1::Webhook&, Profile*, Violations*);
} kSigners[] = {
    {"signing_secret",
     [](const v1::Webhook& w) -> const std::string& { return w.signing_secret(); },
     PutSigningSecret},
    {"signing_key",
     [](const v1::Webhook& w) -> const std::string& { return w.signing_key(); },
     PutSigningKey},
};
// May stand in a mask, and change nothing (AIP-161).
constexpr std::string_view kOutputOnly[] = {"webhook_id",
                                            "etag",
                                            "create_time",
                                            "update_time",
                                            "consecutive_failures",
                                            "failing_since",
                                            "disable_reason",
                                            "previous_secret_expire_time",
                                            "public_key",
                                            "previous_public_key",
                                            "previous_public_key_expire_time"};

std::vector<std::string_view> MaskPaths() {
  std::vector<std::string_view> paths = {kPassword};
  for (const auto& signer : kSigners) paths.push_back(signer.name);
  paths.insert(paths.end(), std::begin(kOutputOnly), std::end(kOutputOnly));
  for (const Field& field : kFields) paths.push_back(field.name);
  return paths;
}

}  // namespace

Profile NewProfile(const v1::Webhook& webhook, const UrlPolicy& policy,
                   Violations* violations) {
  Profile profile;
  Input in{webhook, policy, &profile, violations};
  for (const Field& field : kFields) field.put(&in);
  for (const auto& signer : kSigners) signer.put(webhook, &profile, violations);
  return profile;
}

void EditProfile(const v1::Webhook& change, const google::protobuf::FieldMask& mask,
                 const UrlPolicy& policy, Profile* profile, Violations* violations) {
  const UpdateMask wanted(mask, MaskPaths(), "top-level names, or basic_auth.password",
                          violations);
  Input in{change, policy, profile, violations};
  for (const Field& field : kFields) {
    if (wanted.Puts(field.name, field.is_set(change))) field.put(&in);
  }
  if (wanted.Names(kPassword)) PutPassword(&in);
  for (const auto& signer : kSigners) {
    if (wanted.Names(signer.name) && signer.of(change).empty()) {
      violations->Add(fmt::format("webhook.{}", signer.name),
                      "is empty: every webhook signs, so give a new one or leave it out "
                      "of update_mask");
    } else if (wanted.empty() || wanted.Names("*") || wanted.Names(signer.name)) {
      signer.put(change, profile, violations);
    }
  }
}

void CheckProfile(Profile* profile, Violations* violations,
                  const domain::FieldKinds& kinds) {
  domain::Normalize(&profile->spec);
  domain::Validate(profile->spec, profile->secrets, "webhook", violations, kinds);
}

}  // namespace windrow::control_plane
