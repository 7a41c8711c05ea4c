// What is dropped when, what must stay, and what reads say of what is gone.
#include "common/base/status.h"
#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using store::BodyAbsence;
using store::DeliveryState;
using store::HistoryTable;
using store::Requeue;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kDay = absl::Hours(24);

const store::RetentionPolicy kWeekAndMonth = {
    .keep = {.bodies = 7 * kDay, .records = 30 * kDay, .events = 30 * kDay}};

std::string MessageOf(const absl::Status& status) {
  return std::string(status.message());
}

TEST_P(RetentionContract, BodiesGoFirstAndReadsSayWhy) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  store::Outcome failed = OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 503);
  Record({failed});
  harness().ShiftWindows(absl::Hours(1));
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});

  harness().Age(8 * kDay);
  const Uuid id = harness().Aged(published.window_id, 8 * kDay);
  EXPECT_EQ(Get(id).body_absence, BodyAbsence::kNone);
  retention().DropOld(kWeekAndMonth).value();

  const auto record = Get(id);
  EXPECT_EQ(record.state, DeliveryState::kSucceeded);
  EXPECT_THAT(record.request_body, IsEmpty());
  EXPECT_EQ(record.body_absence, BodyAbsence::kExpired);
  EXPECT_EQ(record.last_attempt->status_code, 200);
  EXPECT_EQ(Get(id, /*bodies=*/false).body_absence, BodyAbsence::kNone);
  const auto attempts = Attempts(id);
  ASSERT_THAT(attempts, SizeIs(2));
  for (const store::Attempt& attempt : attempts) {
    EXPECT_THAT(attempt.response_body, IsEmpty());
    EXPECT_THAT(attempt.response_headers, IsEmpty());
  }
  EXPECT_EQ(attempts[0].status_code, 503);
  EXPECT_THAT(control().Redeliver(kTenant, {id}).value(),
              ElementsAre(Requeue::kBodyExpired));
  EXPECT_OK(events().GetEvent(kTenant, published.escmsg_id).status());
}

TEST_P(RetentionContract, RecordsAndEventsFollow) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  harness().Age(32 * kDay);
  const Uuid id = harness().Aged(published.window_id, 32 * kDay);
  retention().DropOld(kWeekAndMonth).value();

  const auto record = deliveries().GetDelivery(kTenant, id, true);
  EXPECT_TRUE(absl::IsNotFound(record.status()));
  EXPECT_THAT(MessageOf(record.status()), HasSubstr("retention"));
  EXPECT_TRUE(absl::IsNotFound(deliveries().ListAttempts(kTenant, id, 0, 10).status()));
  EXPECT_THAT(ListWhere(""), IsEmpty());
  const auto event = events().GetEvent(kTenant, published.escmsg_id);
  EXPECT_TRUE(absl::IsNotFound(event.status()));
  EXPECT_THAT(MessageOf(event.status()), HasSubstr("retention"));
  EXPECT_THAT(control().Redeliver(kTenant, {id}).value(),
              ElementsAre(Requeue::kNotFound));

  // One that was never there is told apart.
  const auto unknown = deliveries().GetDelivery(kTenant, NextWindowId(), true);
  EXPECT_THAT(MessageOf(unknown.status()), Not(HasSubstr("retention")));
}

TEST_P(RetentionContract, WhatAnUnfinishedDeliveryNeedsStaysUntilItHasEnded) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 503)});
  harness().Age(40 * kDay);
  const Uuid id = harness().Aged(published.window_id, 40 * kDay);
  const auto report = retention().DropOld(kWeekAndMonth).value();
  EXPECT_EQ(report.of(HistoryTable::kEvents).in_use, 1);
  EXPECT_OK(events().GetEvent(kTenant, published.escmsg_id).status());

  harness().ShiftWindows(absl::Hours(1));
  const auto claimed = ClaimOne(webhook);
  EXPECT_FALSE(claimed.events_lost);
  EXPECT_EQ(Record({OutcomeOf(claimed, DeliveryState::kSucceeded, 200)}), 0);
  EXPECT_EQ(Get(id).state, DeliveryState::kSucceeded);

  EXPECT_EQ(retention().DropOld(kWeekAndMonth)->of(HistoryTable::kEvents).in_use, 0);
  EXPECT_TRUE(absl::IsNotFound(events().GetEvent(kTenant, published.escmsg_id).status()));
  EXPECT_TRUE(absl::IsNotFound(deliveries().GetDelivery(kTenant, id, true).status()));
}

