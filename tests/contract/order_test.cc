// What claims of webhooks with an ordering promise.
#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using store::DeliveryState;

domain::WebhookSpec PerObject() {
  domain::WebhookSpec spec = SpecNamed("Per object");
  spec.ordering = domain::Ordering::kPerObject;
  return spec;
}

domain::WebhookSpec PerWebhook() {
  domain::WebhookSpec spec = SpecNamed("Per webhook");
  spec.ordering = domain::Ordering::kPerWebhook;
  return spec;
}

domain::Event Of(const std::string& object_id) {
  return EventOf("ticket.created", object_id);
}

std::vector<Uuid> IdsOf(const std::vector<store::ClaimedWindow>& windows) {
  std::vector<Uuid> ids;
  for (const auto& window : windows) ids.push_back(window.window_id);
  return ids;
}

TEST_P(OrderContract, ObjectsGoOneDeliveryAtATimeEach) {
  const auto webhook = Create(PerObject());
  const Uuid a1 = Publish(webhook, Of("a")).window_id;
  const Uuid a2 = Publish(webhook, Of("a")).window_id;
  const Uuid b1 = Publish(webhook, Of("b")).window_id;
  const Uuid a3 = Publish(webhook, Of("a")).window_id;
  const store::Claim claim = Claim(webhook);
  EXPECT_THAT(IdsOf(claim.windows), UnorderedElementsAre(a1, b1));
  EXPECT_EQ(claim.parked, 2);
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());

  for (const auto& window : claim.windows) {
    EXPECT_TRUE(window.gated);
    Record({OutcomeOf(window, DeliveryState::kSucceeded, 200)});
  }
  const auto second = ClaimOne(webhook);
  EXPECT_EQ(second.window_id, a2);
  Record({OutcomeOf(second, DeliveryState::kFailed, 500)});
  EXPECT_EQ(ClaimOne(webhook).window_id, a3);
}

TEST_P(OrderContract, ObjectsOfOtherTypesAreOthers) {
  const auto webhook = Create(PerObject());
  domain::Event asset = Of("a");
  asset.object_type = "asset";
  Publish(webhook, Of("a"));
  Publish(webhook, asset);
  EXPECT_THAT(Claim(webhook).windows, SizeIs(2));
}

