#include "workers/delivery/upkeep_loop.h"

#include "tests/unit/delivery/delivery_fixture.h"

namespace windrow::delivery {
namespace {

using store::DeliveryState;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Two requests at once, so that the third delivery waits in the worker.
class UpkeepLoopTest : public DeliveryTest {
 protected:
  UpkeepLoopTest() : DeliveryTest({.concurrency = 2, .max_in_flight = 40}) {}

  // The webhook gave so many answers at once: as many may be held.
  store::StoredWebhook CreateProven(const std::string& name, int answers = 10) {
    const auto webhook = Create(SpecNamed(name));
    Publish(webhook, answers);
    for (int i = 0; i < 50; ++i) {
      claim_.RunOnce();
      sender_.FinishAll(Answer(200));
    }
    RecordAll();
    first_ = sender_.count();
    return webhook;
  }
  // Time goes on, and then the two requests that run are answered.
  void AnswerTwo() {
    Advance(absl::Milliseconds(800));
    upkeep_.RunOnce();
    sender_.FinishAll(Answer(200));
  }
  // Requests since then.
  std::size_t Sent() const { return sender_.count() - first_; }
  const http::Request& Request(std::size_t i) { return sender_.request(first_ + i); }
  void Finish(std::size_t i, const http::Response& r) { sender_.Finish(first_ + i, r); }

