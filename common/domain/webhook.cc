#include "common/domain/webhook.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "common/domain/auth_rules.h"
#include "common/domain/header_rules.h"
#include "common/domain/message.h"
#include "common/domain/signing_rules.h"
#include "common/domain/text.h"
#include "common/domain/url_template.h"

namespace windrow::domain {
namespace {

// Adds violations under one prefix. A list over its limit is looked at no further than
// the limit: the answer stays small whatever came in.
class Checker {
 public:
  Checker(const std::string& prefix, Violations* violations)
      : prefix_(prefix), violations_(violations) {}

  std::string Path(std::string_view field) const {
    return fmt::format("{}.{}", prefix_, field);
  }

  void Add(std::string_view field, std::string rule) {
    violations_->Add(Path(field), std::move(rule));
  }

  bool Text(std::string_view text, const TextRule& rule, std::string_view field) {
    return CheckText(text, rule, Path(field), violations_);
  }

  void AtMost(std::size_t count, std::size_t most, std::string_view field) {
    if (count <= most) return;
    Add(field,
        fmt::format("has {} entries: remove some, at most {} are allowed", count, most));
  }

  void Duration(absl::Duration value, absl::Duration least, absl::Duration most,
                std::string_view field) {
    if (value < least || value > most) {
      Add(field, fmt::format("must be {}–{} s", absl::ToInt64Seconds(least),
                             absl::ToInt64Seconds(most)));
    } else if (value % absl::Milliseconds(1) != absl::ZeroDuration()) {
      Add(field, "must be whole milliseconds");
    }
  }

  Violations* violations() { return violations_; }

