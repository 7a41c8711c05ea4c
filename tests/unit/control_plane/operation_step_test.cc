#include "services/control_plane/operation_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace windrow::control_plane {
namespace {

using store::DeliveryPage;
using store::DeliveryRecord;
using store::DeliveryState;
using store::OperationState;
using store::OperationStep;
using store::StoredOperation;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Uuid Id(int n) {
  Uuid id;
  id.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}

StoredOperation Operation(bool counted) {
  StoredOperation operation;
  operation.spec.filter = "state = FAILED";
  operation.spec.max_per_second = 100;
  operation.progress.counted = counted;
  operation.created_at = absl::FromUnixSeconds(1'800'000'000);
  return operation;
}

DeliveryRecord Record(int n, DeliveryState state, const std::string& reason = {}) {
  DeliveryRecord record;
  record.delivery_id = Id(n);
  record.state = state;
  record.reason = reason;
  return record;
}

DeliveryPage Page(std::vector<DeliveryRecord> records, bool more) {
  DeliveryPage page;
  page.deliveries = std::move(records);
  page.more = more;
  if (more) page.position = Id(99);
  return page;
}

TEST(OperationStepTest, CountsFirstByState) {
  const OperationStep step =
      StepOver(Operation(false),
               Page({Record(1, DeliveryState::kFailed), Record(2, DeliveryState::kFailed),
                     Record(3, DeliveryState::kSucceeded)},
                    /*more=*/true));
  EXPECT_THAT(step.redeliver, IsEmpty());
  EXPECT_EQ(step.progress.states[6], 2);
  EXPECT_EQ(step.progress.states[5], 1);
  EXPECT_FALSE(step.progress.counted);
  EXPECT_EQ(step.progress.position, Id(99));
  EXPECT_EQ(step.state, OperationState::kRunning);
  EXPECT_EQ(step.wait, absl::ZeroDuration());
}

TEST(OperationStepTest, GoesOverAllAgainOnceAllAreCounted) {
  StoredOperation operation = Operation(false);
  operation.progress.position = Id(5);
  const OperationStep step =
      StepOver(operation, Page({Record(6, DeliveryState::kFailed)}, /*more=*/false));
  EXPECT_TRUE(step.progress.counted);
  EXPECT_FALSE(step.progress.position.has_value());
  EXPECT_EQ(step.state, OperationState::kRunning);
}

TEST(OperationStepTest, ADryRunEndsWithTheCount) {
  StoredOperation operation = Operation(false);
  operation.spec.dry_run = true;
  const OperationStep step =
      StepOver(operation, Page({Record(6, DeliveryState::kFailed)}, /*more=*/false));
  EXPECT_EQ(step.state, OperationState::kSucceeded);
  EXPECT_THAT(step.redeliver, IsEmpty());
}

TEST(OperationStepTest, WaitsAsItsRateWants) {
  const OperationStep step = StepOver(
      Operation(true),
      Page({Record(1, DeliveryState::kFailed), Record(2, DeliveryState::kFailed)},
           /*more=*/true));
  EXPECT_THAT(step.redeliver, ElementsAre(Id(1), Id(2)));
  EXPECT_EQ(step.wait, absl::Milliseconds(20));
  EXPECT_EQ(step.state, OperationState::kRunning);
}

TEST(OperationStepTest, EndsWithTheLastPage) {
  const OperationStep step =
      StepOver(Operation(true), Page({Record(1, DeliveryState::kFailed)}, false));
  EXPECT_EQ(step.state, OperationState::kSucceeded);
  EXPECT_THAT(step.redeliver, SizeIs(1));
}

TEST(OperationStepTest, ARecoveryLeavesOutWhatAPersonCancelled) {
  StoredOperation operation = Operation(true);
  operation.spec.kind = store::OperationKind::kRecover;
  const DeliveryPage page =
      Page({Record(1, DeliveryState::kCancelled, "cancelled by CancelDelivery"),
            Record(2, DeliveryState::kCancelled, "the webhook was disabled: 5 days"),
            Record(3, DeliveryState::kFailed)},
           false);
  EXPECT_THAT(StepOver(operation, page).redeliver, ElementsAre(Id(2), Id(3)));
  operation.spec.kind = store::OperationKind::kRedeliver;
  EXPECT_THAT(StepOver(operation, page).redeliver, SizeIs(3));
}

TEST(OperationStepTest, AsksForSoManyAsAQuarterOfASecondMayHave) {
  const std::pair<int, int> cases[] = {{1, 1}, {3, 1}, {100, 25}, {10'000, 2'500}};
  for (const auto& [rate, limit] : cases) {
    StoredOperation operation = Operation(true);
    operation.spec.max_per_second = rate;
    EXPECT_EQ(QueryOf(operation, 2'500)->limit, limit) << rate;
    EXPECT_TRUE(QueryOf(operation, 2'500)->oldest_first);
  }
}

TEST(OperationStepTest, AsksForNoMoreThanGoesInAStepsTime) {
  StoredOperation operation = Operation(true);
  operation.spec.max_per_second = 10'000;
  EXPECT_EQ(QueryOf(operation, 70)->limit, 70);
  operation.progress.counted = false;
  EXPECT_EQ(QueryOf(operation, 70)->limit, 2'500);
}

TEST(OperationStepTest, AStepEndsBeforeItsItemsAreTooMany) {
  DeliveryPage page =
      Page({Record(1, DeliveryState::kFailed), Record(2, DeliveryState::kFailed),
            Record(3, DeliveryState::kFailed)},
           /*more=*/false);
  for (DeliveryRecord& record : page.deliveries) record.item_count = 5'000;
  OperationStep step = StepOver(Operation(true), page);
  EXPECT_THAT(step.redeliver, ElementsAre(Id(1), Id(2)));
  EXPECT_EQ(step.progress.position, Id(2));
  EXPECT_EQ(step.state, OperationState::kRunning);
  // One that has more by itself goes by itself.
  for (DeliveryRecord& record : page.deliveries) record.item_count = 50'000;
  step = StepOver(Operation(true), page);
  EXPECT_THAT(step.redeliver, ElementsAre(Id(1)));
  EXPECT_EQ(step.progress.position, Id(1));
}

TEST(StepSizeTest, FollowsHowLongStepsTake) {
  StepSize size;
  EXPECT_EQ(size.most(), 500);
  size.Took(500, absl::Milliseconds(150));
  EXPECT_EQ(size.most(), 833);
  size.Took(833, absl::Seconds(1));  // 208 would fit: half at a time
  EXPECT_EQ(size.most(), 416);
  for (int i = 0; i < 10; ++i) {
    size.Took(static_cast<std::size_t>(size.most()), absl::Microseconds(1));
  }
  EXPECT_EQ(size.most(), 2'500);
  for (int i = 0; i < 20; ++i) size.Took(1, absl::Seconds(1));
  EXPECT_EQ(size.most(), 1);
}

TEST(StepSizeTest, AShortStepOfFewSaysNothing) {
  StepSize size;
  size.Took(3, absl::Milliseconds(100));
  size.Took(0, absl::Milliseconds(200));
  EXPECT_EQ(size.most(), 500);
  size.Took(3, absl::Milliseconds(500));
  EXPECT_EQ(size.most(), 250);
}

TEST(StepSizeTest, AFailedStepIsTriedWithHalfAsMany) {
  StepSize size;
  size.Failed();
  EXPECT_EQ(size.most(), 250);
  for (int i = 0; i < 20; ++i) size.Failed();
  EXPECT_EQ(size.most(), 1);
}

TEST(OperationStepTest, AFilterThatNoLongerCompilesIsAnError) {
  StoredOperation operation = Operation(true);
  operation.spec.filter = "no_such_field = 1";
  EXPECT_TRUE(absl::IsInvalidArgument(QueryOf(operation, 500).status()));
}

TEST(OperationStepTest, AFailedStepIsTriedAgainLaterAndLater) {
  StoredOperation operation = Operation(true);
  operation.progress.position = Id(4);
  operation.progress.redelivered = 9;
  OperationStep step = StepAfter(operation, absl::AbortedError("deadlock"));
  EXPECT_EQ(step.state, OperationState::kRunning);
  EXPECT_EQ(step.wait, absl::Seconds(2));
  EXPECT_EQ(step.progress.position, Id(4));
  EXPECT_EQ(step.progress.redelivered, 9);
  operation.progress = step.progress;
  EXPECT_EQ(StepAfter(operation, absl::AbortedError("deadlock")).wait, absl::Seconds(4));
  operation.progress.failures = kMostFailedSteps - 1;
  step = StepAfter(operation, absl::AbortedError("deadlock"));
  EXPECT_EQ(step.state, OperationState::kFailed);
  EXPECT_EQ(step.error, "deadlock");
}

TEST(OperationStepTest, WhatWaitingCannotMendFailsAtOnce) {
  const OperationStep step =
      StepAfter(Operation(true), absl::InvalidArgumentError("no such field"));
  EXPECT_EQ(step.state, OperationState::kFailed);
  EXPECT_EQ(step.error, "no such field");
}

TEST(OperationStepTest, AGoodStepForgetsTheFailuresBefore) {
  StoredOperation operation = Operation(true);
  operation.progress.failures = 3;
  EXPECT_EQ(StepOver(operation, Page({}, true)).progress.failures, 0);
}

}  // namespace
}  // namespace windrow::control_plane
