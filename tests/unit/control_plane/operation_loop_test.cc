// The loop over a storage in memory: what operations leave behind.
#include "services/control_plane/operation_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "services/control_plane/operation_use_cases.h"
#include "tests/support/fake_store.h"

namespace windrow::control_plane {
namespace {

using store::DeliveryState;
using store::kDefaultTenant;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class OperationLoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    spec_.name = "Tickets";
    spec_.url = "https://example.com/";
    spec_.triggers = {{0, "ticket.created"}};
    webhook_ = store_.Create(kDefaultTenant, spec_, {}).value();
    worker_ = store_.RegisterWorker("test").value();
  }

  // A delivery whose attempt ends so.
  Uuid Ended(DeliveryState state) {
    clock_.Advance(absl::Milliseconds(1));
    domain::Event event;
    event.type = "ticket.created";
    event.object_type = "ticket";
    event.object_id = "7";
    event.object = "{}";
    const auto config = store_.LoadMatchTable(kDefaultTenant).value()->config_version();
    auto transaction =
        store_.BeginPublish({.tenants = {{kDefaultTenant, config}}, .new_numbers = 1})
            .value();
    const std::int64_t number = transaction->numbers().at(0);
    const Uuid id = ids_.Next(clock_.Now());
    const auto committed = transaction->Commit(
        {.events = {{kDefaultTenant, number, &event}},
         .windows = {{.window_id = id,
                      .tenant_id = kDefaultTenant,
                      .webhook_id = webhook_.webhook_id,
                      .webhook_version = webhook_.version,
                      .content = {.items = {{number, 1}}, .bytes = 10}}}});
    EXPECT_TRUE(committed.ok()) << committed;
    const auto claim = store_.ClaimWindows(
        worker_, {{.webhook_id = webhook_.webhook_id, .room = 100}}, absl::Seconds(10));
    const store::ClaimedWindow& window = claim->windows.at(0);
    store::Outcome outcome{.window_id = window.window_id,
                           .tenant_id = kDefaultTenant,
                           .webhook_id = webhook_.webhook_id,
                           .lease_seq = window.lease_seq,
                           .state = state};
    outcome.items = {{number, 1}};
    outcome.event_types = {event.type};
    outcome.object_ids = {event.object_id};
    outcome.attempt.emplace();
    outcome.attempt->attempt = 1;
    outcome.attempt->status_code = state == DeliveryState::kSucceeded ? 200 : 500;
    outcome.request_body = "{}";
    outcome.retry_after = absl::Hours(1);
    EXPECT_TRUE(store_.Record({outcome}).ok());
    return id;
  }

  void Switch(bool enabled) {
    const auto now = store_.Get(kDefaultTenant, webhook_.webhook_id).value();
    spec_.enabled = enabled;
    store_.Update(kDefaultTenant, webhook_.webhook_id, now.version, spec_, now.secrets)
        .value();
  }

  v1::Operation Redeliver(const std::string& filter, bool dry_run = false,
                          int rate = 10'000) {
    v1::RedeliverDeliveriesRequest request;
    request.set_filter(filter);
    request.set_dry_run(dry_run);
    request.set_max_per_second(rate);
    v1::Operation operation;
    const absl::Status status = use_cases_.Redeliver(kDefaultTenant, request, &operation);
    EXPECT_TRUE(status.ok()) << status;
    return operation;
  }

  // Steps until none is due, moving the clock by what the loop wants to wait.
  v1::Operation Finish(v1::Operation operation) {
    for (int i = 0; i < 1000; ++i) {
      clock_.Advance(loop_.RunOnce().value());
      EXPECT_TRUE(
          use_cases_.Get(kDefaultTenant, operation.operation_id(), &operation).ok());
      if (operation.state() != v1::OPERATION_STATE_RUNNING) break;
      v1::Operation again;
      again.set_operation_id(operation.operation_id());
      std::swap(operation, again);
    }
    return operation;
  }

