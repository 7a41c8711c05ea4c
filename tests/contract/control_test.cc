// Sending again and cancelling by hand.
#include "common/base/status.h"
#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using store::DeliveryState;
using store::Requeue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_P(ControlContract, AFailedDeliveryGoesOutAgainUnderItsIdWithItsItems) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto first = ClaimOne(webhook);
  Record({OutcomeOf(first, DeliveryState::kFailed, 500)});

  EXPECT_THAT(control().Redeliver(kTenant, {published.window_id}).value(),
              ElementsAre(Requeue::kDone));
  const auto waiting = Get(published.window_id);
  EXPECT_EQ(waiting.state, DeliveryState::kRetrying);
  EXPECT_FALSE(waiting.finished_at.has_value());
  EXPECT_EQ(waiting.attempt_count, 1);
  EXPECT_EQ(waiting.last_attempt->status_code, 500);

  const auto again = ClaimOne(webhook);
  EXPECT_EQ(again.window_id, published.window_id);
  EXPECT_EQ(again.webhook_version, first.webhook_version);
  EXPECT_GT(again.lease_seq, first.lease_seq);
  EXPECT_EQ(again.attempt, 1);
  EXPECT_EQ(again.resent_after, 1);
  ASSERT_THAT(again.items, SizeIs(1));
  EXPECT_EQ(again.items[0].ref, first.items[0].ref);
  EXPECT_FALSE(again.events_lost);

  EXPECT_EQ(Record({OutcomeOf(again, DeliveryState::kSucceeded, 200)}), 0);
  const auto record = Get(published.window_id);
  EXPECT_EQ(record.state, DeliveryState::kSucceeded);
  EXPECT_EQ(record.attempt_count, 2);
  EXPECT_EQ(record.last_attempt->status_code, 200);
  const auto attempts = Attempts(published.window_id);
  ASSERT_THAT(attempts, SizeIs(2));
  EXPECT_EQ(attempts[0].status_code, 500);
  EXPECT_EQ(attempts[0].response_body, AttemptAnswered(1, 500).response_body);
  EXPECT_EQ(attempts[1].status_code, 200);
  EXPECT_THAT(ListWhere("webhook_id = \"" + webhook.webhook_id.ToString() + "\""),
              SizeIs(1));
}

TEST_P(ControlContract, ABatchKeepsItsItemsInTheirOrder) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto first = Append(GroupOf(webhook), 5, 2);
  harness().Tick();
  Append(GroupOf(webhook), 6, 2, /*closes=*/true);
  const auto claimed = ClaimOne(webhook);
  Record({OutcomeOf(claimed, DeliveryState::kSucceeded, 200)});
  ASSERT_THAT(control().Redeliver(kTenant, {first.window_id}).value(),
              ElementsAre(Requeue::kDone));
  const auto again = ClaimOne(webhook);
  ASSERT_THAT(again.items, SizeIs(4));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(again.items[i].ref, claimed.items[i].ref);
  }
  EXPECT_THAT(Get(first.window_id).items, SizeIs(4));
}

TEST_P(ControlContract, ARetryThatWaitsIsDueAtOnceAndKeepsItsSchedule) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 500);
  outcome.retry_after = absl::Hours(10);
  Record({outcome});
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  EXPECT_THAT(control().Redeliver(kTenant, {published.window_id}).value(),
              ElementsAre(Requeue::kDone));
  const auto again = ClaimOne(webhook);
  EXPECT_EQ(again.attempt, 1);
  EXPECT_EQ(again.resent_after, 0);
}

TEST_P(ControlContract, WhatCannotGoAgainIsToldWhy) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto open = Append(GroupOf(webhook), 5, 1);
  const auto held = Publish(webhook);
  ClaimOne(webhook);
  const auto disabled = Create(SpecNamed("Disabled"));
  const auto cancelled = Publish(disabled);
  auto spec = disabled.spec;
  spec.enabled = false;
  Update(disabled, spec);
  const auto deleted = Create(SpecNamed("Deleted"));
  const auto orphan = Publish(deleted);
  EXPECT_OK(webhooks().Delete(kTenant, deleted.webhook_id, std::nullopt));
  EXPECT_THAT(control()
                  .Redeliver(kTenant, {open.window_id, held.window_id, NextWindowId(),
                                       cancelled.window_id, orphan.window_id})
                  .value(),
              ElementsAre(Requeue::kOpen, Requeue::kInFlight, Requeue::kNotFound,
                          Requeue::kWebhookDisabled, Requeue::kWebhookDeleted));
  EXPECT_EQ(Get(cancelled.window_id).state, DeliveryState::kCancelled);
}

