// What claims of webhooks with a rate promise.
#include <atomic>
#include <future>
#include <utility>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using store::DeliveryState;

domain::WebhookSpec Limited(domain::RateLimit rate) {
  domain::WebhookSpec spec = SpecNamed("Limited");
  spec.rate = rate;
  return spec;
}

TEST_P(RateContract, ARateLetsInOneAtATimeAndSaysWhenTheNext) {
  // One in 100 s.
  const auto webhook = Create(Limited({.requests_per_second = 0.01}));
  for (int i = 0; i < 3; ++i) Publish(webhook);
  const store::Claim first = Claim(webhook);
  ASSERT_THAT(first.windows, SizeIs(1));
  EXPECT_TRUE(first.windows[0].gated);
  ASSERT_THAT(first.held_back, SizeIs(1));
  EXPECT_EQ(first.held_back[0].webhook_id, webhook.webhook_id);
  EXPECT_EQ(first.held_back[0].again_after, absl::Seconds(2));
  EXPECT_FALSE(first.held_back[0].until_freed);

  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  EXPECT_THAT(Claim(webhook).held_back, SizeIs(1));
  Record({OutcomeOf(first.windows[0], DeliveryState::kSucceeded, 200)});
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  harness().ShiftWindows(absl::Seconds(101));
  EXPECT_THAT(Claim(webhook).windows, SizeIs(1));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
}

TEST_P(RateContract, AFullBucketGoesAtOnceAndNoMore) {
  // A bucket of 100; 20 more come in 20 ms at the earliest.
  const auto webhook = Create(Limited({.requests_per_second = 1'000}));
  for (int i = 0; i < 130; ++i) Publish(webhook);
  EXPECT_THAT(Claim(webhook, 500).windows, SizeIs(100));
}

TEST_P(RateContract, WhatIsNotDueCostsNothingOfTheRate) {
  const auto webhook = Create(Limited({.requests_per_second = 0.01}));
  for (int i = 0; i < 5; ++i) {
    const store::Claim none = Claim(webhook);
    EXPECT_THAT(none.windows, IsEmpty());
    EXPECT_THAT(none.held_back, IsEmpty());
  }
  Publish(webhook);
  EXPECT_THAT(Claim(webhook).windows, SizeIs(1));
}

TEST_P(RateContract, RetriesAndResendsAreRequestsToo) {
  const auto webhook = Create(Limited({.requests_per_second = 0.01}));
  const auto published = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 500)});
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  harness().ShiftWindows(absl::Seconds(101));
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  EXPECT_THAT(control().Redeliver(kTenant, {published.window_id}).value(),
              ElementsAre(store::Requeue::kDone));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  harness().ShiftWindows(absl::Seconds(101));
  EXPECT_THAT(Claim(webhook).windows, SizeIs(1));
}

TEST_P(RateContract, NoMoreRunThanMayAtTheSameTime) {
  const auto webhook = Create(Limited({.max_concurrent_requests = 3}));
  for (int i = 0; i < 10; ++i) Publish(webhook);
  const store::Claim two = Claim(webhook, 2);
  EXPECT_THAT(two.windows, SizeIs(2));
  EXPECT_THAT(two.held_back, IsEmpty());
  const store::Claim third = Claim(webhook);
  ASSERT_THAT(third.windows, SizeIs(1));
  ASSERT_THAT(third.held_back, SizeIs(1));
  EXPECT_TRUE(third.held_back[0].until_freed);
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());

  Record({OutcomeOf(two.windows[0], DeliveryState::kSucceeded, 200)});
  EXPECT_THAT(Claim(webhook).windows, SizeIs(1));
  auto retry = OutcomeOf(two.windows[1], DeliveryState::kRetrying, 500);
  retry.retry_after = absl::Hours(1);
  Record({retry});
  EXPECT_THAT(Claim(webhook).windows, SizeIs(1));
  EXPECT_OK(queue().Release({HeldOf(third.windows[0])}));
  EXPECT_THAT(Claim(webhook).windows, SizeIs(1));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
}

TEST_P(RateContract, ALeaseThatEndedLeavesItsPlace) {
  const auto webhook = Create(Limited({.max_concurrent_requests = 2}));
  for (int i = 0; i < 3; ++i) Publish(webhook);
  EXPECT_THAT(Claim(webhook).windows, SizeIs(2));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  harness().ShiftWindows(absl::Seconds(41));
  EXPECT_THAT(Claim(webhook).windows, SizeIs(2));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
}

TEST_P(RateContract, ARenewedLeaseKeepsItsPlace) {
  const auto webhook = Create(Limited({.max_concurrent_requests = 1}));
  Publish(webhook);
  Publish(webhook);
  const auto held = HeldOf(ClaimOne(webhook));
  EXPECT_THAT(queue().Renew({held}, absl::Minutes(10)).value(), ElementsAre(true));
  harness().ShiftWindows(absl::Seconds(300));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
}

