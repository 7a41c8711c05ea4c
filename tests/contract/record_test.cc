// What Record promises.
#include <utility>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using store::DeliveryState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kLease = absl::Seconds(40);

TEST_P(RecordContract, ASuccessEndsTheDelivery) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const absl::Time before = Now();
  const auto window = ClaimOne(webhook);
  EXPECT_EQ(Record({OutcomeOf(window, DeliveryState::kSucceeded, 204)}), 0);

  const auto record = Get(published.window_id);
  EXPECT_EQ(record.tenant_id, kTenant);
  EXPECT_EQ(record.webhook_id, webhook.webhook_id);
  EXPECT_EQ(record.state, DeliveryState::kSucceeded);
  EXPECT_EQ(record.created_at, published.window_id.time());
  ASSERT_TRUE(record.finished_at.has_value());
  EXPECT_GE(*record.finished_at, before);
  EXPECT_EQ(record.due_at, std::nullopt);
  EXPECT_EQ(record.attempt_count, 1);
  EXPECT_EQ(record.item_count, 1);
  ASSERT_THAT(record.items, SizeIs(1));
  EXPECT_EQ(record.items[0].ref, window.items[0].ref);
  EXPECT_EQ(record.items[0].event_type, "ticket.created");
  EXPECT_EQ(record.items[0].object_id, "7");
  EXPECT_EQ(record.request_headers, "content-type: application/json\n");
  EXPECT_EQ(record.request_body, R"({"id":"an item"})");
  harness().ShiftWindows(absl::Hours(48));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
}

TEST_P(RecordContract, EveryFieldOfTheAttemptIsKept) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto window = ClaimOne(webhook);
  auto outcome = OutcomeOf(window, DeliveryState::kFailed, 503);
  outcome.reason = "every attempt was used";
  outcome.started_ago = absl::Seconds(7);
  outcome.attempt->response_bytes = 5'000'000'000;
  const absl::Time before = Now();
  EXPECT_EQ(Record({outcome}), 0);
  const absl::Time after = Now();

  const auto record = Get(published.window_id);
  EXPECT_EQ(record.state, DeliveryState::kFailed);
  EXPECT_EQ(record.reason, "every attempt was used");
  ASSERT_TRUE(record.last_attempt.has_value());
  const store::Attempt& attempt = *record.last_attempt;
  EXPECT_EQ(attempt.attempt, 1);
  EXPECT_FALSE(attempt.late);
  EXPECT_GE(attempt.started_at, before - absl::Seconds(7));
  EXPECT_LE(attempt.started_at, after - absl::Seconds(7));
  EXPECT_EQ(attempt.duration, absl::Milliseconds(120));
  EXPECT_EQ(attempt.name_lookup, absl::Milliseconds(1));
  EXPECT_EQ(attempt.connect, absl::Milliseconds(10));
  EXPECT_EQ(attempt.tls, absl::Milliseconds(30));
  EXPECT_EQ(attempt.first_byte, absl::Milliseconds(110));
  EXPECT_EQ(attempt.remote_address, "203.0.113.7:443");
  EXPECT_EQ(attempt.status_code, 503);
  EXPECT_EQ(attempt.error, store::AttemptError::kHttp);
  EXPECT_EQ(attempt.error_detail, "status 503");
  EXPECT_EQ(attempt.request_bytes, 17);
  EXPECT_EQ(attempt.response_bytes, 5'000'000'000);
  EXPECT_EQ(attempt.response_headers, "content-type: text/plain\n");
  EXPECT_EQ(attempt.response_body, "hello");
}

