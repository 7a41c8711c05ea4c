#include "cli/webhook_text.h"

#include <fmt/format.h>

#include <map>

#include "cli/condition_text.h"
#include "cli/flag_types.h"
#include "cli/proto_json.h"

namespace windrow::cli {
namespace {

std::string Batching(const v1::Batching& batching) {
  const std::string mode =
      EnumText(v1::BatchMode_descriptor()->FindValueByNumber(batching.mode()));
  if (mode.empty() || batching.mode() == v1::BATCH_MODE_NONE) return "NONE";
  return fmt::format("{}, {} or {} items", mode, DurationText(batching.wait()),
                     batching.max_items());
}

std::string Triggers(const v1::Webhook& webhook) {
  std::string out;
  for (const v1::Trigger& trigger : webhook.triggers()) {
    const bool off = trigger.has_enabled() && !trigger.enabled();
    out += fmt::format("{}{} (notification {}{})", out.empty() ? "" : "\n",
                       trigger.event_type(), trigger.notification_id(),
                       off ? ", disabled" : "");
    if (trigger.has_condition()) out += "\n  " + ConditionText(trigger.condition());
  }
  return out;
}

std::string Headers(const v1::Webhook& webhook) {
  std::string out;
  for (const v1::Header& header : webhook.headers()) {
    out +=
        fmt::format("{}{}: {}", out.empty() ? "" : "\n", header.name(), header.value());
  }
  return out;
}

std::string Labels(const v1::Webhook& webhook) {
  const std::map<std::string, std::string> sorted(webhook.labels().begin(),
                                                  webhook.labels().end());
  std::string out;
  for (const auto& [key, value] : sorted) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", key, value);
  }
  return out;
}

std::string Delays(const v1::RetryPolicy& retry) {
  std::string out;
  for (const auto& delay : retry.delays()) {
    out += fmt::format("{}{}", out.empty() ? "" : ", ", DurationText(delay));
  }
  return out;
}

std::string Payload(const v1::Webhook& webhook) {
  return EnumText(v1::PayloadKind_descriptor()->FindValueByNumber(webhook.payload()));
}

std::string Type(const v1::Webhook& webhook) {
  return EnumText(v1::WebhookType_descriptor()->FindValueByNumber(webhook.type()));
}

std::string Message(const v1::Webhook& webhook) {
  const bool is_default =
      webhook.message_template().empty() && webhook.type() > v1::WEBHOOK_TYPE_STANDARD;
  return is_default ? "(default)" : webhook.message_template();
}

std::string Method(const v1::Webhook& webhook) {
  return EnumText(v1::HttpMethod_descriptor()->FindValueByNumber(webhook.method()));
}

std::string CustomPayload(const v1::Webhook& webhook) {
  std::string out = webhook.custom_payload().template_();
  for (const v1::CustomField& field : webhook.custom_payload().fields()) {
    out += fmt::format("{}{}={}{}", out.empty() ? "" : "\n", field.key(),
                       field.send_id() ? "id:" : "", field.source());
  }
  return out;
}

std::string OAuth(const v1::OAuth2ClientCredentials& oauth2) {
  if (oauth2.token_url().empty()) return "";
  const auto part = [](std::string_view name, const std::string& value) {
    return value.empty() ? "" : fmt::format(", {} {}", name, value);
  };
  const bool in_body = oauth2.client_authentication() ==
                       v1::OAuth2ClientCredentials::CLIENT_AUTHENTICATION_BODY;
  return fmt::format("{} as {}{}{}{}", oauth2.token_url(), oauth2.client_id(),
                     part("scope", oauth2.scope()), part("audience", oauth2.audience()),
                     in_body ? ", secret in the body" : "");
}

std::string Certificate(const v1::ClientCertificate& certificate) {
  if (!certificate.has_expire_time()) return "";
  return fmt::format("{}, expires {}", certificate.subject(),
                     TimeText(certificate.expire_time()));
}

std::string State(const v1::Webhook& webhook) {
  return webhook.has_enabled() && !webhook.enabled() ? "no" : "yes";
}

std::string Counted(std::string_view before, int count, std::string_view one,
                    std::string_view several) {
  return fmt::format("{} {} {}", before, count, count == 1 ? one : several);
}

std::string AutoDisable(const v1::AutoDisable& rule) {
  std::string out;
  if (rule.after().seconds() > 0) {
    out = "after " + DurationText(rule.after()) + " without a success";
  }
  if (rule.consecutive_failures() > 0) {
    out += (out.empty() ? "" : ", ") +
           Counted("after", rule.consecutive_failures(), "failure", "failures in a row");
  }
  return out.empty() ? "never" : out;
}

std::string Rate(const v1::Rate& rate) {
  std::string out;
  if (rate.requests_per_second() > 0) {
    out = fmt::format("{} requests a second", rate.requests_per_second());
  }
  if (rate.max_concurrent_requests() > 0) {
    out += fmt::format("{}{} at the same time", out.empty() ? "" : ", ",
                       rate.max_concurrent_requests());
  }
  return out;
}

std::string Ordering(const v1::Webhook& webhook) {
  return EnumText(v1::Ordering_descriptor()->FindValueByNumber(webhook.ordering()));
}

std::string Failing(const v1::Webhook& webhook) {
  if (!webhook.has_failing_since()) return "";
  return Counted(fmt::format("since {},", TimeText(webhook.failing_since())),
                 webhook.consecutive_failures(), "request", "requests");
}

std::string Signatures(const v1::Webhook& webhook) {
  std::string out;
  for (int i = 0; i < webhook.signature_schemes_size(); ++i) {
    const auto* scheme =
        v1::SignatureScheme_descriptor()->FindValueByNumber(webhook.signature_schemes(i));
    out += (out.empty() ? "" : ", ") + EnumText(scheme);
  }
  // What most have is not worth a line.
  return out == "HMAC_SHA256" ? "" : out;
}

std::string PreviousKey(const v1::Webhook& webhook) {
  if (webhook.previous_public_key().empty()) return "";
  return fmt::format("{}, until {}", webhook.previous_public_key(),
                     TimeText(webhook.previous_public_key_expire_time()));
}

// Not worth a line.
constexpr int kUsualHops = 8;

}  // namespace