TEST_P(ControlContract, LightweightLogsCannotGoAgainUnlessNothingWasSent) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto sent = Publish(webhook);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kFailed, 500);
  outcome.keep_bodies = false;
  Record({outcome});
  const auto unsent = Publish(webhook);
  outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kFailed, 0);
  outcome.keep_bodies = false;
  outcome.attempt->error = store::AttemptError::kInternal;
  Record({outcome});
  EXPECT_THAT(control().Redeliver(kTenant, {sent.window_id, unsent.window_id}).value(),
              ElementsAre(Requeue::kBodyNotKept, Requeue::kDone));
  EXPECT_EQ(Get(sent.window_id).state, DeliveryState::kFailed);
}

TEST_P(ControlContract, ACancelledDeliveryOfAnEnabledWebhookCanGo) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  EXPECT_OK(control().Cancel(kTenant, published.window_id, "by hand"));
  const auto record = Get(published.window_id);
  EXPECT_EQ(record.state, DeliveryState::kCancelled);
  EXPECT_EQ(record.reason, "by hand");
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  EXPECT_THAT(control().Redeliver(kTenant, {published.window_id}).value(),
              ElementsAre(Requeue::kDone));
  EXPECT_EQ(Get(published.window_id).state, DeliveryState::kPending);
  const auto window = ClaimOne(webhook);
  EXPECT_EQ(Record({OutcomeOf(window, DeliveryState::kSucceeded, 200)}), 0);
}

TEST_P(ControlContract, ALateOutcomeOfBeforeDoesNotEndTheResend) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto first = ClaimOne(webhook);
  Record({OutcomeOf(first, DeliveryState::kFailed, 500)});
  ASSERT_THAT(control().Redeliver(kTenant, {published.window_id}).value(),
              ElementsAre(Requeue::kDone));
  ClaimOne(webhook);
  EXPECT_EQ(Record({OutcomeOf(first, DeliveryState::kFailed, 500)}), 1);
  EXPECT_EQ(Get(published.window_id).state, DeliveryState::kInFlight);
}

TEST_P(ControlContract, CancelLeavesTheOthersOfTheWebhookAlone) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto one = Publish(webhook);
  const auto other = Publish(webhook);
  EXPECT_OK(control().Cancel(kTenant, one.window_id, "by hand"));
  EXPECT_EQ(Get(other.window_id).state, DeliveryState::kPending);
}

TEST_P(ControlContract, CancelRefusesWhatRunsAndWhatHasEnded) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto held = ClaimOne(webhook);
  const auto running = control().Cancel(kTenant, published.window_id, "r");
  EXPECT_EQ(running.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(running), "DELIVERY_IN_FLIGHT");
  Record({OutcomeOf(held, DeliveryState::kSucceeded, 200)});
  EXPECT_EQ(ReasonOf(control().Cancel(kTenant, published.window_id, "r")),
            "DELIVERY_FINISHED");
  EXPECT_EQ(ReasonOf(control().Cancel(kTenant, NextWindowId(), "r")),
            "DELIVERY_NOT_FOUND");
}

TEST_P(ControlContract, AnotherTenantsDeliveryIsNotFound) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto stranger = harness().AddTenant("stranger");
  EXPECT_THAT(control().Redeliver(stranger, {published.window_id}).value(),
              ElementsAre(Requeue::kNotFound));
  EXPECT_EQ(ReasonOf(control().Cancel(stranger, published.window_id, "r")),
            "DELIVERY_NOT_FOUND");
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  EXPECT_THAT(control().Redeliver(stranger, {published.window_id}).value(),
              ElementsAre(Requeue::kNotFound));
}

}  // namespace
}  // namespace windrow::contract