  std::size_t first_ = 0;
};

TEST_F(UpkeepLoopTest, WhatWaitedIsNotSentOnceTheWebhookIsDisabled) {
  const auto webhook = CreateProven("a");
  const std::vector<Uuid> ids = Publish(webhook, 6);
  ClaimAll();
  ASSERT_EQ(Sent(), 2u);
  auto spec = webhook.spec;
  spec.enabled = false;
  Update(webhook, spec);
  Advance(absl::Seconds(2));
  Finish(0, Answer(200));
  EXPECT_EQ(Sent(), 2u);
  upkeep_.RunOnce();
  Finish(1, Answer(200));
  EXPECT_EQ(Sent(), 2u);
  RecordAll();
  EXPECT_EQ(StateOf(ids[0]), DeliveryState::kSucceeded);
  EXPECT_EQ(StateOf(ids[1]), DeliveryState::kSucceeded);
  for (std::size_t i = 2; i < ids.size(); ++i) {
    EXPECT_EQ(StateOf(ids[i]), DeliveryState::kCancelled);
  }
}

TEST_F(UpkeepLoopTest, WhatWaitedIsNotSentOnceTheWebhookIsDeleted) {
  const auto webhook = CreateProven("a");
  const std::vector<Uuid> ids = Publish(webhook, 3);
  ClaimAll();
  ASSERT_TRUE(store_.Delete(store::kDefaultTenant, webhook.webhook_id, {}).ok());
  Advance(absl::Seconds(2));
  upkeep_.RunOnce();
  Finish(0, Answer(200));
  RecordAll();
  EXPECT_EQ(Sent(), 2u);
  EXPECT_EQ(StateOf(ids[2]), DeliveryState::kCancelled);
}

// The sender of the tests starts nothing by itself: it stands for one that waits for a
// token.
TEST_F(UpkeepLoopTest, WhatWaitsForItsTokenMayNotStartOnceTheWebhookIsDisabled) {
  auto spec = SpecNamed("a");
  spec.oauth2 = {.token_url = "https://id.example/token", .client_id = "windrow"};
  const auto webhook = Create(spec);
  const std::vector<Uuid> ids = Publish(webhook, 1);
  ClaimAll();
  ASSERT_EQ(sender_.count(), 1u);
  const http::Request& request = sender_.request(0);
  ASSERT_TRUE(request.may_start);
  EXPECT_TRUE(request.may_start());
  spec.enabled = false;
  Update(webhook, spec);
  Advance(absl::Seconds(1));
  upkeep_.RunOnce();
  EXPECT_FALSE(request.may_start());
  // What did not start is cancelled when it is claimed again.
  sender_.Finish(0, Failure(http::ErrorKind::kToken));
  RecordAll();
  Advance(absl::Seconds(10));
  ClaimAll();
  RecordAll();
  EXPECT_EQ(sender_.count(), 1u);
  EXPECT_EQ(StateOf(ids[0]), DeliveryState::kCancelled);
}

TEST_F(UpkeepLoopTest, RequestsWithoutATokenAreNotAskedFor) {
  Publish(Create(SpecNamed("a")), 1);
  ClaimAll();
  EXPECT_FALSE(sender_.request(0).may_start);
}

TEST_F(UpkeepLoopTest, AnEditTakesEffectForTheNextRequestThatStarts) {
  const auto webhook = CreateProven("a");
  Publish(webhook, 5);
  ClaimAll();
  AnswerTwo();
  auto spec = webhook.spec;
  spec.url = "https://new.example/hook";
  spec.payload = domain::PayloadKind::kEventOnly;
  Update(webhook, spec);
  AnswerTwo();
  ASSERT_EQ(Sent(), 5u);
  EXPECT_EQ(Request(3).url, "https://a.example/hook");
  EXPECT_EQ(Request(4).url, "https://new.example/hook");
  // The contents were frozen when the window closed.
  EXPECT_THAT(*Request(4).body, ::testing::HasSubstr("\"ticket\""));
}

TEST_F(UpkeepLoopTest, WhatWaitedIsSignedWhenItStarts) {
  const auto webhook = CreateProven("a");
  const std::vector<Uuid> ids = Publish(webhook, 5);
  ClaimAll();
  AnswerTwo();
  AnswerTwo();
  ASSERT_EQ(Sent(), 5u);
  EXPECT_EQ(HeaderOf(Request(4), "webhook-timestamp"), "1800000001");
  EXPECT_EQ(HeaderOf(Request(4), "webhook-signature"),
            crypto::SigningKey::Parse(kSecret)->Sign(ids[4].ToString(), 1'800'000'001,
                                                     *Request(4).body));
}

TEST_F(UpkeepLoopTest, NothingStartsOnOldStateWhileTheDatabaseIsAway) {
  Publish(CreateProven("a"), 3);
  ClaimAll();
  Advance(absl::Seconds(2));
  store_.SetDown(absl::UnavailableError("no database"));
  upkeep_.RunOnce();
  Finish(0, Answer(200));
  EXPECT_EQ(Sent(), 2u);
  store_.SetDown(absl::OkStatus());
  upkeep_.RunOnce();
  EXPECT_EQ(Sent(), 3u);
}

TEST_F(UpkeepLoopTest, LeasesOfWhatWaitsAreRenewedOnceHalfOfTheSlackIsGone) {
  const auto webhook = CreateProven("a", 28);
  Publish(webhook, 28);
  ClaimAll();
  for (int i = 0; i < 9; ++i) AnswerTwo();  // 7.2 s
  EXPECT_THAT(queue_.renewals, IsEmpty());
  AnswerTwo();
  ASSERT_THAT(queue_.renewals, SizeIs(1));
  EXPECT_THAT(queue_.renewals[0], SizeIs(8));
  EXPECT_EQ(queue_.renewed_for[0], absl::Seconds(45));
  for (int i = 0; i < 4; ++i) AnswerTwo();
  EXPECT_EQ(Sent(), 28u);
}

TEST_F(UpkeepLoopTest, ARunningRequestThatOutlastsItsLeaseIsRenewed) {
  Publish(CreateProven("a"), 2);
  ClaimAll();
  ASSERT_EQ(Sent(), 2u);
  Advance(absl::Seconds(37));  // the request's timeout, and still it runs
  upkeep_.RunOnce();
  EXPECT_THAT(queue_.renewals, IsEmpty());
  Advance(absl::Seconds(1));
  upkeep_.RunOnce();
  ASSERT_THAT(queue_.renewals, SizeIs(1));
  EXPECT_THAT(queue_.renewals[0], SizeIs(2));
  EXPECT_EQ(queue_.renewed_for[0], absl::Seconds(45));
}

TEST_F(UpkeepLoopTest, WhatAnotherWorkerHoldsByNowIsNotSent) {
  const auto webhook = CreateProven("a");
  Publish(webhook, 3);
  ClaimAll();
  // As after SIGSTOP: the lease ended, and another worker came.
  Advance(absl::Minutes(5));
  ASSERT_THAT(
      store_.ClaimWindows(9, {{webhook.webhook_id, 9}}, absl::Seconds(15))->windows,
      SizeIs(3));
  Finish(0, Answer(200));
  EXPECT_EQ(Sent(), 2u);
  upkeep_.RunOnce();
  Finish(1, Answer(200));
  upkeep_.RunOnce();
  EXPECT_EQ(Sent(), 2u);
  EXPECT_EQ(dispatcher_.running(), 0);
  EXPECT_EQ(dispatcher_.bytes(), 0u);
}

TEST_F(UpkeepLoopTest, AnEndpointThatStopsAnsweringGivesBackWhatWaitsForIt) {
  const auto webhook = CreateProven("a");
  Publish(webhook, 8);
  ClaimAll();
  Advance(absl::Milliseconds(1'200));
  upkeep_.RunOnce();
  EXPECT_THAT(queue_.released, SizeIs(6));
  Finish(0, Answer(200));
  Finish(1, Answer(200));
  ClaimAll();
  EXPECT_EQ(Sent(), 4u);
}

TEST_F(UpkeepLoopTest, ANewKeyThatTheRingLacksPutsTheReasonOnRecord) {
  const auto webhook = CreateProven("a");
  const std::vector<Uuid> ids = Publish(webhook, 3);
  ClaimAll();
  Update(webhook, webhook.spec);
  queue_.load_errors[webhook.webhook_id] =
      absl::FailedPreconditionError("the key ring lacks key 7");
  Advance(absl::Seconds(2));
  upkeep_.RunOnce();
  Finish(0, Answer(200));
  Finish(1, Answer(200));
  ClaimAll();
  RecordAll();
  EXPECT_EQ(Sent(), 2u);
  EXPECT_EQ(AttemptsOf(ids[2]).front().error_detail, "the key ring lacks key 7");
}

TEST_F(UpkeepLoopTest, NothingStartsAfterAStopAndWhatWaitedIsGivenBack) {
  const auto webhook = CreateProven("a");
  const std::vector<Uuid> ids = Publish(webhook, 5);
  ClaimAll();
  upkeep_.GiveBack(dispatcher_.StopStarting());
  EXPECT_FALSE(upkeep_.all_given_back());
  upkeep_.RunOnce();
  EXPECT_TRUE(upkeep_.all_given_back());
  EXPECT_THAT(queue_.released, SizeIs(3));
  EXPECT_EQ(StateOf(ids[4]), DeliveryState::kPending);
  Finish(0, Answer(200));
  EXPECT_EQ(dispatcher_.running(), 1);
  Finish(1, Answer(200));
  EXPECT_EQ(dispatcher_.running(), 0);
  EXPECT_EQ(Sent(), 2u);
  EXPECT_TRUE(stopped_.WaitFor(absl::ZeroDuration()));
}

}  // namespace
}  // namespace windrow::delivery
