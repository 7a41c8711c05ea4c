// Which events a trigger wants.
#include <chrono>

#include "tests/semantics/semantics_fixture.h"

namespace windrow::semantics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Conditions = SemanticsTest;

const char kClosed[] = R"({"status":{"id":9,"name":"Closed"}})";

TEST_F(Conditions, Case01_WritingTheSameValueIsNoChange) {
  EXPECT_FALSE(
      Matches(Where(v1::TEST_OPERATOR_CHANGED_TO, "object.status", {R"("Closed")"}),
              Updated(kClosed, kClosed)));
  EXPECT_TRUE(
      Matches(Where(v1::TEST_OPERATOR_CHANGED_TO, "object.status", {R"("Closed")"}),
              Updated(kClosed, R"({"status":{"id":1,"name":"New"}})")));
}

TEST_F(Conditions, Case02_WithoutPreviousChangedToMatchesAndChangedDoesNot) {
  EXPECT_TRUE(
      Matches(Where(v1::TEST_OPERATOR_CHANGED_TO, "object.status", {R"("Closed")"}),
              Updated(kClosed)));
  EXPECT_FALSE(
      Matches(Where(v1::TEST_OPERATOR_CHANGED, "object.status"), Updated(kClosed)));
}

TEST_F(Conditions, Case03_ASingleSelectComparesByIdWithNumbersAndByNameWithTexts) {
  const v1::Event event = Updated(R"({"team":{"id":3,"name":"3rd line"}})");
  const auto equals = [&](const char* value) {
    return Matches(Where(v1::TEST_OPERATOR_EQUALS, "object.team", {value}), event);
  };
  EXPECT_TRUE(equals("3"));
  EXPECT_FALSE(equals(R"("3")"));
  EXPECT_TRUE(equals(R"("3rd line")"));
}

TEST_F(Conditions, Case04_AnAbsentFieldMakesNegativeTestsTrue) {
  const v1::Event event = Updated("{}");
  const auto test = [&](v1::TestOperator op) { return Where(op, "object.team", {"3"}); };
  EXPECT_TRUE(Matches(test(v1::TEST_OPERATOR_NOT_EQUALS), event));
  EXPECT_TRUE(Matches(test(v1::TEST_OPERATOR_NOT_IN), event));
  EXPECT_FALSE(Matches(test(v1::TEST_OPERATOR_EQUALS), event));
  EXPECT_TRUE(Matches(Not(test(v1::TEST_OPERATOR_EQUALS)), event));
}

TEST_F(Conditions, Case05_ContainsIsAnElementOfAListAndASubstringOfAText) {
  const v1::Condition vip =
      Where(v1::TEST_OPERATOR_CONTAINS, "object.tags", {R"("vip")"});
  EXPECT_FALSE(Matches(vip, Updated(R"({"tags":["VIP","eu"]})")));
  EXPECT_TRUE(Matches(IgnoringCase(vip), Updated(R"({"tags":["VIP","eu"]})")));
  EXPECT_TRUE(Matches(vip, Updated(R"({"tags":"vip-eu"})")));
}

TEST_F(Conditions, Case06_NumbersCompareAsDecimalsOfAnySize) {
  const v1::Condition greater = Where(v1::TEST_OPERATOR_GREATER, "object.price", {"0.1"});
  EXPECT_FALSE(Matches(greater, Updated(R"({"price":0.10})")));
  EXPECT_TRUE(Matches(greater, Updated(R"({"price":0.1000000000000000000000000001})")));
}

TEST_F(Conditions, Case07_EmptyIsNullNothingOrOfNoLength) {
  const v1::Condition empty = Where(v1::TEST_OPERATOR_EMPTY, "object.summary");
  for (const char* object :
       {R"({"summary":""})", R"({"summary":null})", "{}", R"({"summary":[]})"}) {
    EXPECT_TRUE(Matches(empty, Updated(object))) << object;
  }
  EXPECT_FALSE(Matches(empty, Updated(R"({"summary":" "})")));
}

TEST_F(Conditions, Case08_APatternCannotTakeLongAndABrokenOneIsRefusedWithItsPlace) {
  const v1::Condition pattern =
      Where(v1::TEST_OPERATOR_MATCHES, "object.text", {R"("^a+$")"});
  const std::string text(1'000'000, 'a');
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(Matches(pattern, Updated(R"({"text":")" + text + R"("})")));
  EXPECT_FALSE(Matches(pattern, Updated(R"({"text":")" + text + R"(b"})")));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));

  v1::Webhook broken = NewWebhook();
  *broken.mutable_triggers(0)->mutable_condition() =
      Where(v1::TEST_OPERATOR_MATCHES, "object.text", {R"("^a(+$")"});
  EXPECT_THAT(Refusals(broken),
              ElementsAre(HasSubstr("webhook.triggers[0].condition.test.values[0]")));
}

TEST_F(Conditions, Case09_TwoTriggersThatMatchAreTwoItems) {
  v1::Webhook webhook = NewWebhook();
  webhook.add_triggers()->set_event_type("ticket.updated");
  const std::pair<v1::BatchMode, std::size_t> windows[] = {
      {v1::BATCH_MODE_ANY, 1},
      {v1::BATCH_MODE_SAME_EVENT_TYPE, 1},
      {v1::BATCH_MODE_SAME_EVENT, 2}};
  for (const auto& [mode, count] : windows) {
    webhook.mutable_batching()->set_mode(mode);
    const auto saved = Save(webhook);
    EXPECT_NE(saved.spec.triggers[0].notification_id,
              saved.spec.triggers[1].notification_id);
    EXPECT_THAT(Publish({Updated("{}")}), ElementsAre(2));
    Pass(absl::Seconds(5));
    EXPECT_THAT(SendDue(saved), SizeIs(count)) << mode;
    EXPECT_TRUE(store_.Delete(1, saved.webhook_id, std::nullopt).ok());
  }
}

TEST_F(Conditions, Case10_WhatIsQueuedIsSentThoughItsTriggerIsDisabled) {
  const auto saved = Save(NewWebhook());
  Publish({Updated("{}")});
  domain::WebhookSpec spec = saved.spec;
  spec.triggers[0].enabled = false;
  Change(saved, spec);
  EXPECT_THAT(Publish({Updated("{}")}), ElementsAre(0));
  EXPECT_THAT(SendDue(saved), SizeIs(1));
  EXPECT_THAT(SendDue(saved), IsEmpty());
}

}  // namespace
}  // namespace windrow::semantics