TEST_P(RecordContract, ARetryWaitsItsTimeAndCountsItsAttempts) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 500);
  outcome.retry_after = absl::Seconds(300);
  const absl::Time before = Now();
  EXPECT_EQ(Record({outcome}), 0);

  auto record = Get(published.window_id);
  EXPECT_EQ(record.state, DeliveryState::kRetrying);
  EXPECT_EQ(record.attempt_count, 1);
  EXPECT_EQ(record.finished_at, std::nullopt);
  ASSERT_TRUE(record.due_at.has_value());
  EXPECT_GE(*record.due_at, before + absl::Seconds(300));
  ASSERT_TRUE(record.last_attempt.has_value());
  EXPECT_EQ(record.last_attempt->status_code, 500);

  harness().ShiftWindows(absl::Seconds(200));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  harness().ShiftWindows(absl::Seconds(100));
  const auto again = ClaimOne(webhook);
  EXPECT_EQ(again.attempt, 1);
  EXPECT_EQ(again.lease_seq, 2);
  EXPECT_EQ(Get(published.window_id).state, DeliveryState::kInFlight);

  Record({OutcomeOf(again, DeliveryState::kSucceeded, 200)});
  record = Get(published.window_id);
  EXPECT_EQ(record.state, DeliveryState::kSucceeded);
  EXPECT_EQ(record.attempt_count, 2);
  EXPECT_EQ(record.last_attempt->status_code, 200);
}

TEST_P(RecordContract, ACancelledDeliveryNeedsNoAttempt) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kCancelled, 0);
  outcome.attempt.reset();
  outcome.request_headers.clear();
  outcome.request_body.clear();
  outcome.reason = "the webhook was disabled";
  EXPECT_EQ(Record({outcome}), 0);

  const auto record = Get(published.window_id);
  EXPECT_EQ(record.state, DeliveryState::kCancelled);
  EXPECT_EQ(record.reason, "the webhook was disabled");
  EXPECT_EQ(record.attempt_count, 0);
  EXPECT_EQ(record.last_attempt, std::nullopt);
  EXPECT_TRUE(record.finished_at.has_value());
  EXPECT_EQ(record.items.at(0).ref.escmsg_id, published.escmsg_id);
  EXPECT_THAT(Attempts(published.window_id), IsEmpty());
}

TEST_P(RecordContract, AnEndWithoutAnAttemptKeepsTheAttemptsBefore) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 500)});
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kCancelled, 0);
  outcome.attempt.reset();
  Record({outcome});

  const auto record = Get(published.window_id);
  EXPECT_EQ(record.state, DeliveryState::kCancelled);
  EXPECT_EQ(record.attempt_count, 1);
  ASSERT_TRUE(record.last_attempt.has_value());
  EXPECT_EQ(record.last_attempt->status_code, 500);
  EXPECT_THAT(Attempts(published.window_id), SizeIs(1));
}

TEST_P(RecordContract, AnOutcomeOfALostLeaseIsLateAndChangesNothingElse) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto lost = ClaimOne(webhook);
  harness().ShiftWindows(kLease);
  const auto held = ClaimOne(webhook);
  EXPECT_EQ(Record({OutcomeOf(lost, DeliveryState::kSucceeded, 200)}), 1);

  EXPECT_EQ(Get(published.window_id).state, DeliveryState::kInFlight);
  EXPECT_EQ(Get(published.window_id).attempt_count, 0);
  auto attempts = Attempts(published.window_id);
  ASSERT_THAT(attempts, SizeIs(1));
  EXPECT_TRUE(attempts[0].late);
  EXPECT_EQ(attempts[0].status_code, 200);

  EXPECT_EQ(Record({OutcomeOf(held, DeliveryState::kFailed, 500)}), 0);
  const auto record = Get(published.window_id);
  EXPECT_EQ(record.state, DeliveryState::kFailed);
  EXPECT_EQ(record.attempt_count, 1);
  EXPECT_EQ(record.last_attempt->status_code, 500);
}

TEST_P(RecordContract, ARetryOfALostLeaseIsLateAndTakesNothingBack) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto lost = ClaimOne(webhook);
  harness().ShiftWindows(kLease);
  const auto held = ClaimOne(webhook);
  EXPECT_EQ(Record({OutcomeOf(lost, DeliveryState::kRetrying, 500)}), 1);

  EXPECT_EQ(Get(published.window_id).state, DeliveryState::kInFlight);
  EXPECT_EQ(Get(published.window_id).attempt_count, 0);
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  EXPECT_EQ(Record({OutcomeOf(held, DeliveryState::kSucceeded, 200)}), 0);
  EXPECT_EQ(Get(published.window_id).state, DeliveryState::kSucceeded);
}