  DeliveryState StateOf(const Uuid& id) {
    return store_.GetDelivery(kDefaultTenant, id, false)->state;
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
  domain::WebhookSpec spec_;
  store::StoredWebhook webhook_;
  store::WorkerId worker_ = 0;
  UuidV7Generator ids_;
  metrics::Registry registry_;
  OperationUseCases use_cases_{store_, store_};
  OperationLoop loop_{store_, store_, absl::Seconds(1), OperationMetrics::In(registry_),
                      clock_};
};

TEST_F(OperationLoopTest, RedeliversWhatTheFilterWantsAndNothingElse) {
  const Uuid failed = Ended(DeliveryState::kFailed);
  const Uuid succeeded = Ended(DeliveryState::kSucceeded);
  const v1::Operation operation = Finish(Redeliver("state = FAILED"));
  EXPECT_EQ(operation.state(), v1::OPERATION_STATE_SUCCEEDED) << operation.error();
  EXPECT_TRUE(operation.counted());
  EXPECT_EQ(operation.total_count(), 1);
  EXPECT_EQ(operation.redelivered_count(), 1);
  EXPECT_THAT(operation.skipped(), SizeIs(0));
  EXPECT_EQ(StateOf(failed), DeliveryState::kRetrying);
  EXPECT_EQ(StateOf(succeeded), DeliveryState::kSucceeded);
}

TEST_F(OperationLoopTest, ADryRunCountsByStateAndChangesNothing) {
  const Uuid failed = Ended(DeliveryState::kFailed);
  Ended(DeliveryState::kSucceeded);
  const v1::Operation operation =
      Finish(Redeliver("event_type = ticket.created", /*dry_run=*/true));
  EXPECT_EQ(operation.state(), v1::OPERATION_STATE_SUCCEEDED);
  EXPECT_EQ(operation.total_count(), 2);
  EXPECT_EQ(operation.redelivered_count(), 0);
  ASSERT_THAT(operation.state_counts(), SizeIs(2));
  EXPECT_EQ(operation.state_counts(0).state(), v1::DELIVERY_STATE_SUCCEEDED);
  EXPECT_EQ(operation.state_counts(1).state(), v1::DELIVERY_STATE_FAILED);
  EXPECT_EQ(StateOf(failed), DeliveryState::kFailed);
}

TEST_F(OperationLoopTest, WhatIsCreatedLaterIsNotTouched) {
  Ended(DeliveryState::kFailed);
  clock_.Advance(absl::Seconds(1));
  const v1::Operation started = Redeliver("state = FAILED");
  clock_.Advance(absl::Seconds(1));
  const Uuid later = Ended(DeliveryState::kFailed);
  EXPECT_EQ(Finish(started).redelivered_count(), 1);
  EXPECT_EQ(StateOf(later), DeliveryState::kFailed);
}

TEST_F(OperationLoopTest, GoesNoFasterThanItsRate) {
  for (int i = 0; i < 10; ++i) Ended(DeliveryState::kFailed);
  clock_.Advance(absl::Seconds(1));
  const absl::Time before = clock_.Now();
  EXPECT_EQ(Finish(Redeliver("state = FAILED", false, /*rate=*/2)).redelivered_count(),
            10);
  // The last one may go at the end of the fifth second.
  EXPECT_GE(clock_.Now() - before, absl::Seconds(4.5));
}

// Takes its time over each list.
class SlowDeliveries : public store::DeliveryStore {
 public:
  SlowDeliveries(testing::FakeStore& store, ManualClock& clock, absl::Duration time)
      : store_(store), clock_(clock), time_(time) {}
  absl::StatusOr<store::DeliveryPage> ListDeliveries(
      store::TenantId tenant, const store::DeliveryQuery& query) override {
    clock_.Advance(time_);
    return store_.ListDeliveries(tenant, query);
  }
  absl::StatusOr<store::DeliveryRecord> GetDelivery(store::TenantId tenant,
                                                    const Uuid& id,
                                                    bool bodies) override {
    return store_.GetDelivery(tenant, id, bodies);
  }
  absl::StatusOr<store::AttemptPage> ListAttempts(store::TenantId tenant, const Uuid& id,
                                                  int offset, int limit) override {
    return store_.ListAttempts(tenant, id, offset, limit);
  }

