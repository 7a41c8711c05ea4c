// What finding, claiming, renewing and releasing promise.
#include <algorithm>
#include <utility>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Of SpecNamed and Claim: the timeout of a request and the slack.
constexpr absl::Duration kLease = absl::Seconds(40);

TEST_P(ClaimContract, AWindowIsTakenOnce) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  EXPECT_EQ(ClaimOne(webhook).window_id, published.window_id);
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  EXPECT_EQ(Get(published.window_id).state, store::DeliveryState::kInFlight);
}

TEST_P(ClaimContract, AClaimTellsAllThatASenderNeeds) {
  const auto webhook = Create(SpecNamed("Tickets"));
  domain::Event event = EventOf("ticket.created", "T-1");
  event.object = R"({"id":1.10})";
  event.occurred_at = absl::FromUnixSeconds(1'700'000'000);
  const auto published = Publish(webhook, event);
  const absl::Time before = Now();
  const auto claim = Claim(webhook);

  ASSERT_THAT(claim.windows, SizeIs(1));
  const auto& window = claim.windows[0];
  EXPECT_EQ(window.tenant_id, kTenant);
  EXPECT_EQ(window.webhook_id, webhook.webhook_id);
  EXPECT_EQ(window.webhook_version, 1);
  EXPECT_EQ(window.current_version, 1);
  EXPECT_TRUE(window.webhook_enabled);
  EXPECT_EQ(window.lease_seq, 1);
  EXPECT_EQ(window.attempt, 0);
  EXPECT_EQ(window.lost_leases, 0);
  ASSERT_THAT(window.items, SizeIs(1));
  EXPECT_EQ(window.items[0].ref.escmsg_id, published.escmsg_id);
  EXPECT_EQ(window.items[0].ref.notification_id,
            webhook.spec.triggers[0].notification_id);
  const auto& stored = claim.events.at(window.items[0].event);
  EXPECT_EQ(stored.escmsg_id, published.escmsg_id);
  EXPECT_EQ(stored.event.object, R"({"id":1.10})");
  EXPECT_EQ(stored.event.object_id, "T-1");
  EXPECT_EQ(stored.event.occurred_at, absl::FromUnixSeconds(1'700'000'000));
  EXPECT_GE(claim.now, before);
}

TEST_P(ClaimContract, AClaimOfNothingIsEmpty) {
  const auto claim = Claim(Create(SpecNamed("Tickets")));
  EXPECT_TRUE(claim.windows.empty());
  EXPECT_TRUE(claim.events.empty());
}

TEST_P(ClaimContract, ItemsComeInOrderAndAnEventThatTwoTriggersWantComesOnce) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const domain::Event event = EventOf("ticket.created", "7");
  const auto group = GroupOf(webhook);
  Append(group, 1, 2);
  const auto transaction = Begin(1);
  const std::int64_t number = transaction->numbers()[0];
  const auto open = transaction->OpenWindows({group}).value().at(0);
  EXPECT_OK(transaction->Commit(
      {.events = {{kTenant, number, &event}},
       .appends = {{.window_id = open.window_id,
                    .tenant_id = kTenant,
                    .webhook_id = webhook.webhook_id,
                    .add = {.items = {{number, 1}, {number, 2}}, .bytes = 20},
                    .closes = true}}}));
  const auto claim = Claim(webhook);
  ASSERT_THAT(claim.windows, SizeIs(1));
  const auto& items = claim.windows[0].items;
  ASSERT_THAT(items, SizeIs(4));
  EXPECT_THAT(claim.events, SizeIs(3));
  EXPECT_TRUE(std::is_sorted(items.begin(), items.end(), [](auto& a, auto& b) {
    return a.ref.escmsg_id < b.ref.escmsg_id;
  }));
  EXPECT_EQ(items[2].event, items[3].event);
  for (const auto& item : items) {
    EXPECT_EQ(claim.events.at(item.event).escmsg_id, item.ref.escmsg_id);
  }
}

TEST_P(ClaimContract, OnlyWantedWebhooksAreTaken) {
  const auto wanted = Create(SpecNamed("Wanted"));
  const auto other = Create(SpecNamed("Other"));
  const auto mine = Publish(wanted);
  const auto others = Publish(other);
  EXPECT_EQ(ClaimOne(wanted).window_id, mine.window_id);
  EXPECT_EQ(Get(others.window_id).state, store::DeliveryState::kPending);
  EXPECT_EQ(ClaimOne(other).window_id, others.window_id);
}

TEST_P(ClaimContract, StopsWhereBodiesHaveAsManyBytesAsItMayTake) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  for (int i = 0; i < 10; ++i) Append(GroupOf(webhook), 1, 1, /*closes=*/true, 4 << 20);
  for (const std::size_t windows : {4, 4, 2}) {
    const auto claim = Claim(webhook);
    EXPECT_THAT(claim.windows, SizeIs(windows));
    EXPECT_EQ(claim.cut, windows == 4);
  }
}

TEST_P(ClaimContract, AWebhookThatFailsIsLeftOutWhereItIsWantedUnlessItDoes) {
  const auto well = Create(SpecNamed("Well"));
  const auto failing = Create(SpecNamed("Failing"));
  Publish(failing);
  EXPECT_EQ(Record({OutcomeOf(ClaimOne(failing), store::DeliveryState::kFailed, 500)}),
            0);
  const auto mine = Publish(well);
  const auto others = Publish(failing);
  const store::WorkerId worker = queue().RegisterWorker("w").value();
  const auto claim = [&](bool unless_failing) {
    return queue()
        .ClaimWindows(worker,
                      {{well.webhook_id, 2, unless_failing},
                       {failing.webhook_id, 2, unless_failing}},
                      absl::Seconds(10))
        .value()
        .windows;
  };
  const auto some = claim(true);
  ASSERT_THAT(some, SizeIs(1));
  EXPECT_EQ(some[0].window_id, mine.window_id);
  const auto rest = claim(false);
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].window_id, others.window_id);
}