// Its lease ended with the retry that was recorded: what the same worker says of it again
// is late.
TEST_P(RecordContract, AnEndAfterTheRetryOfTheSameLeaseIsLate) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto window = ClaimOne(webhook);
  auto retry = OutcomeOf(window, DeliveryState::kRetrying, 500);
  retry.retry_after = absl::Hours(1);
  EXPECT_EQ(Record({retry}), 0);
  EXPECT_EQ(Record({OutcomeOf(window, DeliveryState::kFailed, 500)}), 1);
  EXPECT_EQ(Get(published.window_id).state, DeliveryState::kRetrying);
  EXPECT_EQ(Get(published.window_id).attempt_count, 1);
}

TEST_P(RecordContract, ALateOutcomeAfterTheEndChangesNothing) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto lost = ClaimOne(webhook);
  harness().ShiftWindows(kLease);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  const auto before = Get(published.window_id);
  EXPECT_EQ(Record({OutcomeOf(lost, DeliveryState::kRetrying, 500)}), 1);

  const auto record = Get(published.window_id);
  EXPECT_EQ(record.state, DeliveryState::kSucceeded);
  EXPECT_EQ(record.finished_at, before.finished_at);
  EXPECT_EQ(record.attempt_count, 1);
  EXPECT_EQ(record.last_attempt->status_code, 200);
  harness().ShiftWindows(absl::Hours(1));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  EXPECT_THAT(Attempts(published.window_id), SizeIs(2));
}

TEST_P(RecordContract, ALateOutcomeWithoutAnAttemptLeavesNoTrace) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kCancelled, 0);
  outcome.attempt.reset();
  harness().ShiftWindows(kLease);
  ClaimOne(webhook);
  EXPECT_EQ(Record({outcome}), 1);
  EXPECT_THAT(Attempts(published.window_id), IsEmpty());
  EXPECT_EQ(Get(published.window_id).state, DeliveryState::kInFlight);
}

// A worker whose connection was lost after it sent the commit records once more.
TEST_P(RecordContract, AnEndThatIsRecordedTwiceIsOneAttempt) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200);
  Record({outcome});
  Record({outcome});
  EXPECT_EQ(Get(published.window_id).state, DeliveryState::kSucceeded);
  EXPECT_EQ(Get(published.window_id).attempt_count, 1);
  const auto attempts = Attempts(published.window_id);
  ASSERT_THAT(attempts, SizeIs(1));
  EXPECT_FALSE(attempts[0].late);
}

TEST_P(RecordContract, ARetryThatIsRecordedTwiceIsOneAttempt) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 500);
  outcome.retry_after = absl::Seconds(100);
  Record({outcome});
  const auto due_at = Get(published.window_id).due_at;
  harness().Tick();
  Record({outcome});
  EXPECT_EQ(Get(published.window_id).attempt_count, 1);
  EXPECT_EQ(Get(published.window_id).due_at, due_at);
  const auto attempts = Attempts(published.window_id);
  ASSERT_THAT(attempts, SizeIs(1));
  EXPECT_FALSE(attempts[0].late);
}