 private:
  testing::FakeStore& store_;
  ManualClock& clock_;
  const absl::Duration time_;
};

TEST_F(OperationLoopTest, TheTimeThatAStepTakesIsPartOfItsWait) {
  for (int i = 0; i < 3; ++i) Ended(DeliveryState::kFailed);
  clock_.Advance(absl::Seconds(1));
  SlowDeliveries deliveries(store_, clock_, absl::Milliseconds(300));
  OperationLoop loop(store_, deliveries, absl::Seconds(1),
                     OperationMetrics::In(registry_), clock_);
  const v1::Operation operation = Redeliver("state = FAILED", false, /*rate=*/2);
  EXPECT_EQ(loop.RunOnce().value(), absl::ZeroDuration());  // counts
  const auto redelivered = [&] {
    return store_
        .GetOperation(kDefaultTenant, Uuid::Parse(operation.operation_id()).value())
        ->progress.redelivered;
  };
  for (int done = 1; done < 3; ++done) {
    EXPECT_EQ(loop.RunOnce().value(), absl::Milliseconds(200));
    EXPECT_EQ(redelivered(), done);
    clock_.Advance(absl::Milliseconds(199));
    EXPECT_EQ(loop.RunOnce().value(), absl::Seconds(1));  // none is due yet
    clock_.Advance(absl::Milliseconds(1));
  }
}

TEST_F(OperationLoopTest, WhatCannotGoIsCountedByItsReason) {
  Ended(DeliveryState::kFailed);
  Switch(false);
  const v1::Operation operation = Finish(Redeliver("state = FAILED"));
  EXPECT_EQ(operation.state(), v1::OPERATION_STATE_SUCCEEDED);
  EXPECT_EQ(operation.redelivered_count(), 0);
  ASSERT_THAT(operation.skipped(), SizeIs(1));
  EXPECT_EQ(operation.skipped(0).reason(), "WEBHOOK_DISABLED");
  EXPECT_EQ(operation.skipped(0).count(), 1);
}

TEST_F(OperationLoopTest, AnAbsentDatabaseEndsNothing) {
  const Uuid failed = Ended(DeliveryState::kFailed);
  const v1::Operation operation = Redeliver("state = FAILED");
  store_.SetDown(absl::UnavailableError("no database"));
  EXPECT_TRUE(absl::IsUnavailable(loop_.RunOnce().status()));
  store_.SetDown(absl::OkStatus());
  EXPECT_EQ(Finish(operation).redelivered_count(), 1);
  EXPECT_EQ(StateOf(failed), DeliveryState::kRetrying);
}

TEST_F(OperationLoopTest, RecoversWhatFailedSinceAndWhatDisablingCancelled) {
  const Uuid before = Ended(DeliveryState::kFailed);
  clock_.Advance(absl::Hours(1));
  const absl::Time since = clock_.Now();
  const Uuid failed = Ended(DeliveryState::kFailed);
  const Uuid fine = Ended(DeliveryState::kSucceeded);
  const Uuid waiting = Ended(DeliveryState::kRetrying);
  const Uuid by_hand = Ended(DeliveryState::kRetrying);
  ASSERT_TRUE(
      store_.Cancel(kDefaultTenant, by_hand, std::string(store::kCancelledByHand)).ok());
  Switch(false);
  ASSERT_EQ(StateOf(waiting), DeliveryState::kCancelled);
  Switch(true);

  v1::RecoverWebhookRequest request;
  request.set_webhook_id(webhook_.webhook_id.ToString());
  request.mutable_since()->set_seconds(absl::ToUnixSeconds(since));
  v1::Operation operation;
  ASSERT_TRUE(use_cases_.Recover(kDefaultTenant, request, clock_.Now(), &operation).ok());
  operation = Finish(operation);
  EXPECT_EQ(operation.state(), v1::OPERATION_STATE_SUCCEEDED) << operation.error();
  EXPECT_EQ(operation.redelivered_count(), 2);
  EXPECT_EQ(StateOf(before), DeliveryState::kFailed);
  EXPECT_EQ(StateOf(failed), DeliveryState::kRetrying);
  EXPECT_EQ(StateOf(fine), DeliveryState::kSucceeded);
  EXPECT_EQ(StateOf(waiting), DeliveryState::kRetrying);
  EXPECT_EQ(StateOf(by_hand), DeliveryState::kCancelled);
}

TEST_F(OperationLoopTest, ARecoveryOfADisabledWebhookSaysToEnableIt) {
  Switch(false);
  v1::RecoverWebhookRequest request;
  request.set_webhook_id(webhook_.webhook_id.ToString());
  request.mutable_since()->set_seconds(1'700'000'000);
  v1::Operation operation;
  const absl::Status refused =
      use_cases_.Recover(kDefaultTenant, request, clock_.Now(), &operation);
  EXPECT_EQ(ReasonOf(refused), "WEBHOOK_DISABLED");
  request.set_dry_run(true);
  EXPECT_TRUE(use_cases_.Recover(kDefaultTenant, request, clock_.Now(), &operation).ok());
}

std::string RuleOf(const absl::Status& status, const std::string& field) {
  for (const Violation& violation : ViolationsOf(status)) {
    if (violation.field == field) return violation.rule;
  }
  return status.ToString();
}

TEST_F(OperationLoopTest, WrongRequestsNameEveryField) {
  v1::RedeliverDeliveriesRequest request;
  request.set_max_per_second(10'001);
  request.set_request_id(std::string(65, 'x'));
  v1::Operation operation;
  const absl::Status refused = use_cases_.Redeliver(kDefaultTenant, request, &operation);
  EXPECT_THAT(RuleOf(refused, "filter"), HasSubstr("say which"));
  EXPECT_THAT(RuleOf(refused, "max_per_second"), HasSubstr("1–10,000"));
  EXPECT_THAT(RuleOf(refused, "request_id"), HasSubstr("64"));
  request.Clear();
  request.set_filter("state = NOPE");
  EXPECT_THAT(RuleOf(use_cases_.Redeliver(kDefaultTenant, request, &operation), "filter"),
              HasSubstr("at position 9"));

  v1::RecoverWebhookRequest recover;
  recover.set_max_per_second(-1);
  const absl::Status no_recovery =
      use_cases_.Recover(kDefaultTenant, recover, clock_.Now(), &operation);
  EXPECT_THAT(RuleOf(no_recovery, "webhook_id"), HasSubstr("is required"));
  EXPECT_THAT(RuleOf(no_recovery, "since"), HasSubstr("is required"));
  EXPECT_THAT(RuleOf(no_recovery, "max_per_second"), HasSubstr("-1"));
  recover.Clear();
  recover.set_webhook_id(webhook_.webhook_id.ToString());
  recover.mutable_since()->set_seconds(1'900'000'000);
  EXPECT_THAT(
      RuleOf(use_cases_.Recover(kDefaultTenant, recover, clock_.Now(), &operation),
             "since"),
      HasSubstr("future"));
}

TEST_F(OperationLoopTest, IsListedCancelledAndGone) {
  const v1::Operation operation = Redeliver("state = FAILED");
  v1::ListOperationsResponse list;
  ASSERT_TRUE(use_cases_.List(kDefaultTenant, {}, &list).ok());
  ASSERT_THAT(list.operations(), SizeIs(1));
  EXPECT_EQ(list.operations(0).operation_id(), operation.operation_id());
  v1::Operation cancelled;
  ASSERT_TRUE(
      use_cases_.Cancel(kDefaultTenant, operation.operation_id(), &cancelled).ok());
  EXPECT_EQ(cancelled.state(), v1::OPERATION_STATE_CANCELLED);
  EXPECT_EQ(loop_.RunOnce().value(), absl::Seconds(1));
  EXPECT_EQ(ReasonOf(use_cases_.Get(kDefaultTenant, "no id", &cancelled)),
            "OPERATION_NOT_FOUND");
}

}  // namespace
}  // namespace windrow::control_plane
