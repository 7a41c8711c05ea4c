// What is claimed and sent of webhooks whose endpoints fail.
#include <algorithm>
#include <string>

#include "tests/unit/delivery/delivery_fixture.h"

namespace windrow::delivery {
namespace {

using store::DeliveryState;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BreakerClaimsTest : public DeliveryTest {
 protected:
  explicit BreakerClaimsTest(DeliveryOptions options = {.worker_name = "test"})
      : DeliveryTest(std::move(options)) {}

  // Whose deliveries are tried again after ten minutes.
  store::StoredWebhook CreateWithLongRetries() {
    domain::WebhookSpec spec = SpecNamed("a");
    spec.retry.delays.assign(20, absl::Minutes(10));
    spec.retry.delays[0] = absl::ZeroDuration();
    return Create(spec);
  }
  // Answers all that is in flight, and records it.
  void AnswerAll(const http::Response& response) {
    sender_.FinishAll(response);
    RecordAll();
  }
  // Of the first webhook that was created: until its breaker is open.
  void FailUntilOpen() {
    for (int i = 0; i < 10 && !IsOpen(); ++i) {
      Advance(absl::Milliseconds(20));
      ClaimAll();
      AnswerAll(Answer(500));
    }
    ASSERT_TRUE(IsOpen());
  }
  // Nothing more goes out, though something is due.
  bool IsOpen() {
    const std::size_t before = sender_.count();
    Advance(absl::Milliseconds(20));
    ClaimAll();
    return sender_.count() == before && sender_.in_flight() == 0;
  }
  // Sends for so long, as all threads of a worker would; each request takes 100 ms.
  // Answers the most that were in flight at once, by the second.
  std::vector<std::size_t> Run(absl::Duration time, const http::Response& response) {
    std::vector<std::size_t> most;
    for (int tick = 0; tick < time / absl::Milliseconds(100); ++tick) {
      if (tick % 10 == 0) most.push_back(0);
      AnswerAll(response);
      Advance(absl::Milliseconds(100));
      ClaimAll();
      upkeep_.RunOnce();
      most.back() = std::max(most.back(), sender_.in_flight());
    }
    return most;
  }
};

TEST_F(BreakerClaimsTest, AnEndpointThatFailsIsNotSentToAndWhatIsDueWaits) {
  const auto webhook = CreateWithLongRetries();
  const auto deliveries = Publish(webhook, 300);
  FailUntilOpen();
  const std::size_t sent = sender_.count();
  EXPECT_LT(sent, 70u);  // one, then what was claimed after it
  EXPECT_EQ(StateOf(deliveries.back()), DeliveryState::kPending);
  EXPECT_THAT(AttemptsOf(deliveries.back()), IsEmpty());
  Publish(webhook, 1);
  Advance(absl::Milliseconds(500));
  ClaimAll();
  EXPECT_EQ(sender_.count(), sent);
}

TEST_F(BreakerClaimsTest, ItIsAskedWithOneRequestAndThenWithLongerPauses) {
  Publish(CreateWithLongRetries(), 300);
  FailUntilOpen();
  const std::size_t before = sender_.count();
  EXPECT_LE(Run(absl::Minutes(2), Answer(503)),
            std::vector<std::size_t>(120, 1));  // never more than one at once
  // After 1, 2, 4, 8, 16, 30, 30 s, less a tenth.
  EXPECT_GE(sender_.count() - before, 6u);
  EXPECT_LE(sender_.count() - before, 9u);
}

TEST_F(BreakerClaimsTest, WhenItAnswersAgainAllGoesOutAtARamp) {
  const auto webhook = CreateWithLongRetries();
  const auto deliveries = Publish(webhook, 600);
  FailUntilOpen();
  Run(absl::Seconds(5), Answer(503));
  std::vector<std::size_t> most = Run(absl::Seconds(20), Answer(200));
  most.erase(most.begin(), std::ranges::find(most, 2u));
  ASSERT_GE(most.size(), 8u);
  for (std::size_t i = 1; i < most.size(); ++i) {
    EXPECT_LE(most[i], std::max<std::size_t>(2 * most[i - 1], 2)) << i;
  }
  EXPECT_GE(*std::ranges::max_element(most), 32u);
  Advance(absl::Minutes(12));  // what failed before is due
  Run(absl::Seconds(15), Answer(200));
  for (const Uuid& delivery : deliveries) {
    EXPECT_EQ(StateOf(delivery), DeliveryState::kSucceeded);
  }
}

TEST_F(BreakerClaimsTest, AnotherWebhookGoesOnAsBefore) {
  Publish(CreateWithLongRetries(), 300);
  FailUntilOpen();
  const auto other = Create(SpecNamed("other"));
  const auto delivery = Publish(other, 1).front();
  ClaimAll();
  AnswerAll(Answer(200));
  EXPECT_EQ(StateOf(delivery), DeliveryState::kSucceeded);
}

TEST_F(BreakerClaimsTest, RefusalsOfSingleRequestsOpenNothing) {
  const auto webhook = CreateWithLongRetries();
  Publish(webhook, 300);
  for (int i = 0; i < 20; ++i) {
    Advance(absl::Milliseconds(300));
    ClaimAll();
    AnswerAll(Answer(400));
  }
  EXPECT_EQ(sender_.count(), 300u);
}

TEST_F(BreakerClaimsTest, WhatWaitedToStartIsGivenBackWithoutAnAttempt) {
  const auto webhook = CreateWithLongRetries();
  Publish(webhook, 1);
  ClaimAll();
  AnswerAll(Answer(200));
  // It was fast: more is claimed than may run.
  Publish(webhook, 400);
  for (int i = 0; i < 3; ++i) {
    ClaimAll();
    sender_.FinishAll(Answer(200));
  }
  ClaimAll();
  sender_.FinishAll(Failure(http::ErrorKind::kConnect));
  sender_.FinishAll(Failure(http::ErrorKind::kConnect));  // those that the first ones let
  RecordAll();
  upkeep_.RunOnce();
  EXPECT_EQ(dispatcher_.bytes(), 0u);
  EXPECT_FALSE(queue_.released.empty());
  for (const auto& held : queue_.released) {
    EXPECT_THAT(AttemptsOf(held.window_id), IsEmpty());
    EXPECT_EQ(StateOf(held.window_id), DeliveryState::kPending);
  }
}

TEST_F(BreakerClaimsTest, AnEditIsTriedWithinSeconds) {
  const auto webhook = CreateWithLongRetries();
  Publish(webhook, 300);
  FailUntilOpen();
  Run(absl::Minutes(1), Answer(503));
  auto spec = webhook.spec;
  spec.url = "https://mended.example/hook";
  Update(webhook, spec);
  const std::size_t before = sender_.count();
  Run(absl::Seconds(6), Answer(200));
  ASSERT_GT(sender_.count(), before);
  EXPECT_EQ(sender_.Urls().back(), "https://mended.example/hook");
}

TEST_F(BreakerClaimsTest, WhatADisabledWebhookHeldBackIsCancelled) {
  const auto webhook = CreateWithLongRetries();
  const auto deliveries = Publish(webhook, 300);
  FailUntilOpen();
  Run(absl::Minutes(1), Answer(503));
  auto spec = webhook.spec;
  spec.enabled = false;
  Update(webhook, spec);
  const std::size_t before = sender_.count();
  Run(absl::Seconds(6), Answer(503));
  EXPECT_LE(sender_.count(), before + 1);
  EXPECT_EQ(StateOf(deliveries.back()), DeliveryState::kCancelled);
}

TEST_F(BreakerClaimsTest, ARetryAfterOfAnEndpointThatFailsHoldsItsOthersBackToo) {
  Publish(CreateWithLongRetries(), 300);
  http::Response busy = Answer(503);
  busy.retry_after = "120";
  for (int i = 0; i < 5; ++i) {
    ClaimAll();
    AnswerAll(busy);
    Advance(absl::Milliseconds(20));
  }
  const std::size_t before = sender_.count();
  Run(absl::Seconds(119), busy);
  EXPECT_EQ(sender_.count(), before);
  Run(absl::Seconds(3), busy);
  EXPECT_EQ(sender_.count(), before + 1);
}

class NoBreakerTest : public BreakerClaimsTest {
 protected:
  NoBreakerTest() : BreakerClaimsTest({.breaker_failures = 0}) {}
};

TEST_F(NoBreakerTest, ZeroFailuresSendWhateverComes) {
  Publish(CreateWithLongRetries(), 300);
  Run(absl::Seconds(5), Answer(500));
  EXPECT_EQ(sender_.count(), 300u);
}

}  // namespace
}  // namespace windrow::delivery