TEST_P(RetentionContract, EventsOfABatchThatWaitsStay) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto appended = Append(GroupOf(webhook), 5, 3);
  harness().Age(40 * kDay);
  retention().DropOld(kWeekAndMonth).value();
  harness().ShiftWindows(absl::Hours(2));
  const auto claimed = ClaimOne(webhook);
  EXPECT_FALSE(claimed.events_lost);
  EXPECT_THAT(claimed.items, SizeIs(3));
  EXPECT_EQ(Record({OutcomeOf(claimed, DeliveryState::kSucceeded, 200)}), 0);
}

TEST_P(RetentionContract, NothingPastItsRetentionComesBackBesideWhatIsInUse) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto finished = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kFailed, 500)});
  Publish(webhook);  // keeps the day
  harness().Age(8 * kDay);
  retention().DropOld(kWeekAndMonth).value();
  const Uuid id = harness().Aged(finished.window_id, 8 * kDay);
  EXPECT_THAT(control().Redeliver(kTenant, {id}).value(),
              ElementsAre(Requeue::kBodyExpired));
}

TEST_P(RetentionContract, AnOutcomeOfADayThatIsGoneHoldsNothingUp) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  auto first = ClaimOne(webhook);
  harness().ShiftWindows(absl::Hours(1));
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  harness().Age(40 * kDay);
  first.window_id = harness().Aged(first.window_id, 40 * kDay);
  retention().DropOld(kWeekAndMonth).value();
  EXPECT_EQ(Record({OutcomeOf(first, DeliveryState::kSucceeded, 200)}), 1);
}

TEST_P(RetentionContract, ATenantMayKeepLess) {
  const store::TenantId other = harness().AddTenant("acme");
  const auto ours = Create(SpecNamed("Tickets"));
  const auto theirs = Create(SpecNamed("Tickets"), other);
  const auto kept = Publish(ours);
  const auto erased = Publish(theirs);
  Record({OutcomeOf(ClaimOne(ours), DeliveryState::kFailed, 500)});
  Record({OutcomeOf(ClaimOne(theirs), DeliveryState::kFailed, 500)});
  store::RetentionPolicy policy = kWeekAndMonth;
  policy.tenants = {
      {"acme", {.bodies = 2 * kDay, .records = 5 * kDay, .events = 5 * kDay}},
      {"nobody", policy.keep}};

  harness().Age(3 * kDay);
  EXPECT_THAT(retention().DropOld(policy)->unknown_tenants, ElementsAre("nobody"));
  Uuid id = harness().Aged(erased.window_id, 3 * kDay);
  const auto record = deliveries().GetDelivery(other, id, true).value();
  EXPECT_EQ(record.body_absence, BodyAbsence::kExpired);
  EXPECT_THAT(record.last_attempt->response_body, IsEmpty());
  EXPECT_THAT(control().Redeliver(other, {id}).value(),
              ElementsAre(Requeue::kBodyExpired));
  EXPECT_EQ(Get(harness().Aged(kept.window_id, 3 * kDay)).body_absence,
            BodyAbsence::kNone);

  harness().Age(3 * kDay);
  retention().DropOld(policy).value();
  id = harness().Aged(erased.window_id, 6 * kDay);
  EXPECT_THAT(MessageOf(deliveries().GetDelivery(other, id, true).status()),
              HasSubstr("retention"));
  EXPECT_TRUE(absl::IsNotFound(events().GetEvent(other, erased.escmsg_id).status()));
  EXPECT_OK(events().GetEvent(kTenant, kept.escmsg_id).status());
  EXPECT_THAT(
      control().Redeliver(kTenant, {harness().Aged(kept.window_id, 6 * kDay)}).value(),
      ElementsAre(Requeue::kDone));
}

TEST_P(RetentionContract, ATenantThatKeepsLessKeepsWhatItHasNotSent) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  store::RetentionPolicy policy = kWeekAndMonth;
  policy.tenants = {{"default", {.bodies = kDay, .records = kDay, .events = kDay}}};
  harness().Age(5 * kDay);
  retention().DropOld(policy).value();
  EXPECT_OK(events().GetEvent(kTenant, published.escmsg_id).status());
  EXPECT_FALSE(ClaimOne(webhook).events_lost);
}

TEST_P(RetentionContract, FloorsNeverFall) {
  retention().DropOld(kWeekAndMonth).value();
  const auto floors = retention().ReadFloors(kTenant).value();
  store::RetentionPolicy longer = kWeekAndMonth;
  longer.keep.bodies = longer.keep.records = longer.keep.events = 60 * kDay;
  retention().DropOld(longer).value();
  EXPECT_EQ(retention().ReadFloors(kTenant)->bodies_from, floors.bodies_from);
  EXPECT_EQ(retention().ReadFloors(kTenant)->events_from, floors.events_from);
}

}  // namespace
}  // namespace windrow::contract