TEST_P(ClaimContract, EachWebhooksRoomIsRespectedAndTheFirstDueGoFirst) {
  const auto a = Create(SpecNamed("A"));
  const auto b = Create(SpecNamed("B"));
  std::vector<Uuid> of_a;
  std::vector<Uuid> of_b;
  for (int i = 0; i < 4; ++i) {
    of_a.push_back(Publish(a).window_id);
    of_b.push_back(Publish(b).window_id);
  }
  const store::WorkerId worker = queue().RegisterWorker("w").value();
  const auto claim =
      queue()
          .ClaimWindows(worker, {{a.webhook_id, 2}, {b.webhook_id, 3}}, absl::Seconds(10))
          .value();
  std::vector<Uuid> taken;
  for (const auto& window : claim.windows) taken.push_back(window.window_id);
  EXPECT_THAT(taken, ::testing::UnorderedElementsAre(of_a[0], of_a[1], of_b[0], of_b[1],
                                                     of_b[2]));
  EXPECT_THAT(Claim(a, 0).windows, IsEmpty());
  EXPECT_THAT(Claim(a).windows, SizeIs(2));
}

TEST_P(ClaimContract, AClaimClosesAnOpenWindow) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto open = Append(GroupOf(webhook, absl::Seconds(60)), 1, 2);
  harness().ShiftWindows(absl::Seconds(60));
  EXPECT_EQ(ClaimOne(webhook).window_id, open.window_id);
  const auto next = Append(GroupOf(webhook, absl::Seconds(60)), 1, 1);
  EXPECT_NE(next.window_id, open.window_id);
  EXPECT_EQ(next.before.items, 0);
}

TEST_P(ClaimContract, AWindowThatATransactionAppendsToIsSkippedNotWaitedFor) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto group = GroupOf(webhook, absl::Seconds(60));
  const domain::Event event = EventOf("ticket.created", "7");
  const auto open = Append(group, 1, 1);
  harness().ShiftWindows(absl::Seconds(60));
  const auto transaction = Begin(1);
  EXPECT_EQ(transaction->OpenWindows({group}).value().at(0).window_id, open.window_id);
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  const std::int64_t number = transaction->numbers()[0];
  EXPECT_OK(transaction->Commit({.events = {{kTenant, number, &event}},
                                 .appends = {{.window_id = open.window_id,
                                              .tenant_id = kTenant,
                                              .webhook_id = webhook.webhook_id,
                                              .add = {{{number, 1}}, 100}}}}));
  EXPECT_THAT(ClaimOne(webhook).items, SizeIs(2));
}