Fields FieldsOf(const v1::Webhook& w) {
  return {{"webhook_id", w.webhook_id()},
          {"name", w.name()},
          {"description", w.description()},
          {"url", w.url()},
          {"enabled", State(w)},
          {"disabled because", w.disable_reason()},
          {"failing", Failing(w)},
          {"user", w.basic_auth().user()},
          {"oauth2", OAuth(w.oauth2())},
          {"client certificate", Certificate(w.client_certificate())},
          {"headers", Headers(w)},
          {"type", Type(w)},
          {"message", Message(w)},
          {"method", Method(w)},
          {"payload", Payload(w)},
          {"custom payload", CustomPayload(w)},
          {"batching", Batching(w.batching())},
          {"triggers", Triggers(w)},
          {"retry delays", Delays(w.retry())},
          {"rate", Rate(w.rate())},
          {"ordering", Ordering(w)},
          {"disables itself", AutoDisable(w.auto_disable())},
          {"max hops", w.max_hops() == kUsualHops ? "" : fmt::to_string(w.max_hops())},
          {"timeout", w.has_timeout() ? DurationText(w.timeout()) : ""},
          {"lightweight logs", w.lightweight_logs() ? "yes" : "no"},
          {"labels", Labels(w)},
          {"created", w.has_create_time() ? TimeText(w.create_time()) : ""},
          {"updated", w.has_update_time() ? TimeText(w.update_time()) : ""},
          {"etag", w.etag()},
          {"signatures", Signatures(w)},
          {"public key", w.public_key()},
          {"previous public key", PreviousKey(w)},
          {"signing secret", w.signing_secret()}};
}

std::vector<std::string> WebhookHeader() {
  return {"WEBHOOK_ID", "NAME", "ENABLED", "PAYLOAD", "BATCHING", "EVENTS", "URL"};
}

std::vector<std::string> RowOf(const v1::Webhook& w) {
  std::string events;
  for (const v1::Trigger& trigger : w.triggers()) {
    if (!events.empty()) events += ',';
    events += trigger.event_type();
  }
  constexpr std::size_t kRoom = 40;
  if (events.size() > kRoom) events = fmt::format("{} types", w.triggers_size());
  const std::string mode =
      EnumText(v1::BatchMode_descriptor()->FindValueByNumber(w.batching().mode()));
  return {w.webhook_id(), w.name(), State(w), Payload(w), mode.empty() ? "NONE" : mode,
          events,         w.url()};
}

}  // namespace windrow::cli
