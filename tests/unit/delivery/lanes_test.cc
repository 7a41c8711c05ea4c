#include "workers/delivery/lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "tests/unit/delivery/delivery_fixture.h"

namespace windrow::delivery {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

Uuid Id(int n) {
  Uuid id;
  id.bytes[14] = static_cast<std::uint8_t>(n >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}

class LanesTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Profile> ProfileOf(const Uuid& webhook, int version = 1,
                                           std::string url = "https://a.example/") {
    store::StoredWebhook stored;
    stored.webhook_id = webhook;
    stored.version = version;
    stored.spec.url = std::move(url);
    stored.secrets.signing_secret = kSecret;
    return MakeProfile(stored, false).value();
  }
  // Windows wanted of `webhook` when it alone is ready.
  int Room(const Uuid& webhook, int most = 500) {
    const Wanted wanted = lanes_.Want(std::vector{webhook}, most, now_);
    return wanted.webhooks.empty() ? 0 : wanted.webhooks.front().room;
  }
  void Hold(const Uuid& webhook, int count) {
    const auto profile = ProfileOf(webhook);
    lanes_.SetHead({webhook, profile, true}, now_);
    std::list<Delivery> deliveries(static_cast<std::size_t>(count));
    while (!deliveries.empty()) {
      deliveries.front().profile = profile;
      deliveries.front().outcome.webhook_id = webhook;
      deliveries.front().lease_until = now_ + absl::Minutes(5);
      deliveries.front().bytes = 1'000;
      lanes_.Enqueue(&deliveries, deliveries.begin(), now_);
    }
    StartSome(webhook);
  }
  void StartSome(const Uuid& webhook) {
    std::vector<Delivery*> starting;
    lanes_.TakeStartable(lanes_.Find(webhook), now_, &starting);
    running_.insert(running_.end(), starting.begin(), starting.end());
  }
  // Completes the requests that started first; true where the claim loop is to be woken.
  bool Complete(int count, absl::Duration took = absl::Milliseconds(2)) {
    bool wake = false;
    for (; count > 0; --count) {
      std::list<Delivery> done;
      const Uuid webhook = running_.front()->outcome.webhook_id;
      wake |= lanes_.Complete(running_.front(), {.took = took}, now_, &done);
      running_.pop_front();
      StartSome(webhook);
    }
    return wake;
  }
  // Claims for these, each time where the last one stopped, and holds what it gets.
  std::vector<store::WantedWebhook> ClaimForAll(std::span<const Uuid> webhooks) {
    std::vector<store::WantedWebhook> claimed;
    while (!webhooks.empty()) {
      const Wanted wanted = lanes_.Want(webhooks, 500, now_);
      for (const store::WantedWebhook& webhook : wanted.webhooks) {
        Hold(webhook.webhook_id, webhook.room);
        claimed.push_back(webhook);
      }
      webhooks = webhooks.subspan(wanted.examined);
    }
    return claimed;
  }
  // The webhook has answered once.
  void Prove(const Uuid& webhook, absl::Duration took = absl::Milliseconds(2)) {
    std::deque<Delivery*> others;
    others.swap(running_);
    Hold(webhook, 1);
    Complete(1, took);
    others.swap(running_);
    now_ += absl::Milliseconds(300);
    for (Delivery* delivery : running_) delivery->started_at = now_;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  Lanes lanes_{{.concurrency = 64, .max_in_flight = 2'000}};
  std::deque<Delivery*> running_;
};

TEST_F(LanesTest, AnEndpointThatHasNotAnsweredYetHoldsOne) {
  EXPECT_EQ(Room(Id(1)), 1);
  Hold(Id(1), 1);
  EXPECT_EQ(Room(Id(1)), 0);
  Complete(1);
  EXPECT_EQ(Room(Id(1)), 64);
}

TEST_F(LanesTest, RunsAsManyRequestsAsAllowedAndKeepsTheRestInOrder) {
  Prove(Id(1));
  Hold(Id(1), 100);
  EXPECT_THAT(running_, SizeIs(64));
  EXPECT_EQ(lanes_.held(), 100);
  EXPECT_EQ(lanes_.started(), 64);
  const Delivery* next = &lanes_.Find(Id(1))->waiting.front();
  Complete(1);
  EXPECT_THAT(running_, SizeIs(64));
  EXPECT_EQ(running_.back(), next);
}

TEST_F(LanesTest, AFastEndpointMayHoldWhatItCompletedInTheLastQuarterOfASecond) {
  Prove(Id(1));
  Hold(Id(1), 400);
  Complete(400);
  EXPECT_EQ(Room(Id(1)), 400);
  now_ += absl::Milliseconds(150);
  EXPECT_EQ(Room(Id(1)), 400);
  now_ += absl::Milliseconds(150);
  EXPECT_EQ(Room(Id(1)), 64);
}

TEST_F(LanesTest, ClaimsAgainOnlyWhenHalfOfTheRoomIsFree) {
  Prove(Id(1));
  Hold(Id(1), 400);
  Complete(300);
  Hold(Id(1), 100);  // 200 held of 300
  EXPECT_EQ(Room(Id(1)), 0);
  Complete(20);  // 180 of 320
  EXPECT_EQ(Room(Id(1)), 0);
  EXPECT_TRUE(Complete(20));  // 160 of 340
  EXPECT_EQ(Room(Id(1)), 180);
}

TEST_F(LanesTest, FreeRequestsAreUsedAtOnceButNotMoreOftenThanEveryTenMilliseconds) {
  Prove(Id(1));
  Hold(Id(1), 40);  // more than half of 64, none waits
  EXPECT_EQ(Room(Id(1)), 24);
  const Wanted again = lanes_.Want(std::vector{Id(1)}, 500, now_);
  EXPECT_THAT(again.webhooks, IsEmpty());
  EXPECT_TRUE(again.paced);
  now_ += absl::Milliseconds(10);
  EXPECT_EQ(Room(Id(1)), 24);
}

TEST_F(LanesTest, SharesTheRoomAmongThoseThatWantIt) {
  for (int n = 1; n <= 10; ++n) Prove(Id(n));
  std::vector<Uuid> all;
  for (int n = 1; n <= 10; ++n) all.push_back(Id(n));
  const Wanted wanted = lanes_.Want(all, 200, now_);
  ASSERT_THAT(wanted.webhooks, SizeIs(10));
  for (const store::WantedWebhook& webhook : wanted.webhooks) {
    EXPECT_EQ(webhook.room, 20);
  }
}

TEST_F(LanesTest, OneWebhookNeverHoldsMoreThanThreeQuartersOfAll) {
  Prove(Id(1));
  Hold(Id(1), 1'900);
  Complete(1'900);
  EXPECT_EQ(Room(Id(1), 5'000), 1'500);
}

TEST_F(LanesTest, NothingIsWantedBeyondTheTotal) {
  for (int n = 1; n <= 40; ++n) {
    Prove(Id(n));
    Hold(Id(n), 64);
  }
  EXPECT_GE(lanes_.held(), 2'000);
  Prove(Id(99));
  EXPECT_EQ(Room(Id(99)), 0);
  EXPECT_TRUE(Complete(1'000));
  EXPECT_EQ(Room(Id(99)), 64);
}

TEST_F(LanesTest, ACrowdOfHangingEndpointsLeavesRoomForHealthyOnes) {
  Prove(Id(1));
  std::vector<Uuid> hanging;
  for (int n = 100; n < 2'100; ++n) hanging.push_back(Id(n));
  EXPECT_THAT(ClaimForAll(hanging), SizeIs(1'500));  // one each
  EXPECT_EQ(lanes_.held(), 1'500);
  EXPECT_EQ(Room(Id(1)), 64);
}

TEST_F(LanesTest, SlowEndpointsTogetherHoldHalfOfAllAndTheOthersOfThemOneEach) {
  for (int n = 1; n <= 40; ++n) {
    Prove(Id(n), absl::Seconds(3));
    Hold(Id(n), Room(Id(n)));
  }
  EXPECT_EQ(lanes_.held(), 15 * 64 + 40 + 24);
}

TEST_F(LanesTest, AClaimLooksPastAnyNumberThatHaveNoRoomAmongTheSlow) {
  std::vector<Uuid> candidates;
  for (int n = 1; n <= 1'000; ++n) {
    candidates.push_back(Id(n));
    Prove(Id(n), absl::Seconds(2));
    Hold(Id(n), 1);  // a thousand of 2,000: all that the slow may hold
  }
  const Uuid healthy = Id(2'000);
  Prove(healthy);
  candidates.push_back(healthy);
  const Wanted wanted = lanes_.Want(candidates, 500, now_);
  ASSERT_THAT(wanted.webhooks, SizeIs(1));
  EXPECT_EQ(wanted.webhooks.front().webhook_id, healthy);
  EXPECT_EQ(wanted.examined, candidates.size());
  EXPECT_TRUE(Complete(1, absl::Seconds(2)));  // wakes the claims for those passed over
}

TEST_F(LanesTest, NewOnesAreClaimedForAFewAtOnceAndFastOnesWithThem) {
  std::vector<Uuid> candidates;
  for (int n = 1; n <= 100; ++n) candidates.push_back(Id(n));
  const Uuid fast = Id(2'000);
  Prove(fast);
  candidates.push_back(fast);
  const Wanted wanted = lanes_.Want(candidates, 500, now_);
  ASSERT_THAT(wanted.webhooks, SizeIs(kMaxCautiousPerClaim + 1));
  EXPECT_EQ(wanted.webhooks.back().webhook_id, fast);
  // The others are the first of the next claim, and nothing is kept of them until then.
  EXPECT_EQ(wanted.examined, std::size_t{kMaxCautiousPerClaim});
  EXPECT_EQ(lanes_.webhooks(), std::size_t{kMaxCautiousPerClaim} + 1);
}

TEST_F(LanesTest, AClaimTakesFewWindowsOfSlowOnes) {
  std::vector<Uuid> candidates;
  for (int n = 1; n <= 20; ++n) {
    candidates.push_back(Id(n));
    Prove(Id(n), absl::Seconds(2));
  }
  const Wanted wanted = lanes_.Want(candidates, 500, now_);
  ASSERT_THAT(wanted.webhooks, SizeIs(20));
  for (const store::WantedWebhook& webhook : wanted.webhooks) EXPECT_EQ(webhook.room, 3);
}

TEST_F(LanesTest, OneThatWasSlowOnceShowsAnewHowItIsWhateverHangs) {
  Prove(Id(1), absl::Seconds(2));
  for (int n = 2; n < 18; ++n) {
    Prove(Id(n), absl::Seconds(2));
    Hold(Id(n), 64);
  }
  const Wanted wanted = lanes_.Want(std::vector{Id(1), Id(2)}, 500, now_);
  ASSERT_THAT(wanted.webhooks, SizeIs(1)) << "and none of those that hang";
  EXPECT_EQ(wanted.webhooks[0].webhook_id, Id(1));
  EXPECT_EQ(wanted.webhooks[0].room, 1);
  EXPECT_TRUE(wanted.webhooks[0].unless_failing);
  Prove(Id(1));
  EXPECT_EQ(Room(Id(1)), 64);
}

TEST_F(LanesTest, AnEndpointThatStopsAnsweringGivesBackWhatItCannotTake) {
  Prove(Id(1));
  Hold(Id(1), 500);
  EXPECT_THAT(lanes_.TakeExcess(now_), IsEmpty());
  now_ += absl::Milliseconds(1'001);
  EXPECT_THAT(lanes_.TakeExcess(now_), SizeIs(436));
  EXPECT_EQ(lanes_.held(), 64);
  EXPECT_EQ(lanes_.bytes(), 64'000u);
}

TEST_F(LanesTest, NothingStartsOnAWebhooksStateThatIsOld) {
  Prove(Id(1));
  Hold(Id(1), 65);
  now_ += absl::Milliseconds(1'501);
  Complete(1);
  EXPECT_THAT(running_, SizeIs(63));
  EXPECT_THAT(lanes_.StaleHeads(now_), ::testing::ElementsAre(Id(1)));
  lanes_.SetHead({Id(1), nullptr, true}, now_);
  StartSome(Id(1));
  EXPECT_THAT(running_, SizeIs(64));
}

TEST_F(LanesTest, AnAnswerThatIsOlderThanWhatIsKnownIsIgnored) {
  Prove(Id(1));
  lanes_.SetHead({Id(1), nullptr, false}, now_);
  lanes_.SetHead({Id(1), nullptr, true}, now_ - absl::Seconds(1));
  EXPECT_FALSE(lanes_.Find(Id(1))->enabled);
}

TEST_F(LanesTest, NothingStartsWithALeaseThatWouldEndBeforeTheRequest) {
  Prove(Id(1));
  lanes_.SetHead({Id(1), ProfileOf(Id(1)), true}, now_);
  std::list<Delivery> delivery(1);
  delivery.front().profile = ProfileOf(Id(1));
  delivery.front().outcome.webhook_id = Id(1);
  delivery.front().lease_until = now_ + absl::Seconds(29);
  lanes_.Enqueue(&delivery, delivery.begin(), now_);
  StartSome(Id(1));
  EXPECT_THAT(running_, IsEmpty());
  lanes_.Find(Id(1))->waiting.front().lease_until = now_ + absl::Seconds(30);
  StartSome(Id(1));
  EXPECT_THAT(running_, SizeIs(1));
}

TEST_F(LanesTest, ForgetsWebhooksThatHadNothingForLong) {
  Prove(Id(1));
  now_ += absl::Minutes(9);
  lanes_.RemoveIdle(now_);
  EXPECT_NE(lanes_.Find(Id(1)), nullptr);
  now_ += absl::Minutes(2);
  lanes_.RemoveIdle(now_);
  EXPECT_EQ(lanes_.Find(Id(1)), nullptr);
}

TEST_F(LanesTest, ANewUrlOfEventFieldsIsNotStartedWithTheOldOne) {
  Hold(Id(1), 66);  // 64 of them start
  lanes_.SetHead({Id(1), ProfileOf(Id(1), 2, "https://b.example/{{object.id}}"), true},
                 now_);
  Complete(1);
  EXPECT_THAT(running_, SizeIs(63));
  EXPECT_THAT(lanes_.TakeExcess(now_), SizeIs(2));
  EXPECT_EQ(lanes_.held(), 63);
}

TEST_F(LanesTest, APlainUrlChangesForWhatWaits) {
  Hold(Id(1), 66);
  const auto newer = ProfileOf(Id(1), 2, "https://b.example/");
  lanes_.SetHead({Id(1), newer, true}, now_);
  EXPECT_THAT(lanes_.TakeExcess(now_), IsEmpty());
  Complete(1);
  ASSERT_THAT(running_, SizeIs(64));
  EXPECT_EQ(running_.back()->profile, newer);
}

TEST_F(LanesTest, KnowsSoManyWebhooksAtMostButForThoseThatHoldSomething) {
  Hold(Id(1), 1);
  UuidV7Generator ids;
  for (std::size_t i = 0; i < Lanes::kMaxWebhooks; ++i) Room(ids.Next(now_));
  EXPECT_EQ(lanes_.webhooks(), Lanes::kMaxWebhooks + 1);
  lanes_.RemoveIdle(now_);
  EXPECT_EQ(lanes_.webhooks(), 1u);
}

TEST_F(LanesTest, WhenHalfOfAllIsTakenNewWebhooksAreWantedUnlessTheyFail) {
  std::vector<Uuid> candidates;
  for (int n = 1; n <= 2'000; ++n) candidates.push_back(Id(n));
  int sure = 0, unless_failing = 0;
  for (const store::WantedWebhook& webhook : ClaimForAll(candidates)) {
    ++(webhook.unless_failing ? unless_failing : sure);
  }
  EXPECT_EQ(sure, 1'000);
  EXPECT_EQ(unless_failing, 500);
}

}  // namespace
}  // namespace windrow::delivery
