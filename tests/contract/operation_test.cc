// Long-running operations: who may take a step, and what a step leaves behind.
#include "common/base/status.h"
#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using store::DeliveryState;
using store::OperationSpec;
using store::OperationState;
using store::OperationStep;
using store::StoredOperation;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kLease = absl::Minutes(1);
constexpr std::size_t kDisabled =
    static_cast<std::size_t>(store::Requeue::kWebhookDisabled);

OperationSpec SpecOver(const std::string& filter) {
  return {.filter = filter, .max_per_second = 7};
}

TEST_P(OperationContract, IsReadBackAsItWasMade) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const OperationSpec spec{.kind = store::OperationKind::kRecover,
                           .filter = "state = FAILED",
                           .webhook_id = webhook.webhook_id,
                           .dry_run = true,
                           .max_per_second = 12,
                           .request_id = "mine"};
  const StoredOperation made = operations().CreateOperation(kTenant, spec).value();
  EXPECT_EQ(made.state, OperationState::kRunning);
  EXPECT_EQ(made.progress, store::OperationProgress{});
  const StoredOperation read =
      operations().GetOperation(kTenant, made.operation_id).value();
  EXPECT_EQ(read.spec, spec);
  EXPECT_EQ(read.tenant_id, kTenant);
  EXPECT_FALSE(read.finished_at.has_value());
}

TEST_P(OperationContract, ARequestIdStartsOneOperationOnly) {
  OperationSpec spec = SpecOver("state = FAILED");
  spec.request_id = "r1";
  const auto first = operations().CreateOperation(kTenant, spec).value();
  EXPECT_EQ(operations().CreateOperation(kTenant, spec)->operation_id,
            first.operation_id);
  const auto other = harness().AddTenant("other");
  EXPECT_NE(operations().CreateOperation(other, spec)->operation_id, first.operation_id);
  EXPECT_THAT(operations().ListOperations(kTenant, std::nullopt, 10)->operations,
              SizeIs(1));
}

TEST_P(OperationContract, OnlySoManyOfATenantRunAtATime) {
  std::optional<Uuid> last;
  for (int i = 0; i < store::kMostRunningOperations; ++i) {
    last =
        operations().CreateOperation(kTenant, SpecOver("state = FAILED"))->operation_id;
  }
  const auto refused = operations().CreateOperation(kTenant, SpecOver("state = FAILED"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused.status()), "TOO_MANY_OPERATIONS");
  EXPECT_TRUE(
      operations()
          .CreateOperation(harness().AddTenant("other"), SpecOver("state = FAILED"))
          .ok());
  EXPECT_TRUE(operations().CancelOperation(kTenant, *last).ok());
  EXPECT_TRUE(operations().CreateOperation(kTenant, SpecOver("state = FAILED")).ok());
}

TEST_P(OperationContract, AnotherTenantsOperationIsNotThere) {
  const auto other = harness().AddTenant("other");
  const Uuid id =
      operations().CreateOperation(other, SpecOver("state = OPEN"))->operation_id;
  EXPECT_EQ(ReasonOf(operations().GetOperation(kTenant, id).status()),
            "OPERATION_NOT_FOUND");
  EXPECT_EQ(ReasonOf(operations().CancelOperation(kTenant, id).status()),
            "OPERATION_NOT_FOUND");
  EXPECT_THAT(operations().ListOperations(kTenant, std::nullopt, 10)->operations,
              IsEmpty());
}

TEST_P(OperationContract, AreListedNewestFirstPageByPage) {
  std::vector<Uuid> made;
  for (int i = 0; i < 3; ++i) {
    made.push_back(
        operations().CreateOperation(kTenant, SpecOver("state = OPEN"))->operation_id);
    harness().Tick();
  }
  const auto first = operations().ListOperations(kTenant, std::nullopt, 2).value();
  ASSERT_THAT(first.operations, SizeIs(2));
  EXPECT_TRUE(first.more);
  EXPECT_EQ(first.operations[0].operation_id, made[2]);
  EXPECT_EQ(first.operations[1].operation_id, made[1]);
  const auto second = operations().ListOperations(kTenant, made[1], 2).value();
  ASSERT_THAT(second.operations, SizeIs(1));
  EXPECT_FALSE(second.more);
  EXPECT_EQ(second.operations[0].operation_id, made[0]);
}

