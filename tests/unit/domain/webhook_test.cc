#include "common/domain/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/unit/domain/webhook_samples.h"

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Smileys(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "\U0001F600";
  return text;
}

TEST(NormalizeTest, TrimsTheNameAndNothingElse) {
  WebhookSpec spec = Spec();
  spec.name = " \t\u00a0\u3000 A  b \n\u2003";
  spec.description = " kept ";
  spec.triggers[0].event_type = " kept ";
  Normalize(&spec);
  EXPECT_EQ(spec.name, "A  b");
  EXPECT_EQ(spec.description, " kept ");
  EXPECT_EQ(spec.triggers[0].event_type, " kept ");
}

TEST(NormalizeTest, ANameOfSpacesBecomesEmptyAndIsRefused) {
  WebhookSpec spec = Spec();
  spec.name = " \u00a0\u2003 ";
  Normalize(&spec);
  EXPECT_EQ(spec.name, "");
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.name"));
}

TEST(ValidateWebhookTest, AcceptsTheDefaults) { EXPECT_THAT(Check(Spec()), IsEmpty()); }

TEST(ValidateWebhookTest, PathsStandUnderThePrefix) {
  WebhookSpec spec = Spec();
  spec.name = "";
  Violations violations;
  Validate(spec, {}, "requests[3].webhook", &violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(violations.list()[0].field, "requests[3].webhook.name");
}

TEST(ValidateWebhookTest, NamesHave1To128Characters) {
  WebhookSpec spec = Spec();
  spec.name = Smileys(128);
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.name = Smileys(129);
  EXPECT_THAT(RuleFor(spec), HasSubstr("129 characters"));
  EXPECT_THAT(RuleFor(spec), HasSubstr("1–128"));
  spec.name = "";
  EXPECT_THAT(RuleFor(spec), HasSubstr("is required"));
  spec.name = "a\xff";
  EXPECT_THAT(RuleFor(spec), HasSubstr("not UTF-8"));
  spec.name = std::string("a\0", 2);
  EXPECT_THAT(RuleFor(spec), HasSubstr("U+0000"));
}

TEST(ValidateWebhookTest, DescriptionsHaveAtMost4096Characters) {
  WebhookSpec spec = Spec();
  spec.description = Smileys(4'096);
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.description += "x";
  EXPECT_THAT(RuleFor(spec), HasSubstr("at most 4096"));
}

TEST(ValidateWebhookTest, BasicAuthTakesWhatTheSchemeCanSend) {
  WebhookSpec spec = Spec();
  spec.has_basic_auth = true;
  spec.basic_auth_user = std::string(256, 'u');
  EXPECT_THAT(Check(spec, {.basic_auth_password = std::string(1'024, ':')}), IsEmpty());
  EXPECT_THAT(Check(spec, {.basic_auth_password = ""}), IsEmpty());
  spec.basic_auth_user = "";
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.basic_auth.user"));
  for (const std::string& user : {std::string("a:b"), std::string("a\rb"),
                                  std::string("a\xff"), std::string(257, 'u')}) {
    spec.basic_auth_user = user;
    EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.basic_auth.user")) << user;
  }
  spec.basic_auth_user = "user";
  for (const std::string& password :
       {std::string("hunter2\n"), std::string("hunter2\xff"), std::string(1'025, 'p')}) {
    const std::vector<Violation> violations =
        Check(spec, {.basic_auth_password = password});
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, "webhook.basic_auth.password");
    EXPECT_THAT(violations[0].rule, testing::Not(HasSubstr("hunter2")));
  }
}

TEST(ValidateWebhookTest, SigningSecretsHaveTheFormOfTheStandard) {
  // Base64 of 24, 64, 23 and 65 zero bytes.
  const std::string at_least = "whsec_" + std::string(32, 'A');
  const std::string at_most = "whsec_" + std::string(86, 'A') + "==";
  const std::string too_short = "whsec_" + std::string(31, 'A') + "=";
  const std::string too_long = "whsec_" + std::string(87, 'A') + "=";
  for (const std::string& secret : {std::string(), at_least, at_most}) {
    EXPECT_THAT(Check(Spec(), {.signing_secret = secret}), IsEmpty()) << secret;
  }
  for (const std::string& secret :
       {too_short, too_long, std::string(32, 'A'), std::string("whsec_"),
        "WHSEC_" + std::string(32, 'A'), "whsec_" + std::string(31, 'A') + "*"}) {
    EXPECT_THAT(BrokenFields(Spec(), {.signing_secret = secret}),
                ElementsAre("webhook.signing_secret"))
        << secret;
  }
}

// What signs reads one spelling; any other would be saved and never sent.
TEST(ValidateWebhookTest, SigningSecretsHaveOneSpelling) {
  const std::string body = std::string(85, 'A');
  for (const std::string& spelled :
       {body + "A", body + "A=", body + "A=.", body + "A..",
        body + "B==", " " + body + "A==", body + "A==\n",
        body.substr(1) + "_A==", body.substr(1) + " AA==", body + "A==="}) {
    EXPECT_THAT(BrokenFields(Spec(), {.signing_secret = "whsec_" + spelled}),
                ElementsAre("webhook.signing_secret"))
        << spelled;
  }
}

TEST(ValidateWebhookTest, PatternsOfAllTriggersAreLimited) {
  ConditionSpec condition;
  for (int i = 0; i < 20; ++i) {
    condition.children.push_back(
        {.kind = ConditionSpec::Kind::kTest,
         .test = {TestKind::kMatches, "object.f", {"\"a\""}, false}});
  }
  WebhookSpec spec = Spec();
  spec.triggers.assign(5, {0, "ticket.created", true, condition});
  EXPECT_THAT(Check(spec), IsEmpty());
  condition.children.resize(1);
  spec.triggers.push_back({0, "ticket.created", true, condition});
  EXPECT_THAT(Check(spec), ElementsAre(Violation{
                               "webhook.triggers",
                               "have 101 `matches` tests together: a webhook has at most "
                               "100; join patterns by |"}));
}

TEST(ValidateWebhookTest, PayloadIsOneOfTheKinds) {
  WebhookSpec spec = Spec();
  spec.payload = static_cast<PayloadKind>(0);
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.payload"));
  spec.payload = static_cast<PayloadKind>(9);
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.payload"));
}

TEST(ValidateWebhookTest, MessagesExcludeWhatIsOfItems) {
  for (const WebhookType type :
       {WebhookType::kSlack, WebhookType::kMicrosoftTeams, WebhookType::kDiscord}) {
    WebhookSpec spec = Spec();
    spec.type = type;
    EXPECT_THAT(Check(spec), IsEmpty());
    spec.message_template = "{{object.summary}}";
    spec.url = "https://example.com/hook?thread={{object.id}}";
    EXPECT_THAT(Check(spec), IsEmpty());
    spec.message_template = "{{summary}}";
    spec.payload = PayloadKind::kCustom;
    spec.custom_payload = {.fields = {{"a", "object.a"}}};
    spec.batching.mode = BatchMode::kAny;
    spec.method = Method::kGet;
    EXPECT_THAT(BrokenFields(spec),
                ElementsAre("webhook.message_template", "webhook.payload",
                            "webhook.batching.mode", "webhook.method", "webhook.url"));
  }
}

TEST(ValidateWebhookTest, ABatchedMessageBreaksTheRuleOfItsTypeAndThatOfItsPayload) {
  WebhookSpec spec = Spec();
  spec.type = WebhookType::kSlack;
  spec.batching.mode = BatchMode::kAny;
  EXPECT_THAT(BrokenFields(spec),
              ElementsAre("webhook.batching.mode", "webhook.batching.mode"));
}

TEST(ValidateWebhookTest, StandardWebhooksHaveNoMessage) {
  WebhookSpec spec = Spec();
  spec.message_template = "hi";
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.message_template"));
  spec.type = static_cast<WebhookType>(0xff);
  EXPECT_EQ(RuleFor(spec), "must be STANDARD, SLACK, MICROSOFT_TEAMS or DISCORD");
}

TEST(ValidateWebhookTest, AWebhookHas1To100Triggers) {
  WebhookSpec spec = Spec();
  spec.triggers.clear();
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.triggers"));
  spec.triggers.assign(100, {0, "ticket.created"});
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.triggers.assign(101, {0, "ticket.created"});
  EXPECT_THAT(RuleFor(spec), HasSubstr("1–100"));
}

TEST(ValidateWebhookTest, EventTypesHave1To128Characters) {
  WebhookSpec spec = Spec();
  spec.triggers = {
      {0, Smileys(128)}, {0, ""}, {0, Smileys(129)}, {0, "a\xff"}, {0, "say \"hi\"\n"}};
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.triggers[1].event_type",
                                              "webhook.triggers[2].event_type",
                                              "webhook.triggers[3].event_type"));
}

TEST(ValidateWebhookTest, ANotificationIdStandsOnce) {
  WebhookSpec spec = Spec();
  spec.triggers = {{7, "a"}, {0, "a"}, {0, "a"}, {7, "b"}, {-1, "c"}};
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.triggers[3].notification_id",
                                              "webhook.triggers[4].notification_id"));
}

TEST(ValidateWebhookTest, BatchingIsNotForFullPayloads) {
  WebhookSpec spec = Spec();
  for (const BatchMode mode :
       {BatchMode::kSameEvent, BatchMode::kSameEventType, BatchMode::kAny}) {
    spec.batching.mode = mode;
    spec.payload = PayloadKind::kFull;
    EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.batching.mode"));
    spec.payload = PayloadKind::kSmall;
    EXPECT_THAT(Check(spec), IsEmpty());
    spec.payload = PayloadKind::kEventOnly;
    EXPECT_THAT(Check(spec), IsEmpty());
  }
  spec.batching.mode = static_cast<BatchMode>(9);
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.batching.mode"));
}

TEST(ValidateWebhookTest, BatchingHasItsRanges) {
  const auto fields = [](absl::Duration wait, int max_items) {
    WebhookSpec spec = Spec();
    spec.payload = PayloadKind::kSmall;
    spec.batching = {BatchMode::kAny, wait, max_items};
    return BrokenFields(spec);
  };
  EXPECT_THAT(fields(absl::Seconds(1), 1), IsEmpty());
  EXPECT_THAT(fields(absl::Seconds(3'600), 1'000), IsEmpty());
  EXPECT_THAT(fields(absl::Milliseconds(1'500), 100), IsEmpty());
  for (const absl::Duration wait :
       {absl::ZeroDuration(), absl::Milliseconds(999), absl::Milliseconds(3'600'001),
        absl::Seconds(-1), absl::InfiniteDuration(), -absl::InfiniteDuration(),
        absl::Microseconds(1'000'001)}) {
    EXPECT_THAT(fields(wait, 100), ElementsAre("webhook.batching.wait"));
  }
  for (const int max_items : {0, -1, 1'001, std::numeric_limits<int>::max()}) {
    EXPECT_THAT(fields(absl::Seconds(5), max_items),
                ElementsAre("webhook.batching.max_items"));
  }
}

TEST(ValidateWebhookTest, TimeoutIs1To60Seconds) {
  const auto fields = [](absl::Duration timeout) {
    WebhookSpec spec = Spec();
    spec.timeout = timeout;
    return BrokenFields(spec);
  };
  EXPECT_THAT(fields(absl::Seconds(1)), IsEmpty());
  EXPECT_THAT(fields(absl::Seconds(60)), IsEmpty());
  EXPECT_THAT(fields(absl::Milliseconds(999)), ElementsAre("webhook.timeout"));
  EXPECT_THAT(fields(absl::Milliseconds(60'001)), ElementsAre("webhook.timeout"));
}

TEST(ValidateWebhookTest, RetriesHaveTheirRanges) {
  WebhookSpec spec = Spec();
  spec.retry.delays.assign(20, absl::Hours(24));
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.retry.delays.assign(21, absl::Hours(24));
  EXPECT_THAT(RuleFor(spec), HasSubstr("1–20"));
  spec.retry.delays.clear();
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.retry.delays"));
  spec.retry.delays = {absl::ZeroDuration(), absl::Seconds(-1), absl::Seconds(86'401)};
  EXPECT_THAT(BrokenFields(spec),
              ElementsAre("webhook.retry.delays[1]", "webhook.retry.delays[2]"));
  spec = Spec();
  for (const double jitter : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    spec.retry.jitter = jitter;
    EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.retry.jitter"));
  }
  spec.retry.jitter = 1;
  spec.retry.retry_after_cap = absl::Hours(25);
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.retry.retry_after_cap"));
}

TEST(ValidateWebhookTest, LabelsHaveTheirLimits) {
  WebhookSpec spec = Spec();
  for (int i = 0; i < 64; ++i) spec.labels["key" + std::to_string(i)] = "";
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.labels["one too many"] = "";
  EXPECT_THAT(RuleFor(spec), HasSubstr("at most 64"));
  spec.labels = {{std::string(256, 'k'), std::string(256, 'v')}};
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.labels = {
      {"", "v"}, {std::string(257, 'k'), "v"}, {"team", std::string(257, 'v')}};
  EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.labels", "webhook.labels",
                                              "webhook.labels[\"team\"]"));
  spec.labels = {{"k\xff", "v"}, {"team", "\xff"}};
  EXPECT_THAT(BrokenFields(spec),
              ElementsAre("webhook.labels", "webhook.labels[\"team\"]"));
}

TEST(ValidateWebhookTest, EveryBrokenRuleIsToldAtOnce) {
  WebhookSpec spec;
  spec.name = "";
  spec.has_basic_auth = true;
  spec.headers = {{"Host", "example.com"}};
  spec.batching = {BatchMode::kAny, absl::ZeroDuration(), 0};
  spec.timeout = absl::ZeroDuration();
  EXPECT_THAT(
      BrokenFields(spec),
      ElementsAre("webhook.name", "webhook.basic_auth.user", "webhook.headers[0].name",
                  "webhook.triggers", "webhook.batching.mode", "webhook.batching.wait",
                  "webhook.batching.max_items", "webhook.timeout"));
}

TEST(ValidateWebhookTest, AnAnswerStaysSmallWhateverCameIn) {
  WebhookSpec spec = Spec();
  spec.headers.assign(100'000, {"", "\n"});
  spec.triggers.assign(100'000, {-1, ""});
  spec.retry.delays.assign(100'000, absl::Seconds(-1));
  for (int i = 0; i < 1'000; ++i) spec.labels[std::to_string(i)] = "\xff";
  EXPECT_EQ(Check(spec).size(), 1u + 2 * 50 + 1 + 2 * 100 + 1 + 20 + 1);
}

}  // namespace
}  // namespace windrow::domain
