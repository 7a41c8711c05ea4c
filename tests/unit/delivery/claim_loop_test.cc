#include "workers/delivery/claim_loop.h"

#include "tests/unit/delivery/delivery_fixture.h"

namespace windrow::delivery {
namespace {

using store::AttemptError;
using store::DeliveryState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

class ClaimLoopTest : public DeliveryTest {};

TEST_F(ClaimLoopTest, SendsWhatWasPublishedWithItsSignature) {
  const auto webhook = Create(SpecNamed("a"));
  const Uuid delivery = Publish(webhook, 1).front();
  ClaimAll();
  ASSERT_EQ(sender_.count(), 1u);
  const http::Request& request = sender_.request(0);
  EXPECT_EQ(request.url, "https://a.example/hook");
  EXPECT_THAT(*request.body, HasSubstr(R"("ticket":{"n": 1})"));
  EXPECT_EQ(HeaderOf(request, "webhook-id"), delivery.ToString());
  EXPECT_EQ(HeaderOf(request, "webhook-timestamp"), "1800000000");
  EXPECT_EQ(HeaderOf(request, "webhook-signature"),
            crypto::SigningKey::Parse(kSecret)->Sign(delivery.ToString(), 1'800'000'000,
                                                     *request.body));
}

TEST_F(ClaimLoopTest, SignsWithTheDatabasesTime) {
  local_.Advance(absl::Minutes(10));
  Publish(Create(SpecNamed("a")), 1);
  ClaimAll();
  EXPECT_EQ(HeaderOf(sender_.request(0), "webhook-timestamp"), "1800000000");
}

TEST_F(ClaimLoopTest, ABatchIsOneRequestWithAnArray) {
  domain::WebhookSpec spec = SpecNamed("a");
  spec.payload = domain::PayloadKind::kSmall;
  spec.batching.mode = domain::BatchMode::kAny;
  PublishBatch(Create(spec), 3);
  ClaimAll();
  ASSERT_EQ(sender_.count(), 1u);
  EXPECT_THAT(*sender_.request(0).body, StartsWith("[{\"id\":"));
}

TEST_F(ClaimLoopTest, AMessageIsRenderedAndSignedAsItIsSent) {
  domain::WebhookSpec spec = SpecNamed("a");
  spec.type = domain::WebhookType::kDiscord;
  spec.message_template = "{{event.type}}: {{object.n}}";
  const Uuid delivery = Publish(Create(spec), 1).front();
  ClaimAll();
  ASSERT_EQ(sender_.count(), 1u);
  const http::Request& request = sender_.request(0);
  EXPECT_THAT(*request.body, StartsWith(R"({"content":")"));
  EXPECT_THAT(*request.body, HasSubstr(R"(: 1","allowed_mentions":{"parse":[]}})"));
  EXPECT_EQ(HeaderOf(request, "webhook-signature"),
            crypto::SigningKey::Parse(kSecret)->Sign(delivery.ToString(), 1'800'000'000,
                                                     *request.body));
}

TEST_F(ClaimLoopTest, EveryAttemptKeepsTheKeyFieldsOfTheTimeOfPublishing) {
  const auto set_key_fields = [&](std::vector<std::string> fields) {
    auto type = store_.GetEventType(store::kDefaultTenant, "ticket.created").value();
    type.spec.key_fields = std::move(fields);
    ASSERT_TRUE(
        store_.UpdateEventType(store::kDefaultTenant, type.version, type.spec).ok());
  };
  domain::WebhookSpec spec = SpecNamed("a");
  spec.payload = domain::PayloadKind::kSmall;
  spec.retry.delays = {absl::ZeroDuration(), absl::Seconds(5)};
  const auto webhook = Create(spec);
  set_key_fields({"other"});
  Publish(webhook, 1);
  ClaimAll();
  sender_.Finish(0, Answer(500));
  RecordAll();
  set_key_fields({"n"});
  Publish(webhook, 1);
  Advance(absl::Seconds(10));
  ClaimAll();
  ASSERT_EQ(sender_.count(), 3u);
  EXPECT_THAT(*sender_.request(0).body, HasSubstr(R"("ticket":{})"));
  std::vector<std::string> later = {*sender_.request(1).body, *sender_.request(2).body};
  EXPECT_THAT(later, ::testing::UnorderedElementsAre(*sender_.request(0).body,
                                                     HasSubstr(R"("ticket":{"n":2})")));
}

TEST_F(ClaimLoopTest, ScansAllBucketsAtStartAndEverySecondAfterIt) {
  ClaimAll();
  EXPECT_THAT(queue_.scans, ElementsAre(Pair(0, 1023)));
  Advance(absl::Milliseconds(999));
  ClaimAll();
  EXPECT_THAT(queue_.scans, SizeIs(1));
  Advance(absl::Seconds(1));
  ClaimAll();
  EXPECT_THAT(queue_.scans, ElementsAre(Pair(0, 1023), Pair(0, 1023)));
}

TEST_F(ClaimLoopTest, ScansSmallerSlicesWhereAScanTakesLong) {
  queue_.before_scan = [this] { local_.Advance(absl::Milliseconds(9)); };
  for (int i = 0; i < 8; ++i) {
    ClaimAll();
    Advance(absl::Seconds(1));
  }
  EXPECT_THAT(queue_.scans,
              ElementsAre(Pair(0, 1023), Pair(0, 1023), Pair(0, 511), Pair(512, 767),
                          Pair(768, 895), Pair(896, 959), Pair(960, 1023), Pair(0, 63)));
  queue_.before_scan = [this] { local_.Advance(absl::Milliseconds(1)); };
  ClaimAll();
  Advance(absl::Seconds(1));
  ClaimAll();
  EXPECT_THAT(queue_.scans[8], Pair(64, 127));
  EXPECT_THAT(queue_.scans[9], Pair(128, 255));
}

TEST_F(ClaimLoopTest, ALeaseThatEndedIsTakenOverWithinASecond) {
  const auto webhook = Create(SpecNamed("a"));
  ClaimAll();
  Publish(webhook, 1);
  const auto other = store_.RegisterWorker("other");
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(store_
                  .ClaimWindows(*other, {{.webhook_id = webhook.webhook_id, .room = 1}},
                                absl::Seconds(15))
                  .ok());
  ClaimAll();
  EXPECT_EQ(sender_.count(), 0u);
  Advance(webhook.spec.timeout + absl::Seconds(15) + absl::Seconds(1));
  ClaimAll();
  EXPECT_EQ(sender_.count(), 1u);
}

TEST_F(ClaimLoopTest, FindsWhatNobodyToldOf) {
  const auto webhook = Create(SpecNamed("a"));
  ClaimAll();
  PublishBatch(webhook, 1);
  Publish(webhook, 0);
  claim_.Wake({}, /*scan=*/true);
  Advance(absl::Seconds(1));
  ClaimAll();
  EXPECT_EQ(sender_.count(), 1u);
}

TEST_F(ClaimLoopTest, ARetryGoesOutWhenItIsDue) {
  Publish(Create(SpecNamed("a")), 1);
  ClaimAll();
  sender_.Finish(0, Answer(503));
  RecordAll();
  Advance(absl::Milliseconds(4'900));
  ClaimAll();
  EXPECT_EQ(sender_.count(), 1u);
  Advance(absl::Milliseconds(100));
  EXPECT_LE(ClaimAll(), absl::Milliseconds(500));
  ASSERT_EQ(sender_.count(), 2u);
  EXPECT_EQ(*sender_.request(1).body, *sender_.request(0).body);
  EXPECT_EQ(HeaderOf(sender_.request(1), "webhook-id"),
            HeaderOf(sender_.request(0), "webhook-id"));
}

TEST_F(ClaimLoopTest, AResendHasTheSameBytesAndANewSchedule) {
  auto spec = SpecNamed("a");
  spec.retry.delays = {absl::ZeroDuration(), absl::Seconds(5)};
  const auto webhook = Create(spec);
  const Uuid delivery = Publish(webhook, 1).front();
  for (const absl::Duration wait : {absl::ZeroDuration(), absl::Seconds(6)}) {
    Advance(wait);
    ClaimAll();
    sender_.Finish(sender_.count() - 1, Answer(503));
    RecordAll();
  }
  ASSERT_EQ(StateOf(delivery), DeliveryState::kFailed);

  spec.payload = domain::PayloadKind::kEventOnly;  // for what comes later
  Update(webhook, spec);
  Advance(absl::Milliseconds(1));
  EXPECT_EQ(store_.Redeliver(1, {delivery}).value().front(), store::Requeue::kDone);
  Advance(absl::Seconds(1));
  ClaimAll();
  ASSERT_EQ(sender_.count(), 3u);
  EXPECT_EQ(*sender_.request(2).body, *sender_.request(0).body);
  EXPECT_EQ(HeaderOf(sender_.request(2), "webhook-id"), delivery.ToString());
  sender_.Finish(2, Answer(503));
  RecordAll();
  EXPECT_EQ(StateOf(delivery), DeliveryState::kRetrying);
  EXPECT_EQ(Get(delivery).attempt_count, 3);
  Advance(absl::Seconds(6));
  ClaimAll();
  ASSERT_EQ(sender_.count(), 4u);
  sender_.Finish(3, Answer(503));
  RecordAll();
  EXPECT_EQ(StateOf(delivery), DeliveryState::kFailed);
}

TEST_F(ClaimLoopTest, WaitsNoLongerThanUntilTheNextWindowIsDue) {
  Publish(Create(SpecNamed("a")), 1);
  ClaimAll();
  sender_.Finish(0, Answer(503));
  RecordAll();
  Advance(absl::Milliseconds(4'700));
  EXPECT_EQ(ClaimAll(), absl::Milliseconds(300));
}

TEST_F(ClaimLoopTest, AWebhookThatGaveLessThanWantedIsNotAskedAgain) {
  const auto webhook = Create(SpecNamed("a"));
  Publish(webhook, 3);
  ClaimAll();  // one, the first ever
  sender_.FinishAll(Answer(200));
  ClaimAll();  // the other two of 64
  ASSERT_THAT(queue_.claims, SizeIs(2));
  EXPECT_EQ(queue_.claims[0].front().room, 1);
  EXPECT_EQ(queue_.claims[1].front().room, 64);
  EXPECT_EQ(sender_.count(), 3u);
  sender_.FinishAll(Answer(200));
  ClaimAll();
  EXPECT_THAT(queue_.claims, SizeIs(2));
  Publish(webhook, 1);
  ClaimAll();
  EXPECT_EQ(sender_.count(), 4u);
}

TEST_F(ClaimLoopTest, ASaturatedWebhookDoesNotKeepAnotherWaiting) {
  const auto slow = Create(SpecNamed("slow"));
  const auto other = Create(SpecNamed("other"));
  Publish(slow, 500);
  ClaimAll();
  Publish(other, 1);
  ClaimAll();
  EXPECT_THAT(sender_.Urls(),
              ElementsAre("https://slow.example/hook", "https://other.example/hook"));
}

TEST_F(ClaimLoopTest, LoadsAProfileOnceForManyClaims) {
  const auto webhook = Create(SpecNamed("a"));
  for (int i = 0; i < 3; ++i) {
    Publish(webhook, 5);
    ClaimAll();
    sender_.FinishAll(Answer(200));
  }
  EXPECT_EQ(queue_.loads, 1);
}

TEST_F(ClaimLoopTest, RendersWithTheFrozenVersionAndSendsToTheNewest) {
  auto spec = SpecNamed("a");
  spec.payload = domain::PayloadKind::kEventOnly;
  const auto webhook = Create(spec);
  Publish(webhook, 1);
  spec.payload = domain::PayloadKind::kFull;
  spec.url = "https://new.example/hook";
  Update(webhook, spec);
  ClaimAll();
  ASSERT_EQ(sender_.count(), 1u);
  EXPECT_EQ(sender_.request(0).url, "https://new.example/hook");
  EXPECT_THAT(*sender_.request(0).body, ::testing::Not(HasSubstr("\"ticket\"")));
}

TEST_F(ClaimLoopTest, AWindowOfADisabledWebhookIsCancelled) {
  const auto webhook = Create(SpecNamed("a"));
  const Uuid delivery = Publish(webhook, 1).front();
  queue_.after_claim = [](store::Claim* claim) {
    for (auto& window : claim->windows) window.webhook_enabled = false;
  };
  ClaimAll();
  RecordAll();
  EXPECT_EQ(sender_.count(), 0u);
  EXPECT_EQ(StateOf(delivery), DeliveryState::kCancelled);
  EXPECT_EQ(Get(delivery).reason,
            "the webhook was disabled or deleted before the request started");
  EXPECT_THAT(AttemptsOf(delivery), IsEmpty());
}

TEST_F(ClaimLoopTest, AnEventThatCameBackTooOftenIsDroppedAndTheDropIsOnRecord) {
  const auto webhook = Create(SpecNamed("a"));
  int hops = webhook.spec.max_hops;
  queue_.after_claim = [&](store::Claim* claim) {
    for (auto& event : claim->events) {
      event.event.origin_webhook_id = webhook.webhook_id;
      event.event.hops = hops;
    }
  };
  const Uuid dropped = Publish(webhook, 1).front();
  ClaimAll();
  RecordAll();
  EXPECT_EQ(sender_.count(), 0u);
  EXPECT_EQ(StateOf(dropped), DeliveryState::kCancelled);
  EXPECT_THAT(Get(dropped).reason, HasSubstr("dropped as a loop: after 8 deliveries"));
  EXPECT_THAT(AttemptsOf(dropped), IsEmpty());
  --hops;
  Publish(webhook, 1);
  ClaimAll();
  ASSERT_EQ(sender_.count(), 1u);
  EXPECT_THAT(sender_.request(0).headers, ::testing::Contains("windrow-hops: 8"));
}

TEST_F(ClaimLoopTest, AWindowThatEndsWorkersFailsAsPoisonAndOthersGoOn) {
  const auto webhook = Create(SpecNamed("a"));
  const Uuid poison = Publish(webhook, 1).front();
  queue_.after_claim = [](store::Claim* claim) {
    for (auto& window : claim->windows) window.lost_leases = 5;
  };
  ClaimAll();
  queue_.after_claim = nullptr;
  Publish(webhook, 1);
  ClaimAll();
  RecordAll();
  EXPECT_EQ(StateOf(poison), DeliveryState::kFailed);
  EXPECT_EQ(AttemptsOf(poison).front().error, AttemptError::kPoison);
  EXPECT_EQ(sender_.count(), 1u);
}

TEST_F(ClaimLoopTest, FourLostLeasesAreNotYetPoison) {
  Publish(Create(SpecNamed("a")), 1);
  queue_.after_claim = [](store::Claim* claim) {
    for (auto& window : claim->windows) window.lost_leases = 4;
  };
  ClaimAll();
  EXPECT_EQ(sender_.count(), 1u);
}

TEST_F(ClaimLoopTest, AWindowWhoseEventsAreGoneFails) {
  const Uuid delivery = Publish(Create(SpecNamed("a")), 1).front();
  queue_.after_claim = [](store::Claim* claim) {
    for (auto& window : claim->windows) window.events_lost = true;
  };
  ClaimAll();
  RecordAll();
  EXPECT_EQ(sender_.count(), 0u);
  EXPECT_EQ(StateOf(delivery), DeliveryState::kFailed);
}

TEST_F(ClaimLoopTest, AKeyThatTheRingLacksFailsThatWebhookAloneWithTheReason) {
  const auto locked = Create(SpecNamed("locked"));
  const auto open = Create(SpecNamed("open"));
  queue_.load_errors[locked.webhook_id] =
      absl::FailedPreconditionError("the key ring lacks key 7");
  const Uuid delivery = Publish(locked, 1).front();
  Publish(open, 1);
  ClaimAll();
  EXPECT_THAT(sender_.Urls(), ElementsAre("https://open.example/hook"));
  RecordAll();
  EXPECT_EQ(StateOf(delivery), DeliveryState::kRetrying);
  const auto attempt = AttemptsOf(delivery).front();
  EXPECT_EQ(attempt.error, AttemptError::kInternal);
  EXPECT_EQ(attempt.error_detail, "the key ring lacks key 7");
}

TEST_F(ClaimLoopTest, WindowsAreGivenBackWhereTheDatabaseFailsAfterTheClaim) {
  const auto webhook = Create(SpecNamed("a"));
  const Uuid delivery = Publish(webhook, 1).front();
  queue_.load_errors[webhook.webhook_id] = absl::UnavailableError("gone");
  EXPECT_GT(claim_.RunOnce(), absl::ZeroDuration());
  EXPECT_EQ(StateOf(delivery), DeliveryState::kInFlight);
  EXPECT_FALSE(claim_.Health().ok());
  queue_.load_errors.clear();
  ClaimAll();
  EXPECT_THAT(queue_.released, SizeIs(1));
  EXPECT_EQ(sender_.count(), 1u);
  EXPECT_TRUE(claim_.Health().ok());
}

TEST_F(ClaimLoopTest, AnAbsentDatabaseIsAskedAgainEverMoreSlowlyAndThenServed) {
  Publish(Create(SpecNamed("a")), 1);
  store_.SetDown(absl::UnavailableError("no database"));
  EXPECT_EQ(claim_.RunOnce(), absl::Milliseconds(75));
  EXPECT_EQ(claim_.RunOnce(), absl::Milliseconds(150));
  for (int i = 0; i < 10; ++i) claim_.RunOnce();
  EXPECT_EQ(claim_.RunOnce(), absl::Milliseconds(3'750));
  store_.SetDown(absl::OkStatus());
  ClaimAll();
  EXPECT_EQ(sender_.count(), 1u);
}

class FewOutcomesTest : public DeliveryTest {
 protected:
  FewOutcomesTest() : DeliveryTest({.concurrency = 2, .max_in_flight = 2}) {}
};

TEST_F(FewOutcomesTest, WhatIsHeldAndWhatIsNotOnRecordAreBoundedTogether) {
  const auto webhook = Create(SpecNamed("a"));
  Publish(webhook, 20);
  queue_.before_record = [](const auto&) { return absl::UnavailableError("down"); };
  for (int i = 0; i < 30; ++i) {
    claim_.RunOnce();
    sender_.FinishAll(Answer(200));
    record_.RunOnce();
    Advance(absl::Milliseconds(10));
  }
  EXPECT_EQ(outcomes_.size(), 2u);
  queue_.before_record = nullptr;
  for (int i = 0; i < 100 && sender_.count() < 20; ++i) {
    RecordAll();
    claim_.RunOnce();
    sender_.FinishAll(Answer(200));
    Advance(absl::Milliseconds(10));
  }
  EXPECT_EQ(sender_.count(), 20u);
  RecordAll();
  EXPECT_EQ(outcomes_.size(), 0u);
  EXPECT_EQ(outcomes_.bytes(), 0u);
}

class SmallMemoryTest : public DeliveryTest {
 protected:
  SmallMemoryTest() : DeliveryTest({.max_bytes = 20'000}) {}
};

TEST_F(SmallMemoryTest, ClaimsNoMoreThanItsMemoryHolds) {
  const auto webhook = Create(SpecNamed("a"));
  Publish(webhook, 1);
  ClaimAll();
  sender_.FinishAll(Answer(200));
  RecordAll();
  Publish(webhook, 60);
  for (int i = 0; i < 30; ++i) {
    claim_.RunOnce();
    Advance(absl::Milliseconds(10));
  }
  EXPECT_GT(dispatcher_.bytes(), 8'000u);
  EXPECT_LT(dispatcher_.bytes(), 25'000u);
}

}  // namespace
}  // namespace windrow::delivery