TEST_P(RateContract, AnotherWebhookOfTheSameClaimIsNotHeldBack) {
  const auto limited = Create(Limited({.requests_per_second = 0.01}));
  const auto free = Create(SpecNamed("Free"));
  for (int i = 0; i < 4; ++i) {
    Publish(limited);
    Publish(free);
  }
  const auto worker = queue().RegisterWorker("test").value();
  const auto claim =
      queue()
          .ClaimWindows(worker, {{limited.webhook_id, 10}, {free.webhook_id, 10}},
                        absl::Seconds(10))
          .value();
  std::map<Uuid, int> taken;
  for (const auto& window : claim.windows) {
    ++taken[window.webhook_id];
    EXPECT_EQ(window.gated, window.webhook_id == limited.webhook_id);
    EXPECT_THAT(window.items, SizeIs(1));
  }
  EXPECT_EQ(taken[limited.webhook_id], 1);
  EXPECT_EQ(taken[free.webhook_id], 4);
}

TEST_P(RateContract, AnEditTakesEffectAtTheNextClaim) {
  const auto webhook = Create(Limited({.requests_per_second = 0.01}));
  for (int i = 0; i < 6; ++i) Publish(webhook);
  EXPECT_THAT(Claim(webhook).windows, SizeIs(1));
  domain::WebhookSpec spec = webhook.spec;
  spec.rate = {.max_concurrent_requests = 3};
  Update(webhook, spec);
  EXPECT_THAT(Claim(webhook).windows, SizeIs(2));
  spec.rate = {};
  Update(webhook, spec);
  const store::Claim rest = Claim(webhook);
  EXPECT_THAT(rest.windows, SizeIs(3));
  EXPECT_THAT(rest.held_back, IsEmpty());
  EXPECT_FALSE(rest.windows[0].gated);
  spec.rate = {.requests_per_second = 0.01};
  Update(webhook, spec);
  Publish(webhook);
  // The bucket is as it was left.
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
}

TEST_P(RateContract, ADisabledWebhookIsNotHeldBackFromItsEnd) {
  const auto webhook = Create(Limited({.requests_per_second = 0.001}));
  Publish(webhook);
  ClaimOne(webhook);
  domain::WebhookSpec spec = webhook.spec;
  spec.enabled = false;
  Update(webhook, spec);
  harness().ShiftWindows(absl::Seconds(41));
  EXPECT_FALSE(ClaimOne(webhook).webhook_enabled);
}

// Workers at the same time, each on its own thread.
template <typename Work>
void InFourThreads(Work work) {
  std::vector<std::future<void>> threads;
  for (int i = 0; i < 4; ++i) threads.push_back(std::async(std::launch::async, work));
  for (auto& thread : threads) thread.get();
}

TEST_P(RateContract, FourWorkersShareOneRate) {
  constexpr double kRate = 100;
  const auto webhook = Create(Limited({.requests_per_second = kRate}));
  for (int i = 0; i < 150; ++i) Publish(webhook);
  const absl::Time start = Now();
  std::atomic<int> taken = 0;
  InFourThreads([&] {
    const auto worker = queue().RegisterWorker("test").value();
    for (int i = 0; i < 40; ++i) {
      taken += static_cast<int>(
          queue()
              .ClaimWindows(worker, {{webhook.webhook_id, 5}}, absl::Seconds(10))
              .value()
              .windows.size());
    }
  });
  const double seconds = absl::ToDoubleSeconds(Now() - start);
  EXPECT_GE(taken, 10);  // the bucket
  EXPECT_LE(taken, 10 + kRate * seconds + 1);
}

TEST_P(RateContract, FourWorkersShareOneConcurrency) {
  constexpr int kMost = 3;
  const auto webhook = Create(Limited({.max_concurrent_requests = kMost}));
  for (int i = 0; i < 200; ++i) Publish(webhook);
  std::atomic<int> running = 0, most = 0, done = 0;
  const absl::Time end = absl::Now() + absl::Minutes(2);
  InFourThreads([&] {
    const auto worker = queue().RegisterWorker("test").value();
    std::vector<store::Outcome> held;
    for (int i = 0; done < 200 && absl::Now() < end; ++i) {
      const auto claim =
          queue()
              .ClaimWindows(worker, {{webhook.webhook_id, 2}}, absl::Seconds(10))
              .value();
      for (const auto& window : claim.windows) {
        held.push_back(OutcomeOf(window, DeliveryState::kSucceeded, 200));
      }
      const int seen = running += static_cast<int>(claim.windows.size());
      for (int known = most; seen > known && !most.compare_exchange_weak(known, seen);) {
      }
      // Held over another claim, so that workers meet. Another may claim while these are
      // being recorded: they count until then.
      if (i % 2 == 0 || held.empty()) continue;
      running -= static_cast<int>(held.size());
      Record(held);
      done += static_cast<int>(held.size());
      held.clear();
    }
  });
  EXPECT_EQ(done, 200);
  EXPECT_LE(most, kMost);
  EXPECT_GE(most, 1);
}

}  // namespace
}  // namespace windrow::contract
