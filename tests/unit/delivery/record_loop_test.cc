#include "workers/delivery/record_loop.h"

#include <set>

#include "tests/unit/delivery/delivery_fixture.h"

namespace windrow::delivery {
namespace {

using store::DeliveryState;
using ::testing::SizeIs;

class RecordLoopTest : public DeliveryTest {
 protected:
  // Deliveries of a new webhook that were sent and answered, not recorded.
  std::vector<Uuid> SendAndAnswer(int count, const http::Response& response) {
    return SendAndAnswer(SpecNamed("w" + std::to_string(++webhooks_)), count, response);
  }
  std::vector<Uuid> SendAndAnswer(const domain::WebhookSpec& spec, int count,
                                  const http::Response& response) {
    const std::vector<Uuid> ids = Publish(Create(spec), count);
    const std::size_t before = sender_.count();
    while (sender_.count() < before + static_cast<std::size_t>(count)) {
      claim_.RunOnce();
      sender_.FinishAll(response);
    }
    sender_.FinishAll(response);
    return ids;
  }

 private:
  int webhooks_ = 0;
};

TEST_F(RecordLoopTest, RecordsRequestAndAnswer) {
  const Uuid delivery = SendAndAnswer(1, Answer(200)).front();
  RecordAll();
  const store::DeliveryRecord record = Get(delivery);
  EXPECT_EQ(record.state, DeliveryState::kSucceeded);
  const store::Attempt attempt = AttemptsOf(delivery).front();
  EXPECT_EQ(attempt.status_code, 200);
  EXPECT_EQ(attempt.response_body, "thanks");
  ASSERT_THAT(queue_.records, SizeIs(1));
  const store::Outcome& outcome = queue_.records[0][0];
  EXPECT_EQ(outcome.request_body, *sender_.request(0).body);
  EXPECT_THAT(outcome.request_headers, ::testing::HasSubstr("webhook-id: "));
}

TEST_F(RecordLoopTest, WritesAtMostFiveHundredInOneTransaction) {
  SendAndAnswer(1'200, Answer(200));
  RecordAll();
  ASSERT_THAT(queue_.records, SizeIs(3));
  EXPECT_THAT(queue_.records[0], SizeIs(500));
  EXPECT_THAT(queue_.records[1], SizeIs(500));
  EXPECT_THAT(queue_.records[2], SizeIs(200));
}

TEST_F(RecordLoopTest, GathersFewFor10MillisecondsAfterARecord) {
  SendAndAnswer(1, Answer(200));
  EXPECT_EQ(record_.RunOnce(), absl::ZeroDuration());
  Advance(absl::Milliseconds(4));
  SendAndAnswer(2, Answer(200));
  EXPECT_EQ(record_.RunOnce(), absl::Milliseconds(6));
  EXPECT_THAT(queue_.records, SizeIs(1));
  SendAndAnswer(1, Answer(200));
  Advance(absl::Milliseconds(6));
  EXPECT_EQ(record_.RunOnce(), absl::ZeroDuration());
  ASSERT_THAT(queue_.records, SizeIs(2));
  EXPECT_THAT(queue_.records[1], SizeIs(3));
}

TEST_F(RecordLoopTest, DoesNotGatherMany) {
  SendAndAnswer(1, Answer(200));
  EXPECT_EQ(record_.RunOnce(), absl::ZeroDuration());
  SendAndAnswer(101, Answer(200));
  EXPECT_EQ(record_.RunOnce(), absl::ZeroDuration());
  EXPECT_THAT(queue_.records, SizeIs(2));
}

TEST_F(RecordLoopTest, DoesNotGatherWhatARetryWaitsFor) {
  SendAndAnswer(1, Answer(200));
  EXPECT_EQ(record_.RunOnce(), absl::ZeroDuration());
  domain::WebhookSpec spec = SpecNamed("soon");
  spec.retry.delays = {absl::ZeroDuration(), absl::Milliseconds(100)};
  SendAndAnswer(spec, 1, Answer(503));
  EXPECT_EQ(record_.RunOnce(), absl::ZeroDuration());
  EXPECT_THAT(queue_.records, SizeIs(2));
}

TEST_F(RecordLoopTest, DoesNotGatherWhatTheNextOfAnOrderWaitsFor) {
  SendAndAnswer(1, Answer(200));
  EXPECT_EQ(record_.RunOnce(), absl::ZeroDuration());
  domain::WebhookSpec spec = SpecNamed("in order");
  spec.ordering = domain::Ordering::kPerWebhook;
  SendAndAnswer(spec, 1, Answer(200));
  EXPECT_EQ(record_.RunOnce(), absl::ZeroDuration());
  EXPECT_THAT(queue_.records, SizeIs(2));
}

TEST_F(RecordLoopTest, AClockThatWentBackHoldsUpNothing) {
  SendAndAnswer(1, Answer(200));
  EXPECT_EQ(record_.RunOnce(), absl::ZeroDuration());
  SendAndAnswer(1, Answer(200));
  Advance(-absl::Hours(1));
  EXPECT_EQ(record_.RunOnce(), absl::ZeroDuration());
  EXPECT_THAT(queue_.records, SizeIs(2));
}

TEST_F(RecordLoopTest, KeepsOutcomesWhileTheDatabaseIsAway) {
  const Uuid delivery = SendAndAnswer(1, Answer(200)).front();
  store_.SetDown(absl::UnavailableError("no database"));
  EXPECT_EQ(record_.RunOnce(), absl::Microseconds(37'500));
  EXPECT_EQ(record_.RunOnce(), absl::Milliseconds(75));
  EXPECT_EQ(outcomes_.size(), 1u);
  store_.SetDown(absl::OkStatus());
  RecordAll();
  EXPECT_EQ(outcomes_.size(), 0u);
  EXPECT_EQ(StateOf(delivery), DeliveryState::kSucceeded);
}

TEST_F(RecordLoopTest, TimesCountFromTheAnswerHoweverLateTheRecord) {
  SendAndAnswer(1, Answer(503, absl::Seconds(1)));
  Advance(absl::Seconds(3));
  RecordAll();
  const store::Outcome& outcome = queue_.records[0][0];
  EXPECT_EQ(outcome.started_ago, absl::Seconds(4));
  EXPECT_EQ(outcome.retry_after, absl::Seconds(2));
}

TEST_F(RecordLoopTest, ARetryThatIsOverdueIsDueAtOnce) {
  SendAndAnswer(1, Answer(503));
  Advance(absl::Minutes(1));
  RecordAll();
  EXPECT_EQ(queue_.records[0][0].retry_after, absl::ZeroDuration());
  ClaimAll();
  EXPECT_EQ(sender_.count(), 2u);
}

TEST_F(RecordLoopTest, AnOutcomeThatIsRefusedDoesNotHoldUpTheOthers) {
  const std::vector<Uuid> ids = SendAndAnswer(10, Answer(200));
  const Uuid bad = ids[4];
  int tries = 0;
  queue_.before_record = [&](const std::vector<store::Outcome>& outcomes) {
    for (const store::Outcome& outcome : outcomes) {
      if (outcome.window_id != bad) continue;
      if (outcomes.size() == 1) ++tries;
      return absl::InternalError("not this one");
    }
    return absl::OkStatus();
  };
  EXPECT_GT(record_.RunOnce(), absl::ZeroDuration());
  EXPECT_EQ(outcomes_.size(), 1u);
  for (const Uuid& id : ids) {
    if (id == bad) continue;
    EXPECT_EQ(StateOf(id), DeliveryState::kSucceeded);
  }
  for (int i = 0; i < 20 && outcomes_.size() > 0; ++i) record_.RunOnce();
  EXPECT_EQ(outcomes_.size(), 0u);
  EXPECT_EQ(outcomes_.bytes(), 0u);
  EXPECT_EQ(StateOf(bad), DeliveryState::kInFlight);  // until its lease ends
}

TEST_F(RecordLoopTest, NothingIsDroppedWhileTheDatabaseRefusesAll) {
  const std::vector<Uuid> ids = SendAndAnswer(3, Answer(200));
  queue_.before_record = [](const auto&) { return absl::InternalError("broken"); };
  for (int i = 0; i < 50; ++i) record_.RunOnce();
  EXPECT_EQ(outcomes_.size(), 3u);
  queue_.before_record = nullptr;
  RecordAll();
  for (const Uuid& id : ids) EXPECT_EQ(StateOf(id), DeliveryState::kSucceeded);
}

TEST_F(RecordLoopTest, ALateOutcomeBecomesALateAttempt) {
  const Uuid delivery = SendAndAnswer(1, Answer(200)).front();
  Advance(absl::Minutes(2));  // past the lease
  const auto webhook = Get(delivery).webhook_id;
  ASSERT_THAT(store_.ClaimWindows(9, {{webhook, 1}}, absl::Seconds(15))->windows,
              SizeIs(1));
  RecordAll();
  EXPECT_EQ(StateOf(delivery), DeliveryState::kInFlight);
  EXPECT_TRUE(AttemptsOf(delivery).front().late);
}

}  // namespace
}  // namespace windrow::delivery