TEST_P(RecordContract, OneCallTakesOutcomesOfEveryKind) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto late = Publish(webhook);
  const auto lost = ClaimOne(webhook);
  harness().ShiftWindows(kLease);
  ClaimOne(webhook);
  std::vector<ContractTest::Published> published;
  std::vector<store::Outcome> outcomes = {
      OutcomeOf(lost, DeliveryState::kSucceeded, 200)};
  for (const auto& [state, status] :
       {std::pair(DeliveryState::kSucceeded, 200), std::pair(DeliveryState::kFailed, 410),
        std::pair(DeliveryState::kRetrying, 500),
        std::pair(DeliveryState::kCancelled, 0)}) {
    published.push_back(Publish(webhook));
    outcomes.push_back(OutcomeOf(ClaimOne(webhook), state, status));
    outcomes.back().retry_after = absl::Hours(1);
  }
  EXPECT_EQ(Record(outcomes), 1);
  EXPECT_EQ(Get(late.window_id).state, DeliveryState::kInFlight);
  EXPECT_EQ(Get(published[0].window_id).state, DeliveryState::kSucceeded);
  EXPECT_EQ(Get(published[1].window_id).state, DeliveryState::kFailed);
  EXPECT_EQ(Get(published[2].window_id).state, DeliveryState::kRetrying);
  EXPECT_EQ(Get(published[3].window_id).state, DeliveryState::kCancelled);
  EXPECT_EQ(Record({}), 0);
}

TEST_P(RecordContract, BodiesOfAnyBytesAreKept) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kFailed, 500);
  outcome.attempt->response_body = all_bytes;
  outcome.attempt->response_headers = "x-latin1: \xE4\xF6\xFC\n";
  outcome.request_body = all_bytes + all_bytes;
  Record({outcome});
  const auto record = Get(published.window_id);
  EXPECT_EQ(record.request_body, all_bytes + all_bytes);
  EXPECT_EQ(record.last_attempt->response_body, all_bytes);
  EXPECT_EQ(record.last_attempt->response_headers, "x-latin1: \xE4\xF6\xFC\n");
  EXPECT_EQ(Attempts(published.window_id).at(0).response_body, all_bytes);
}

TEST_P(RecordContract, BodiesOfAnyBytesAreKeptOfRetriesToo) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const std::string body("\0\xff{\"", 4);
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 500);
  outcome.attempt->response_body = body;
  Record({outcome});
  EXPECT_EQ(Attempts(published.window_id).at(0).response_body, body);
  EXPECT_EQ(Get(published.window_id).last_attempt->response_body, body);
}

TEST_P(RecordContract, LightweightLogsKeepNoBodyAndNoHeader) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  auto retried = OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 500);
  retried.keep_bodies = false;
  Record({retried});
  auto ended = OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200);
  ended.keep_bodies = false;
  Record({ended});

  const auto record = Get(published.window_id);
  EXPECT_EQ(record.state, DeliveryState::kSucceeded);
  EXPECT_EQ(record.request_headers, "");
  EXPECT_EQ(record.request_body, "");
  EXPECT_EQ(record.last_attempt->response_body, "");
  EXPECT_EQ(record.last_attempt->request_bytes, 17);
  const auto attempts = Attempts(published.window_id);
  ASSERT_THAT(attempts, SizeIs(2));
  for (const auto& attempt : attempts) {
    EXPECT_EQ(attempt.response_headers, "");
    EXPECT_EQ(attempt.response_body, "");
    EXPECT_EQ(attempt.response_bytes, 5);
  }
}

TEST_P(RecordContract, AnyErrorCanBeRecorded) {
  const auto webhook = Create(SpecNamed("Tickets"));
  for (int kind = 0; kind <= 12; ++kind) {
    const auto published = Publish(webhook);
    auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kFailed, 0);
    outcome.attempt->error = static_cast<store::AttemptError>(kind);
    outcome.attempt->remote_address.clear();
    outcome.attempt->connect = outcome.attempt->tls = absl::ZeroDuration();
    outcome.attempt->first_byte = absl::ZeroDuration();
    outcome.attempt->response_headers.clear();
    outcome.attempt->response_body.clear();
    Record({outcome});
    const auto record = Get(published.window_id);
    ASSERT_TRUE(record.last_attempt.has_value());
    EXPECT_EQ(static_cast<int>(record.last_attempt->error), kind);
    EXPECT_EQ(record.last_attempt->status_code, 0);
    EXPECT_EQ(record.last_attempt->remote_address, "");
    EXPECT_EQ(record.last_attempt->tls, absl::ZeroDuration());
  }
}

}  // namespace
}  // namespace windrow::contract