TEST_P(OperationContract, AStepIsOneHoldersAtATime) {
  operations().CreateOperation(kTenant, SpecOver("state = FAILED")).value();
  const auto held = operations().ClaimOperation(kLease).value();
  ASSERT_TRUE(held.has_value());
  EXPECT_FALSE(operations().ClaimOperation(kLease)->has_value());

  OperationStep step{.progress = held->progress};
  step.progress.states[6] = 3;
  step.progress.position = *Uuid::Parse("0192f0c4-0000-7000-8000-0000000000ab");
  EXPECT_TRUE(operations().AdvanceOperation(*held, step)->has_value());
  // It was given back: what the holder still believes counts no more.
  EXPECT_FALSE(operations().AdvanceOperation(*held, step)->has_value());

  const auto again = operations().ClaimOperation(kLease).value();
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->progress, step.progress);
}

TEST_P(OperationContract, AHolderThatIsTooLateHasLostIt) {
  operations().CreateOperation(kTenant, SpecOver("state = FAILED")).value();
  const auto late = operations().ClaimOperation(absl::ZeroDuration()).value();
  ASSERT_TRUE(late.has_value());
  harness().Tick();
  const auto held = operations().ClaimOperation(kLease).value();
  ASSERT_TRUE(held.has_value());
  EXPECT_FALSE(operations().AdvanceOperation(*late, {})->has_value());
  EXPECT_TRUE(operations().AdvanceOperation(*held, {})->has_value());
}

TEST_P(OperationContract, AStepsWaitIsKept) {
  operations().CreateOperation(kTenant, SpecOver("state = FAILED")).value();
  const auto held = operations().ClaimOperation(kLease).value();
  ASSERT_TRUE(
      operations().AdvanceOperation(*held, {.wait = absl::Hours(1)})->has_value());
  harness().Tick();
  EXPECT_FALSE(operations().ClaimOperation(kLease)->has_value());
}

TEST_P(OperationContract, AStepRedeliversAndCountsWhatCameOfIt) {
  const auto webhook = Create(SpecNamed("Tickets"));
  auto off = SpecNamed("Off");
  const auto disabled = Create(off);
  const auto failed = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kFailed, 500)});
  const auto stuck = Publish(disabled);
  Record({OutcomeOf(ClaimOne(disabled), DeliveryState::kFailed, 500)});
  off.enabled = false;
  Update(disabled, off);

  const auto made = operations().CreateOperation(kTenant, SpecOver("state = FAILED"));
  const auto held = operations().ClaimOperation(kLease).value();
  OperationStep step{.redeliver = {failed.window_id, stuck.window_id},
                     .progress = held->progress,
                     .state = OperationState::kSucceeded};
  step.progress.counted = true;
  const auto after = operations().AdvanceOperation(*held, step).value();
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->redelivered, 1);
  EXPECT_EQ(after->skipped.at(kDisabled), 1);

  const auto ended = operations().GetOperation(kTenant, made->operation_id).value();
  EXPECT_EQ(ended.state, OperationState::kSucceeded);
  EXPECT_EQ(ended.progress, *after);
  EXPECT_TRUE(ended.finished_at.has_value());
  EXPECT_EQ(Get(failed.window_id).state, DeliveryState::kRetrying);
  EXPECT_EQ(Get(stuck.window_id).state, DeliveryState::kFailed);
  EXPECT_FALSE(operations().ClaimOperation(kLease)->has_value());
}

TEST_P(OperationContract, AfterItsCancellationNoStepIsApplied) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto failed = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kFailed, 500)});
  const auto made = operations().CreateOperation(kTenant, SpecOver("state = FAILED"));
  const auto held = operations().ClaimOperation(kLease).value();

  const auto cancelled =
      operations().CancelOperation(kTenant, made->operation_id).value();
  EXPECT_EQ(cancelled.state, OperationState::kCancelled);
  EXPECT_TRUE(cancelled.finished_at.has_value());
  EXPECT_FALSE(operations()
                   .AdvanceOperation(*held, {.redeliver = {failed.window_id}})
                   ->has_value());
  EXPECT_EQ(Get(failed.window_id).state, DeliveryState::kFailed);
  EXPECT_EQ(ReasonOf(operations().CancelOperation(kTenant, made->operation_id).status()),
            "OPERATION_FINISHED");
  EXPECT_FALSE(operations().ClaimOperation(kLease)->has_value());
}

TEST_P(OperationContract, WhyItFailedIsKept) {
  const auto made = operations().CreateOperation(kTenant, SpecOver("state = FAILED"));
  const auto held = operations().ClaimOperation(kLease).value();
  ASSERT_TRUE(operations()
                  .AdvanceOperation(*held, {.state = OperationState::kFailed,
                                            .error = "the filter is wrong"})
                  ->has_value());
  const auto read = operations().GetOperation(kTenant, made->operation_id).value();
  EXPECT_EQ(read.state, OperationState::kFailed);
  EXPECT_EQ(read.error, "the filter is wrong");
}

}  // namespace
}  // namespace windrow::contract
