// Whatever a spec or its secrets hold, storing and reading them gives the same.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "common/domain/webhook.h"

namespace windrow::domain {
namespace {

std::string AnyText() {
  std::string text;
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "\"", "\\", "\n", "\x01", std::string(1, '\0'),
                                    "\xc3\xab", "\xf0\x9f\x98\x80", "\\u0000", "{", "}"));
  for (const std::string& piece : pieces) text += piece;
  return text;
}

absl::Duration AnyDuration() {
  constexpr std::int64_t kFar = 1'000'000'000'000'000;
  return absl::Milliseconds(*rc::gen::inRange<std::int64_t>(-kFar, kFar));
}

bool AnyBool() { return *rc::gen::arbitrary<bool>(); }

std::size_t AnyCount() { return *rc::gen::inRange<std::size_t>(0, 5); }

WebhookSpec AnySpec() {
  WebhookSpec spec;
  spec.name = AnyText();
  spec.description = AnyText();
  spec.url = AnyText();
  spec.basic_auth_user = AnyText();
  spec.has_basic_auth = AnyBool();
  for (std::size_t i = AnyCount(); i > 0; --i) {
    spec.headers.push_back({AnyText(), AnyText()});
  }
  spec.lightweight_logs = AnyBool();
  spec.type = *rc::gen::element(WebhookType::kStandard, WebhookType::kSlack,
                                WebhookType::kMicrosoftTeams, WebhookType::kDiscord);
  spec.message_template = AnyText();
  spec.payload =
      *rc::gen::element(PayloadKind::kSmall, PayloadKind::kFull, PayloadKind::kEventOnly);
  for (std::size_t i = AnyCount(); i > 0; --i) {
    spec.triggers.push_back({*rc::gen::arbitrary<std::int32_t>(), AnyText(), AnyBool()});
  }
  spec.batching = {*rc::gen::element(BatchMode::kNone, BatchMode::kSameEvent,
                                     BatchMode::kSameEventType, BatchMode::kAny),
                   AnyDuration(), *rc::gen::arbitrary<int>()};
  spec.retry.delays.clear();
  for (std::size_t i = AnyCount(); i > 0; --i) spec.retry.delays.push_back(AnyDuration());
  spec.retry.jitter = *rc::gen::arbitrary<double>();
  spec.retry.retry_after_cap = AnyDuration();
  spec.rate = {*rc::gen::arbitrary<double>(), *rc::gen::arbitrary<int>()};
  spec.max_hops = *rc::gen::arbitrary<int>();
  spec.ordering =
      *rc::gen::element(Ordering::kNone, Ordering::kPerObject, Ordering::kPerWebhook);
  spec.timeout = AnyDuration();
  spec.enabled = AnyBool();
  for (std::size_t i = AnyCount(); i > 0; --i) spec.labels[AnyText()] = AnyText();
  return spec;
}

RC_GTEST_PROP(SpecJsonProperty, ReadsBackWhatItWrote, ()) {
  const WebhookSpec spec = AnySpec();
  const absl::StatusOr<WebhookSpec> back = SpecFromJson(SpecToJson(spec));
  RC_ASSERT(back.ok());
  RC_ASSERT(*back == spec);
}

RC_GTEST_PROP(SecretsJsonProperty, ReadsBackWhatItWrote, ()) {
  const WebhookSecrets secrets = {AnyText(), AnyText()};
  const absl::StatusOr<WebhookSecrets> back = SecretsFromJson(SecretsToJson(secrets));
  RC_ASSERT(back.ok());
  RC_ASSERT(*back == secrets);
}

}  // namespace
}  // namespace windrow::domain
