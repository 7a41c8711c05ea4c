// Failures in a row, and the webhooks that they disable.
#include "common/base/status.h"
#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using store::DeliveryState;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_P(AutoDisableContract, CountsFailuresUntilASuccess) {
  const auto webhook = Create(SpecNamed("Tickets"));
  End(webhook, DeliveryState::kFailed, 500);
  End(webhook, DeliveryState::kRetrying, 503);
  auto stored = webhooks().Get(kTenant, webhook.webhook_id).value();
  EXPECT_EQ(stored.failures, 2);
  ASSERT_TRUE(stored.failing_since.has_value());
  EXPECT_TRUE(stored.spec.enabled);
  EXPECT_EQ(stored.version, webhook.version);
  harness().ShiftWindows(absl::Hours(1));  // the retry is due
  EXPECT_TRUE(End(webhook, DeliveryState::kSucceeded, 200).webhook_failing);
  stored = webhooks().Get(kTenant, webhook.webhook_id).value();
  EXPECT_EQ(stored.failures, 0);
  EXPECT_FALSE(stored.failing_since.has_value());
  EXPECT_THAT(webhooks().ListNotices(10).value(), IsEmpty());
}

TEST_P(AutoDisableContract, FailuresOfOurOwnDoNotCount) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kFailed, 0);
  outcome.attempt->error = store::AttemptError::kInternal;
  Record({outcome});
  EXPECT_EQ(webhooks().Get(kTenant, webhook.webhook_id).value().failures, 0);
}

TEST_P(AutoDisableContract, OneFailureIsEnoughWhereTheRuleSaysSo) {
  auto spec = SpecNamed("Tickets");
  spec.auto_disable.consecutive_failures = 1;
  const auto webhook = Create(spec);
  End(webhook, DeliveryState::kFailed, 500);
  EXPECT_EQ(webhooks().Get(kTenant, webhook.webhook_id).value().disable_reason,
            "1 request failed");
}

TEST_P(AutoDisableContract, AsManyInARowAsAllowedDisableItAndTellTheTenant) {
  auto spec = SpecNamed("Tickets");
  spec.auto_disable.consecutive_failures = 2;
  const auto webhook = Create(spec);
  End(webhook, DeliveryState::kFailed, 500);
  EXPECT_TRUE(webhooks().Get(kTenant, webhook.webhook_id).value().spec.enabled);
  const auto version = ConfigVersion();
  const auto waiting = Publish(webhook);
  const auto waits_too = Publish(webhook);
  auto outcome = OutcomeOf(Claim(webhook, 1).windows.at(0), DeliveryState::kFailed, 500);
  Record({outcome});

  const auto stored = webhooks().Get(kTenant, webhook.webhook_id).value();
  EXPECT_FALSE(stored.spec.enabled);
  EXPECT_EQ(stored.version, webhook.version + 1);
  EXPECT_EQ(stored.disable_reason, "2 requests in a row failed");
  EXPECT_EQ(stored.secrets, webhook.secrets);
  EXPECT_GT(ConfigVersion(), version);
  const auto cancelled = Get(outcome.window_id == waiting.window_id ? waits_too.window_id
                                                                    : waiting.window_id);
  EXPECT_EQ(cancelled.state, DeliveryState::kCancelled);
  EXPECT_THAT(cancelled.reason, HasSubstr("in a row"));

  const auto notices = webhooks().ListNotices(10).value();
  ASSERT_THAT(notices, SizeIs(1));
  EXPECT_EQ(notices[0].tenant_id, kTenant);
  EXPECT_EQ(notices[0].webhook_id, webhook.webhook_id);
  EXPECT_EQ(notices[0].webhook_version, stored.version);
  EXPECT_EQ(notices[0].webhook_name, "Tickets");
  EXPECT_EQ(notices[0].reason, stored.disable_reason);
  EXPECT_OK(webhooks().DeleteNotice(notices[0].notice_id));
  EXPECT_THAT(webhooks().ListNotices(10).value(), IsEmpty());
}

TEST_P(AutoDisableContract, GoneDisablesAtOnce) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kFailed, 410);
  outcome.gone = true;
  Record({outcome});
  const auto stored = webhooks().Get(kTenant, webhook.webhook_id).value();
  EXPECT_FALSE(stored.spec.enabled);
  EXPECT_EQ(stored.disable_reason, "the endpoint answered 410 (gone)");
  // Once is enough.
  EXPECT_EQ(Record({outcome}), 1);
  EXPECT_THAT(webhooks().ListNotices(10).value(), SizeIs(1));
}

TEST_P(AutoDisableContract, EnablingForgetsFailuresAndReason) {
  auto spec = SpecNamed("Tickets");
  spec.auto_disable.consecutive_failures = 1;
  const auto webhook = Create(spec);
  End(webhook, DeliveryState::kFailed, 500);
  auto stored = webhooks().Get(kTenant, webhook.webhook_id).value();
  ASSERT_FALSE(stored.spec.enabled);
  auto renamed = stored.spec;
  renamed.name = "Renamed";
  stored = Update(stored, renamed);
  EXPECT_NE(stored.disable_reason, "");  // still true
  auto enabled = stored.spec;
  enabled.enabled = true;
  stored = Update(stored, enabled);
  EXPECT_EQ(stored.disable_reason, "");
  EXPECT_EQ(stored.failures, 0);
  EXPECT_FALSE(stored.failing_since.has_value());
}

}  // namespace
}  // namespace windrow::contract