TEST_P(ClaimContract, ALeaseThatEndedIsTakenByTheNextAndCounted) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  for (int lost = 0; lost < 4; ++lost) {
    const auto window = ClaimOne(webhook);
    EXPECT_EQ(window.lease_seq, lost + 1);
    EXPECT_EQ(window.lost_leases, lost);
    EXPECT_EQ(window.attempt, 0);
    EXPECT_THAT(Claim(webhook).windows, IsEmpty());
    harness().ShiftWindows(kLease - absl::Seconds(20));
    EXPECT_THAT(Claim(webhook).windows, IsEmpty());
    harness().ShiftWindows(absl::Seconds(20));
  }
}

TEST_P(ClaimContract, AnOutcomeEndsTheCountOfLostLeases) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  ClaimOne(webhook);
  harness().ShiftWindows(kLease);
  const auto window = ClaimOne(webhook);
  EXPECT_EQ(window.lost_leases, 1);
  EXPECT_EQ(Record({OutcomeOf(window, store::DeliveryState::kRetrying, 500)}), 0);
  const auto retried = ClaimOne(webhook);
  EXPECT_EQ(retried.lost_leases, 0);
  EXPECT_EQ(retried.attempt, 1);
  EXPECT_EQ(retried.lease_seq, 3);
}

TEST_P(ClaimContract, ARenewedLeaseEndsLater) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  const auto window = ClaimOne(webhook);
  EXPECT_THAT(queue().Renew({HeldOf(window)}, absl::Seconds(300)).value(),
              ElementsAre(true));
  harness().ShiftWindows(absl::Seconds(200));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  harness().ShiftWindows(absl::Seconds(100));
  EXPECT_EQ(ClaimOne(webhook).lease_seq, 2);
}

TEST_P(ClaimContract, RenewTellsWhichLeasesAreStillHeld) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  const auto lost = ClaimOne(webhook);
  harness().ShiftWindows(kLease);
  const auto held = ClaimOne(webhook);
  Publish(webhook);
  const auto finished = ClaimOne(webhook);
  Record({OutcomeOf(finished, store::DeliveryState::kSucceeded, 200)});

  EXPECT_THAT(
      queue()
          .Renew({HeldOf(lost), HeldOf(held), HeldOf(finished)}, absl::Seconds(60))
          .value(),
      ElementsAre(false, true, false));
  EXPECT_THAT(queue().Renew({}, absl::Seconds(60)).value(), IsEmpty());
}

TEST_P(ClaimContract, ALostLeaseRenewsNothing) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  const auto lost = ClaimOne(webhook);
  harness().ShiftWindows(kLease);
  ClaimOne(webhook);
  EXPECT_THAT(queue().Renew({HeldOf(lost)}, absl::Hours(1)).value(), ElementsAre(false));
  harness().ShiftWindows(kLease);
  EXPECT_EQ(ClaimOne(webhook).lease_seq, 3);
}

TEST_P(ClaimContract, AWindowPutBackForARetryIsNoLongerHeld) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto window = ClaimOne(webhook);
  auto outcome = OutcomeOf(window, store::DeliveryState::kRetrying, 500);
  outcome.retry_after = absl::Seconds(100);
  Record({outcome});
  const auto due_at = Get(published.window_id).due_at;

  EXPECT_THAT(queue().Renew({HeldOf(window)}, absl::Seconds(500)).value(),
              ElementsAre(false));
  EXPECT_OK(queue().Release({HeldOf(window)}));
  EXPECT_EQ(Get(published.window_id).due_at, due_at);
  EXPECT_EQ(Get(published.window_id).state, store::DeliveryState::kRetrying);
}

TEST_P(ClaimContract, AReleasedWindowIsDueAtOnceAsIfNotClaimed) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto window = ClaimOne(webhook);
  EXPECT_OK(queue().Release({HeldOf(window)}));
  EXPECT_EQ(Get(published.window_id).state, store::DeliveryState::kPending);
  const auto again = ClaimOne(webhook);
  EXPECT_EQ(again.window_id, published.window_id);
  EXPECT_EQ(again.attempt, 0);
  EXPECT_EQ(again.lost_leases, 0);
  EXPECT_EQ(again.lease_seq, 2);
}