TEST_P(OrderContract, WhatWaitsSaysForWhichDelivery) {
  const auto webhook = Create(PerObject());
  const Uuid a1 = Publish(webhook, Of("a")).window_id;
  const Uuid a2 = Publish(webhook, Of("a")).window_id;
  const Uuid a3 = Publish(webhook, Of("a")).window_id;
  const auto first = ClaimOne(webhook);
  EXPECT_EQ(Get(a1).waits_for, std::nullopt);
  for (const Uuid& id : {a2, a3}) {
    EXPECT_EQ(Get(id).state, DeliveryState::kPending);
    EXPECT_EQ(Get(id).waits_for, a1);
    EXPECT_EQ(Get(id).due_at, std::nullopt);
  }
  auto retry = OutcomeOf(first, DeliveryState::kRetrying, 500);
  retry.retry_after = absl::Seconds(1'000);
  Record({retry});
  EXPECT_EQ(Get(a2).waits_for, a1);
  EXPECT_THAT(ListWhere("state = PENDING"), ElementsAre(a3, a2));
}

TEST_P(OrderContract, WhileOneWaitsForARetryThoseBehindItWaitAndOthersGoOn) {
  const auto webhook = Create(PerObject());
  const Uuid a1 = Publish(webhook, Of("a")).window_id;
  const Uuid a2 = Publish(webhook, Of("a")).window_id;
  auto retry = OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 500);
  retry.retry_after = absl::Seconds(1'000);
  Record({retry});
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  const Uuid b1 = Publish(webhook, Of("b")).window_id;
  const Uuid a3 = Publish(webhook, Of("a")).window_id;
  EXPECT_EQ(ClaimOne(webhook).window_id, b1);

  harness().ShiftWindows(absl::Seconds(1'000));
  // B's lease has ended as well.
  const store::Claim again = Claim(webhook);
  EXPECT_THAT(IdsOf(again.windows), UnorderedElementsAre(a1, b1));
  for (const auto& window : again.windows) {
    Record({OutcomeOf(window, DeliveryState::kFailed, 500)});
  }
  const auto second = ClaimOne(webhook);
  EXPECT_EQ(second.window_id, a2);
  Record({OutcomeOf(second, DeliveryState::kSucceeded, 200)});
  EXPECT_EQ(ClaimOne(webhook).window_id, a3);
}

TEST_P(OrderContract, ALeaseThatEndedIsTakenAgainBeforeThoseBehindIt) {
  const auto webhook = Create(PerObject());
  const Uuid a1 = Publish(webhook, Of("a")).window_id;
  const Uuid a2 = Publish(webhook, Of("a")).window_id;
  const auto lost = ClaimOne(webhook);
  harness().ShiftWindows(absl::Seconds(41));
  const auto taken = ClaimOne(webhook);
  EXPECT_EQ(taken.window_id, a1);
  EXPECT_EQ(taken.lost_leases, 1);
  // A late outcome ends nothing, so nothing goes.
  EXPECT_EQ(Record({OutcomeOf(lost, DeliveryState::kSucceeded, 200)}), 1);
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  Record({OutcomeOf(taken, DeliveryState::kSucceeded, 200)});
  EXPECT_EQ(ClaimOne(webhook).window_id, a2);
}

TEST_P(OrderContract, OneThatIsGivenBackKeepsItsPlace) {
  const auto webhook = Create(PerObject());
  const Uuid a1 = Publish(webhook, Of("a")).window_id;
  Publish(webhook, Of("a"));
  EXPECT_OK(queue().Release({HeldOf(ClaimOne(webhook))}));
  EXPECT_EQ(ClaimOne(webhook).window_id, a1);
}

TEST_P(OrderContract, ACancelledDeliveryLetsTheNextGo) {
  const auto webhook = Create(PerObject());
  const Uuid a1 = Publish(webhook, Of("a")).window_id;
  const Uuid a2 = Publish(webhook, Of("a")).window_id;
  const Uuid a3 = Publish(webhook, Of("a")).window_id;
  const auto first = ClaimOne(webhook);
  auto retry = OutcomeOf(first, DeliveryState::kRetrying, 500);
  retry.retry_after = absl::Hours(10);
  Record({retry});
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  // From the middle: nothing changes for the others.
  EXPECT_OK(control().Cancel(kTenant, a2, "by hand"));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  EXPECT_OK(control().Cancel(kTenant, a1, "by hand"));
  EXPECT_EQ(ClaimOne(webhook).window_id, a3);
}

TEST_P(OrderContract, AResendGoesNextOnceItsKeyIsFree) {
  const auto webhook = Create(PerObject());
  const Uuid a1 = Publish(webhook, Of("a")).window_id;
  const Uuid a2 = Publish(webhook, Of("a")).window_id;
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  const auto second = ClaimOne(webhook);
  EXPECT_EQ(second.window_id, a2);
  EXPECT_THAT(control().Redeliver(kTenant, {a1}).value(),
              ElementsAre(store::Requeue::kDone));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  EXPECT_EQ(Get(a1).waits_for, a2);
  auto retry = OutcomeOf(second, DeliveryState::kRetrying, 500);
  retry.retry_after = absl::Seconds(100);
  Record({retry});
  // It is the earlier one, and nothing of its object runs.
  const auto resent = ClaimOne(webhook);
  EXPECT_EQ(resent.window_id, a1);
  harness().ShiftWindows(absl::Seconds(30));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  Record({OutcomeOf(resent, DeliveryState::kSucceeded, 200)});
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  harness().ShiftWindows(absl::Seconds(70));
  EXPECT_EQ(ClaimOne(webhook).window_id, a2);
}

TEST_P(OrderContract, AResendOfALeaseThatEndedGoesBeforeIt) {
  const auto webhook = Create(PerObject());
  const Uuid a1 = Publish(webhook, Of("a")).window_id;
  const Uuid a2 = Publish(webhook, Of("a")).window_id;
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  EXPECT_EQ(ClaimOne(webhook).window_id, a2);
  control().Redeliver(kTenant, {a1}).value();
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  harness().ShiftWindows(absl::Seconds(41));
  std::vector<Uuid> taken;
  for (int i = 0; i < 3; ++i) {
    for (const auto& window : Claim(webhook).windows) taken.push_back(window.window_id);
  }
  EXPECT_THAT(taken, ElementsAre(a1));
}

TEST_P(OrderContract, AWebhookGoesOneDeliveryAtATime) {
  const auto webhook = Create(PerWebhook());
  std::vector<Uuid> published, sent;
  for (const char* object : {"a", "b", "a"}) {
    published.push_back(Publish(webhook, Of(object)).window_id);
  }
  for (int i = 0; i < 3; ++i) {
    const auto window = ClaimOne(webhook);
    EXPECT_THAT(Claim(webhook).windows, IsEmpty());
    sent.push_back(window.window_id);
    Record({OutcomeOf(window, DeliveryState::kSucceeded, 200)});
  }
  EXPECT_EQ(sent, published);
}

TEST_P(OrderContract, BatchesOfAWebhookGoOneAtATimeAndFillWhileTheyWait) {
  domain::WebhookSpec spec = BatchingSpec("Batches");
  spec.ordering = domain::Ordering::kPerWebhook;
  const auto webhook = Create(spec);
  const auto group = GroupOf(webhook, absl::Seconds(5));
  const auto first = Append(group, 1, 2, /*closes=*/true);
  const auto sending = ClaimOne(webhook);
  EXPECT_EQ(sending.window_id, first.window_id);
  const auto second = Append(group, 1, 1);
  harness().ShiftWindows(absl::Seconds(5));
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  EXPECT_EQ(Get(second.window_id).state, DeliveryState::kOpen);
  EXPECT_EQ(Get(second.window_id).waits_for, first.window_id);
  EXPECT_EQ(Append(group, 1, 1).window_id, second.window_id);
  Record({OutcomeOf(sending, DeliveryState::kSucceeded, 200)});
  const auto next = ClaimOne(webhook);
  EXPECT_EQ(next.window_id, second.window_id);
  EXPECT_THAT(next.items, SizeIs(2));
}

TEST_P(OrderContract, WithoutAnOrderAllThatWaitedGoes) {
  const auto webhook = Create(PerObject());
  Publish(webhook, Of("a"));
  const Uuid a2 = Publish(webhook, Of("a")).window_id;
  const Uuid a3 = Publish(webhook, Of("a")).window_id;
  const auto first = ClaimOne(webhook);
  domain::WebhookSpec spec = webhook.spec;
  spec.ordering = domain::Ordering::kNone;
  Update(webhook, spec);
  EXPECT_THAT(IdsOf(Claim(webhook).windows), UnorderedElementsAre(a2, a3));
  EXPECT_EQ(Record({OutcomeOf(first, DeliveryState::kSucceeded, 200)}), 0);
}

TEST_P(OrderContract, ABacklogOfOneObjectLetsAnotherPass) {
  const auto webhook = Create(PerObject());
  for (int i = 0; i < 1'200; ++i) Publish(webhook, Of("a"));
  const Uuid b = Publish(webhook, Of("b")).window_id;
  std::vector<Uuid> taken;
  int claims = 0;
  for (bool again = true; again && claims < 10; ++claims) {
    const store::Claim claim = Claim(webhook, 10);
    for (const auto& window : claim.windows) taken.push_back(window.window_id);
    again = !claim.held_back.empty();
  }
  EXPECT_THAT(taken, SizeIs(2));
  EXPECT_EQ(taken.back(), b);
  EXPECT_LE(claims, 5);
  // Those that wait are not looked at again.
  const store::Claim quiet = Claim(webhook, 10);
  EXPECT_EQ(quiet.parked, 0);
  EXPECT_THAT(quiet.held_back, IsEmpty());
}

TEST_P(OrderContract, ATestOrAnythingElseWithoutAKeyDoesNotWait) {
  const auto webhook = Create(PerWebhook());
  Publish(webhook, Of("a"));
  ClaimOne(webhook);
  store::StoredWebhook unordered = webhook;
  unordered.spec.ordering = domain::Ordering::kNone;
  const Uuid test = Publish(unordered, Of("a")).window_id;
  EXPECT_EQ(ClaimOne(webhook).window_id, test);
}

// Workers that fail now and then, while events are published.
TEST_P(OrderContract, FourWorkersKeepTheOrderOfEachObject) {
  constexpr int kEvents = 240, kObjects = 7;
  const auto webhook = Create(PerObject());
  std::mutex mutex;
  std::map<std::string, std::vector<std::int64_t>> ended;  // by object
  std::set<std::string> running;
  std::vector<std::string> faults;
  int done = 0;
  const absl::Time end = absl::Now() + absl::Minutes(2);
  const auto work = [&] {
    const auto worker = queue().RegisterWorker("test").value();
    for (int round = 0; absl::Now() < end; ++round) {
      {
        std::lock_guard lock(mutex);
        if (done == kEvents) return;
      }
      const auto claim =
          queue()
              .ClaimWindows(worker, {{webhook.webhook_id, 4}}, absl::Seconds(10))
              .value();
      std::vector<store::Outcome> outcomes;
      {
        std::lock_guard lock(mutex);
        for (const auto& window : claim.windows) {
          const auto& item = window.items.at(0);
          const std::string& object = claim.events.at(item.event).event.object_id;
          if (!running.insert(object).second) faults.push_back(object + " runs twice");
          const bool fails = window.attempt == 0 && item.ref.escmsg_id % 3 == 0;
          outcomes.push_back(OutcomeOf(
              window, fails ? DeliveryState::kRetrying : DeliveryState::kSucceeded,
              fails ? 500 : 200));
          if (!fails) ended[object].push_back(item.ref.escmsg_id);
        }
      }
      if (outcomes.empty()) continue;
      Now();  // a round trip, in which the others may claim
      {
        // Not as late as the record: whoever claims the next of the object then is right.
        std::lock_guard lock(mutex);
        for (const auto& window : claim.windows) {
          const auto& item = window.items.at(0);
          running.erase(claim.events.at(item.event).event.object_id);
        }
      }
      Record(outcomes);
      std::lock_guard lock(mutex);
      for (const auto& outcome : outcomes) {
        if (outcome.state == DeliveryState::kSucceeded) ++done;
      }
    }
  };
  std::vector<std::future<void>> workers;
  for (int i = 0; i < 4; ++i) workers.push_back(std::async(std::launch::async, work));
  for (int i = 0; i < kEvents; ++i) {
    Publish(webhook, Of(std::to_string(i % kObjects)));
  }
  for (auto& worker : workers) worker.get();
  EXPECT_EQ(done, kEvents);
  EXPECT_THAT(faults, IsEmpty());
  for (const auto& [object, numbers] : ended) {
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end())) << object;
  }
}

}  // namespace
}  // namespace windrow::contract