 private:
  const std::string& prefix_;
  Violations* violations_;
};

void CheckTriggers(const std::vector<Trigger>& triggers, Checker* check) {
  if (triggers.empty() || triggers.size() > kMaxTriggers) {
    check->Add("triggers", fmt::format("has {} triggers: a webhook has 1–{}; spread more "
                                       "over several webhooks",
                                       triggers.size(), kMaxTriggers));
  }
  std::set<std::int32_t> ids;
  std::size_t patterns = 0;
  for (std::size_t i = 0; i < std::min(triggers.size(), kMaxTriggers); ++i) {
    const std::string field = fmt::format("triggers[{}]", i);
    check->Text(triggers[i].event_type,
                {.min = 1, .max = kMaxEventTypeCharacters, .unit = Unit::kCharacters},
                field + ".event_type");
    Validate(triggers[i].condition, check->Path(field + ".condition"),
             check->violations());
    patterns += PatternsIn(triggers[i].condition);
    const std::int32_t id = triggers[i].notification_id;
    if (id < 0) {
      check->Add(field + ".notification_id",
                 "is negative: leave it out for a new trigger");
    } else if (id > 0 && !ids.insert(id).second) {
      check->Add(
          field + ".notification_id",
          fmt::format("{} stands at another trigger already: leave it out for a new "
                      "trigger",
                      id));
    }
  }
  if (patterns > kMaxWebhookPatterns) {
    check->Add("triggers",
               fmt::format("have {} `matches` tests together: a webhook has at most {}; "
                           "join patterns by |",
                           patterns, kMaxWebhookPatterns));
  }
}

void CheckBatching(const WebhookSpec& spec, Checker* check) {
  const Batching& batching = spec.batching;
  const bool known =
      batching.mode >= BatchMode::kNone && batching.mode <= BatchMode::kAny;
  if (!known) {
    check->Add("batching.mode", "must be NONE, SAME_EVENT, SAME_EVENT_TYPE or ANY");
  } else if (batching.mode != BatchMode::kNone && spec.payload == PayloadKind::kFull) {
    check->Add("batching.mode",
               "batching is not for payload FULL: set batching to NONE, or payload to "
               "SMALL or EVENT_ONLY");
  }
  if (known && batching.mode != BatchMode::kNone && spec.method != Method::kPost &&
      spec.type == WebhookType::kStandard) {
    check->Add("method",
               "batching is for POST only: set batching to NONE, or method to "
               "POST");
  }
  if (known && batching.mode != BatchMode::kNone &&
      UrlTemplate::HasPlaceholder(spec.url)) {
    check->Add("url", "{{…}} placeholders are only for webhooks whose batching is NONE");
  }
  check->Duration(batching.wait, kMinBatchWait, kMaxBatchWait, "batching.wait");
  if (batching.max_items < 1 || batching.max_items > kMaxBatchItems) {
    check->Add("batching.max_items",
               fmt::format("is {}: it must be 1–{}", batching.max_items, kMaxBatchItems));
  }
}

void CheckRate(const RateLimit& rate, Checker* check) {
  const double wanted = rate.requests_per_second;
  // Written so that NaN is refused too.
  if (wanted != 0 &&
      !(wanted >= kMinRequestsPerSecond && wanted <= kMaxRequestsPerSecond)) {
    check->Add("rate.requests_per_second",
               fmt::format("must be {}–{}, or 0 for no limit", kMinRequestsPerSecond,
                           kMaxRequestsPerSecond));
  }
  if (rate.max_concurrent_requests < 0 ||
      rate.max_concurrent_requests > kMaxConcurrentRequests) {
    check->Add("rate.max_concurrent_requests",
               fmt::format("must be 1–{}, or 0 for no limit", kMaxConcurrentRequests));
  }
}

// Windows of several groups are open at the same time, with events of the same time in
// them: there is no order to send them in. Nor has a window of several objects an object.
void CheckOrdering(const WebhookSpec& spec, Checker* check) {
  const BatchMode mode = spec.batching.mode;
  if (spec.ordering > Ordering::kPerWebhook) {
    check->Add("ordering", "must be NONE, PER_OBJECT or PER_WEBHOOK");
  } else if (spec.ordering == Ordering::kPerObject && mode != BatchMode::kNone) {
    check->Add("ordering",
               "PER_OBJECT is for batching NONE, since a batch holds events of several "
               "objects: set batching to NONE, or batching to ANY and ordering to "
               "PER_WEBHOOK");
  } else if (spec.ordering == Ordering::kPerWebhook && mode != BatchMode::kNone &&
             mode != BatchMode::kAny) {
    check->Add("ordering",
               "PER_WEBHOOK is for batching NONE or ANY, since the batches of several "
               "groups are filled at the same time: set one of these, or ordering to "
               "NONE");
  }
}

void CheckAutoDisable(const AutoDisable& rule, Checker* check) {
  if (rule.after != absl::ZeroDuration() &&
      (rule.after < kMinDisableAfter || rule.after > kMaxDisableAfter)) {
    check->Add("auto_disable.after", "must be 1 h – 30 d, or 0 s for never");
  } else if (rule.after % absl::Milliseconds(1) != absl::ZeroDuration()) {
    check->Add("auto_disable.after", "must be whole milliseconds");
  }
  if (rule.consecutive_failures < 0 ||
      rule.consecutive_failures > kMaxConsecutiveFailures) {
    check->Add("auto_disable.consecutive_failures",
               fmt::format("must be 0–{}; 0 is never", kMaxConsecutiveFailures));
  }
}

void CheckPayload(const WebhookSpec& spec, const FieldKinds& kinds, Checker* check) {
  if (spec.payload < PayloadKind::kSmall || spec.payload > PayloadKind::kCustom) {
    check->Add("payload", "must be SMALL, FULL, EVENT_ONLY or CUSTOM");
  }
  const bool has_custom = spec.custom_payload != CustomPayloadSpec();
  if (spec.payload == PayloadKind::kCustom) {
    Validate(spec.custom_payload, check->Path("custom_payload"), kinds,
             check->violations());
  } else if (has_custom) {
    check->Add("custom_payload", "is for payload CUSTOM: set that, or leave this out");
  }
}

// What a message webhook excludes (product.md, sections 1 and 4).
void CheckType(const WebhookSpec& spec, Checker* check) {
  if (spec.type < WebhookType::kStandard || spec.type > WebhookType::kDiscord) {
    check->Add("type", "must be STANDARD, SLACK, MICROSOFT_TEAMS or DISCORD");
    return;
  }
  if (spec.type == WebhookType::kStandard) {
    if (!spec.message_template.empty()) {
      check->Add("message_template",
                 "is for types SLACK, MICROSOFT_TEAMS and DISCORD: set one of them, or "
                 "leave this out");
    }
    return;
  }
  const std::string_view type = NameOf(spec.type);
  ValidateMessage(spec.type, spec.message_template, check->Path("message_template"),
                  check->violations());
  // Values that are not known break a rule of their own.
  if (spec.payload != PayloadKind::kFull && spec.payload <= PayloadKind::kCustom) {
    check->Add("payload", fmt::format("is not for type {}, whose messages come from "
                                      "message_template: leave it out",
                                      type));
  }
  if (spec.batching.mode != BatchMode::kNone && spec.batching.mode <= BatchMode::kAny) {
    check->Add("batching.mode",
               fmt::format("batching is not for type {}: set it to NONE", type));
  }
  if (spec.method != Method::kPost && spec.method <= Method::kPatch) {
    check->Add("method", fmt::format("type {} is sent by POST only", type));
  }
}

void CheckRetry(const RetryPolicy& retry, Checker* check) {
  if (retry.delays.empty() || retry.delays.size() > kMaxRetries) {
    check->Add("retry.delays",
               fmt::format("has {} delays: it must have 1–{}, one before each attempt",
                           retry.delays.size(), kMaxRetries));
  }
  for (std::size_t i = 0; i < std::min(retry.delays.size(), kMaxRetries); ++i) {
    check->Duration(retry.delays[i], absl::ZeroDuration(), kMaxRetryDelay,
                    fmt::format("retry.delays[{}]", i));
  }
  // Written so that NaN is refused too.
  if (!(retry.jitter >= 0 && retry.jitter <= 1)) {
    check->Add("retry.jitter", "must be 0–1, a share of the delay");
  }
  check->Duration(retry.retry_after_cap, absl::ZeroDuration(), kMaxRetryDelay,
                  "retry.retry_after_cap");
}

void CheckLabels(const std::map<std::string, std::string>& labels, Checker* check) {
  check->AtMost(labels.size(), kMaxLabels, "labels");
  if (labels.size() > kMaxLabels) return;
  for (const auto& [key, value] : labels) {
    // Only a key that is a text can stand in a path.
    if (!check->Text(key, {.min = 1, .max = kMaxLabelBytes}, "labels")) continue;
    check->Text(value, {.max = kMaxLabelBytes}, fmt::format("labels[\"{}\"]", key));
  }
}

}  // namespace

void Normalize(WebhookSpec* spec) { spec->name = std::string(Trim(spec->name)); }

void Validate(const WebhookSpec& spec, const WebhookSecrets& secrets,
              const std::string& prefix, Violations* violations,
              const FieldKinds& kinds) {
  Checker check(prefix, violations);
  check.Text(spec.name, {.min = 1, .max = kMaxNameCharacters, .unit = Unit::kCharacters},
             "name");
  check.Text(spec.description,
             {.max = kMaxDescriptionCharacters, .unit = Unit::kCharacters},
             "description");
  CheckAuth(spec, secrets, prefix, violations);
  CheckSigning(spec, secrets, prefix, violations);
  check.AtMost(spec.headers.size(), kMaxHeaders, "headers");
  CheckHeaders(spec.headers, WritesAuthorization(spec), check.Path("headers"),
               violations);
  CheckType(spec, &check);
  CheckPayload(spec, kinds, &check);
  if (spec.method < Method::kPost || spec.method > Method::kPatch) {
    check.Add("method", "must be POST, GET, PUT or PATCH");
  }
  if (const auto url = UrlTemplate::Compile(spec.url); !url.ok()) {
    check.Add("url", std::string(url.status().message()));
  }
  CheckTriggers(spec.triggers, &check);
  CheckBatching(spec, &check);
  CheckRetry(spec.retry, &check);
  CheckRate(spec.rate, &check);
  CheckOrdering(spec, &check);
  check.Duration(spec.timeout, kMinTimeout, kMaxTimeout, "timeout");
  CheckAutoDisable(spec.auto_disable, &check);
  if (spec.max_hops < 1 || spec.max_hops > kMostMaxHops) {
    check.Add("max_hops", "must be 1–1,000, or 0 for 8");
  }
  CheckLabels(spec.labels, &check);
}

bool IsGated(const WebhookSpec& spec) {
  return spec.rate.limits() || spec.ordering != Ordering::kNone;
}

bool ClosesOpenWindows(const WebhookSpec& before, const WebhookSpec& after) {
  // Without batching every window is closed from its start.
  if (before.batching.mode == BatchMode::kNone) return false;
  return before.batching != after.batching || before.payload != after.payload ||
         before.custom_payload != after.custom_payload ||
         before.ordering != after.ordering;
}

}  // namespace windrow::domain