TEST_P(ClaimContract, AReleaseOfALostLeaseChangesNothing) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  const auto lost = ClaimOne(webhook);
  harness().ShiftWindows(kLease);
  ClaimOne(webhook);
  EXPECT_OK(queue().Release({HeldOf(lost)}));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
}

TEST_P(ClaimContract, FindDueTellsWhatBecameDueAfterTheCursorAndWhenTheNextWill) {
  const auto soon = Create(BatchingSpec("Soon"));
  const auto later = Create(BatchingSpec("Later"));
  const absl::Time cursor = Now();
  EXPECT_EQ(queue().FindDue(cursor).value().next, std::nullopt);
  harness().Tick();
  Append(GroupOf(soon, absl::Seconds(1'000)), 1, 1);
  Append(GroupOf(later, absl::Seconds(3'000)), 1, 1);

  auto scan = queue().FindDue(cursor).value();
  EXPECT_THAT(scan.webhooks, IsEmpty());
  ASSERT_TRUE(scan.next.has_value());
  EXPECT_GT(*scan.next, absl::Seconds(900));
  EXPECT_LE(*scan.next, absl::Seconds(1'000));

  harness().ShiftWindows(absl::Seconds(1'000));
  scan = queue().FindDue(cursor).value();
  EXPECT_THAT(scan.webhooks, ElementsAre(soon.webhook_id));
  ASSERT_TRUE(scan.next.has_value());
  EXPECT_GT(*scan.next, absl::Seconds(1'900));
  EXPECT_LE(*scan.next, absl::Seconds(2'000));
  EXPECT_THAT(queue().FindDue(scan.now).value().webhooks, IsEmpty());
}

TEST_P(ClaimContract, FindDueFindsRetriesAndReleasedWindows) {
  const auto retried = Create(SpecNamed("Retried"));
  const auto released = Create(SpecNamed("Released"));
  Publish(retried);
  Publish(released);
  const auto failed = ClaimOne(retried);
  const auto given_back = ClaimOne(released);
  const absl::Time cursor = Now();
  harness().Tick();
  auto outcome = OutcomeOf(failed, store::DeliveryState::kRetrying, 500);
  outcome.retry_after = absl::Seconds(1'000);
  Record({outcome});
  EXPECT_OK(queue().Release({HeldOf(given_back)}));
  EXPECT_THAT(queue().FindDue(cursor).value().webhooks, ElementsAre(released.webhook_id));
  harness().ShiftWindows(absl::Seconds(1'000));
  EXPECT_THAT(queue().FindDue(cursor).value().webhooks, Contains(retried.webhook_id));
}

TEST_P(ClaimContract, ScanBucketsFindsWhatIsDueHoweverOld) {
  const auto due = Create(SpecNamed("Due"));
  const auto open = Create(BatchingSpec("Open"));
  const auto held = Create(SpecNamed("Held"));
  Publish(due);
  Publish(due);
  Publish(held);
  Append(GroupOf(open), 1, 1);
  ClaimOne(held);

  EXPECT_THAT(queue().ScanBuckets(0, 1'023).value(), ElementsAre(due.webhook_id));
  const int bucket = BucketOf(due.webhook_id);
  EXPECT_THAT(queue().ScanBuckets(bucket, bucket).value(), Contains(due.webhook_id));
  if (bucket > 0) {
    EXPECT_THAT(queue().ScanBuckets(0, bucket - 1).value(),
                Not(Contains(due.webhook_id)));
  }
  if (bucket < 1'023) {
    EXPECT_THAT(queue().ScanBuckets(bucket + 1, 1'023).value(),
                Not(Contains(due.webhook_id)));
  }
  // A lease that ended is due work too.
  harness().ShiftWindows(kLease);
  EXPECT_THAT(queue().ScanBuckets(0, 1'023).value(), Contains(held.webhook_id));
}

TEST_P(ClaimContract, ContentsKeepTheirVersionAndTheAddressIsTheCurrentOne) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  domain::WebhookSpec spec = webhook.spec;
  spec.payload = domain::PayloadKind::kEventOnly;
  Update(webhook, spec);
  const auto window = ClaimOne(webhook);
  EXPECT_EQ(window.webhook_version, 1);
  EXPECT_EQ(window.current_version, 2);
}

}  // namespace
}  // namespace windrow::contract
