// How the loops work together for webhooks with a rate or an ordering: claims are made
// when something may go, and not before.
#include "tests/unit/delivery/delivery_fixture.h"

namespace windrow::delivery {
namespace {

class PacedClaimsTest : public DeliveryTest {
 protected:
  // A webhook whose endpoint is known to be fast.
  store::StoredWebhook CreateKnown(domain::RateLimit rate, domain::Ordering ordering) {
    domain::WebhookSpec spec = SpecNamed("a");
    spec.ordering = ordering;
    const auto webhook = Create(spec);
    Publish(webhook, 1);
    ClaimAll();
    Answer200();
    spec = webhook.spec;
    spec.rate = rate;
    const auto changed = Update(webhook, spec);
    seen_ = sender_.count();
    return changed;
  }
  void Answer200() {
    sender_.FinishAll(Answer(200));
    RecordAll();
  }
  // Requests since the webhook was known.
  std::size_t sent() const { return sender_.count() - seen_; }

 private:
  std::size_t seen_ = 0;
};

TEST_F(PacedClaimsTest, AWebhookWithARateIsAskedForWhenOneMayGo) {
  const auto webhook = CreateKnown({.requests_per_second = 1}, domain::Ordering::kNone);
  Publish(webhook, 3);
  ClaimAll();
  EXPECT_EQ(sent(), 1u);
  Answer200();
  const std::size_t claims = queue_.claims.size();
  for (int i = 0; i < 9; ++i) {
    Advance(absl::Milliseconds(100));
    Publish(webhook, 1);
    EXPECT_LE(ClaimAll(), absl::Milliseconds(100 * (9 - i)));
  }
  EXPECT_EQ(queue_.claims.size(), claims);
  EXPECT_EQ(sent(), 1u);
  Advance(absl::Milliseconds(100));
  ClaimAll();
  EXPECT_EQ(sent(), 2u);
}

TEST_F(PacedClaimsTest, AWebhookWithARateDoesNotHoldBackAnother) {
  const auto limited = CreateKnown({.requests_per_second = 1}, domain::Ordering::kNone);
  Publish(limited, 50);
  const auto free = Create(SpecNamed("b"));
  Publish(free, 1);
  ClaimAll();
  EXPECT_THAT(sender_.Urls(), ::testing::Contains("https://b.example/hook"));
}

TEST_F(PacedClaimsTest, WhatIsClaimedWithARateStartsAtOnce) {
  const auto webhook =
      CreateKnown({.requests_per_second = 10'000}, domain::Ordering::kNone);
  Publish(webhook, 200);
  ClaimAll();
  EXPECT_EQ(sent(), 64u);
  int held = 0;
  for (const auto& claim : queue_.claims) {
    for (const auto& wanted : claim) held = std::max(held, wanted.room);
  }
  EXPECT_LE(held, 64);
}

TEST_F(PacedClaimsTest, AFullWebhookIsAskedForAgainWhenARequestHasEnded) {
  const auto webhook =
      CreateKnown({.max_concurrent_requests = 2}, domain::Ordering::kNone);
  Publish(webhook, 5);
  ClaimAll();
  EXPECT_EQ(sent(), 2u);
  const std::size_t claims = queue_.claims.size();
  Publish(webhook, 1);
  ClaimAll();
  EXPECT_EQ(queue_.claims.size(), claims);
  Answer200();
  ClaimAll();
  EXPECT_EQ(sent(), 4u);
}

TEST_F(PacedClaimsTest, TheNextOfAnOrderGoesAsSoonAsOneIsRecorded) {
  const auto webhook = CreateKnown({}, domain::Ordering::kPerWebhook);
  const auto deliveries = Publish(webhook, 3);
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    ClaimAll();
    ASSERT_EQ(sent(), i + 1);
    EXPECT_EQ(HeaderOf(sender_.request(sender_.count() - 1), "webhook-id"),
              deliveries[i].ToString());
    Answer200();
  }
}

TEST_F(PacedClaimsTest, AFailureHoldsBackItsObjectAndNoOther) {
  domain::WebhookSpec spec = SpecNamed("a");
  spec.ordering = domain::Ordering::kPerWebhook;
  spec.retry.delays = {absl::ZeroDuration(), absl::Minutes(5)};
  const auto webhook = Create(spec);
  const auto deliveries = Publish(webhook, 2);
  ClaimAll();
  sender_.FinishAll(Answer(500));
  RecordAll();
  ClaimAll();
  EXPECT_EQ(sender_.count(), 1u);
  EXPECT_EQ(Get(deliveries[1]).waits_for, deliveries[0]);
  Advance(absl::Minutes(5));
  ClaimAll();
  ASSERT_EQ(sender_.count(), 2u);
  EXPECT_EQ(HeaderOf(sender_.request(1), "webhook-id"), deliveries[0].ToString());
  Answer200();
  ClaimAll();
  EXPECT_EQ(HeaderOf(sender_.request(2), "webhook-id"), deliveries[1].ToString());
}

}  // namespace
}  // namespace windrow::delivery
