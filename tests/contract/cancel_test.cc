// What a profile change does to the queue.
#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using store::DeliveryState;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_P(CancelContract, DisablingCancelsWhatHasNotStartedAndSaysSo) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto retrying = Publish(webhook);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 500);
  outcome.retry_after = absl::Hours(1);
  Record({outcome});
  const auto in_flight = Publish(webhook);
  const auto held = ClaimOne(webhook);
  const auto pending = Publish(webhook);
  const auto open = Append(GroupOf(webhook), 5, 3);
  const auto other = Create(SpecNamed("Other"));
  const auto others = Publish(other);

  domain::WebhookSpec spec = webhook.spec;
  spec.enabled = false;
  Update(webhook, spec);

  for (const Uuid& id : {retrying.window_id, pending.window_id, open.window_id}) {
    const auto record = Get(id);
    EXPECT_EQ(record.state, DeliveryState::kCancelled);
    EXPECT_NE(record.reason, "");
    EXPECT_TRUE(record.finished_at.has_value());
  }
  EXPECT_EQ(Get(retrying.window_id).attempt_count, 1);
  EXPECT_EQ(Get(retrying.window_id).last_attempt->status_code, 500);
  EXPECT_EQ(Get(in_flight.window_id).state, DeliveryState::kInFlight);
  EXPECT_EQ(Get(others.window_id).state, DeliveryState::kPending);

  const auto record = Get(open.window_id);
  ASSERT_THAT(record.items, SizeIs(3));
  EXPECT_EQ(record.item_count, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(record.items[i].ref.escmsg_id, open.escmsg_ids[i]);
    EXPECT_EQ(record.items[i].ref.notification_id, 5);
    EXPECT_EQ(record.items[i].event_type, "ticket.created");
    EXPECT_EQ(record.items[i].object_id, "7");
  }
  // What a worker holds ends as it ends.
  EXPECT_EQ(Record({OutcomeOf(held, DeliveryState::kSucceeded, 200)}), 0);
  EXPECT_EQ(Get(in_flight.window_id).state, DeliveryState::kSucceeded);
}

TEST_P(CancelContract, DeletingCancelsWhatHasNotStarted) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto pending = Publish(webhook);
  const auto open = Append(GroupOf(webhook), 1, 1);
  EXPECT_OK(webhooks().Delete(kTenant, webhook.webhook_id, std::nullopt));
  EXPECT_EQ(Get(pending.window_id).state, DeliveryState::kCancelled);
  EXPECT_EQ(Get(open.window_id).state, DeliveryState::kCancelled);
  EXPECT_NE(Get(open.window_id).reason, "");
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
}

TEST_P(CancelContract, ARetryOfADisabledWebhookIsClaimedAtOnceToBeCancelled) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  const auto held = ClaimOne(webhook);
  domain::WebhookSpec spec = webhook.spec;
  spec.enabled = false;
  Update(webhook, spec);
  auto outcome = OutcomeOf(held, DeliveryState::kRetrying, 500);
  outcome.retry_after = absl::Hours(10);
  EXPECT_EQ(Record({outcome}), 0);
  const auto window = ClaimOne(webhook);
  EXPECT_FALSE(window.webhook_enabled);
  EXPECT_EQ(window.attempt, 1);
}

TEST_P(CancelContract, ALostLeaseOfADeletedWebhookIsClaimedToBeCancelled) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  ClaimOne(webhook);
  EXPECT_OK(webhooks().Delete(kTenant, webhook.webhook_id, std::nullopt));
  harness().ShiftWindows(absl::Seconds(40));
  EXPECT_FALSE(ClaimOne(webhook).webhook_enabled);
}

TEST_P(CancelContract, AChangeOfBatchingClosesTheOpenWindowsAtOnce) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto open = Append(GroupOf(webhook), 1, 2);
  domain::WebhookSpec spec = webhook.spec;
  spec.batching.wait = absl::Seconds(5);
  const auto updated = Update(webhook, spec);
  const auto window = ClaimOne(webhook);
  EXPECT_EQ(window.window_id, open.window_id);
  EXPECT_EQ(window.webhook_version, 1);
  EXPECT_EQ(window.current_version, 2);
  EXPECT_NE(Append(GroupOf(updated), 1, 1).window_id, open.window_id);
}

TEST_P(CancelContract, EndingBatchingAndAnotherPayloadCloseThemToo) {
  const auto ended = Create(BatchingSpec("Ended"));
  const auto other_payload = Create(BatchingSpec("Other payload"));
  Append(GroupOf(ended), 1, 1);
  Append(GroupOf(other_payload), 1, 1);

  domain::WebhookSpec spec = ended.spec;
  spec.batching = {};
  Update(ended, spec);
  spec = other_payload.spec;
  spec.payload = domain::PayloadKind::kEventOnly;
  Update(other_payload, spec);
  EXPECT_THAT(Claim(ended).windows, SizeIs(1));
  EXPECT_THAT(Claim(other_payload).windows, SizeIs(1));
}

TEST_P(CancelContract, OtherChangesLeaveOpenWindowsOpen) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto open = Append(GroupOf(webhook), 1, 1);
  domain::WebhookSpec spec = webhook.spec;
  spec.url = "https://other.example/";
  spec.name = "Renamed";
  spec.retry.delays = {absl::ZeroDuration(), absl::Seconds(5)};
  const auto updated = Update(webhook, spec);
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  EXPECT_EQ(Append(GroupOf(updated), 1, 1).window_id, open.window_id);
}

TEST_P(CancelContract, AWindowClosedByAChangeIsFoundByTheCursor) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  Append(GroupOf(webhook), 1, 1);
  const absl::Time cursor = Now();
  harness().Tick();
  domain::WebhookSpec spec = webhook.spec;
  spec.batching.max_items = 7;
  Update(webhook, spec);
  EXPECT_THAT(queue().FindDue(cursor).value().webhooks,
              ::testing::ElementsAre(webhook.webhook_id));
}

}  // namespace
}  // namespace windrow::contract
