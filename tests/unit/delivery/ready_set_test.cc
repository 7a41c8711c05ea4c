#include "workers/delivery/ready_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace windrow::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Uuid Id(std::uint8_t n) {
  Uuid id;
  id.bytes[15] = n;
  return id;
}

TEST(ReadySetTest, KeepsTheOrderInWhichWebhooksCame) {
  ReadySet ready;
  ready.Add(Id(3));
  ready.Add(Id(1));
  ready.Add(Id(2));
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(3), Id(1), Id(2)));
  EXPECT_THAT(ready.Front(2), ElementsAre(Id(3), Id(1)));
}

TEST(ReadySetTest, HoldsEachWebhookOnceAtItsFirstPlace) {
  ReadySet ready;
  ready.Add(Id(1));
  ready.Add(Id(2));
  ready.Add(Id(1));
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(1), Id(2)));
}

TEST(ReadySetTest, PutsThoseThatHadTheirTurnLast) {
  ReadySet ready;
  for (const std::uint8_t n : {1, 2, 3, 4}) ready.Add(Id(n));
  ready.Rotate(3);
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(4), Id(1), Id(2), Id(3)));
  ready.Rotate(99);
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(4), Id(1), Id(2), Id(3)));
}

TEST(ReadySetTest, ForgetsWhatIsRemovedAndTakesItAgain) {
  ReadySet ready;
  ready.Add(Id(1));
  ready.Add(Id(2));
  ready.Remove(Id(1));
  ready.Remove(Id(9));
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(2)));
  ready.Add(Id(1));
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(2), Id(1)));
  ready.Remove(Id(1));
  ready.Remove(Id(2));
  EXPECT_TRUE(ready.empty());
  EXPECT_THAT(ready.Front(10), IsEmpty());
}

TEST(ReadySetTest, WhatIsHeldBackComesWhenItsTimeHasCome) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  ReadySet ready;
  EXPECT_EQ(ready.NextHeldBack(), std::nullopt);
  for (const std::uint8_t n : {1, 2, 3}) ready.Add(Id(n));
  ready.HoldBack(Id(1), now + absl::Seconds(5), false);
  ready.HoldBack(Id(2), now + absl::Seconds(2), false);
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(3)));
  EXPECT_EQ(ready.NextHeldBack(), now + absl::Seconds(2));
  ready.Add(Id(2));
  ready.Freed(Id(2));
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(3)));
  ready.AddHeldBack(now + absl::Seconds(2));
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(3), Id(2)));
  EXPECT_EQ(ready.NextHeldBack(), now + absl::Seconds(5));
  // Held back anew: the later time counts.
  ready.HoldBack(Id(1), now + absl::Seconds(9), false);
  ready.AddHeldBack(now + absl::Seconds(8));
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(3), Id(2)));
  ready.AddHeldBack(now + absl::Seconds(9));
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(3), Id(2), Id(1)));
}

TEST(ReadySetTest, WhatWaitsForRoomComesWhenARequestHasEnded) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  ReadySet ready;
  ready.HoldBack(Id(1), now + absl::Seconds(5), true);
  ready.Add(Id(1));
  EXPECT_TRUE(ready.empty());
  ready.Freed(Id(1));
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(1)));
  EXPECT_EQ(ready.NextHeldBack(), std::nullopt);
  // One that was not held back may have a window that waited for another.
  ready.Freed(Id(2));
  EXPECT_THAT(ready.Front(10), ElementsAre(Id(1), Id(2)));
}

TEST(ReadySetTest, TakesSoManyAtMostInTheRowAndHeldBack) {
  ReadySet ready;
  UuidV7Generator ids;
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  for (std::size_t i = 0; i < ReadySet::kMost + 10; ++i) {
    ready.Add(ids.Next(now));
    ready.HoldBack(ids.Next(now), now + absl::Seconds(1), true);
  }
  EXPECT_EQ(ready.size(), ReadySet::kMost);
  EXPECT_EQ(ready.held_back(), ReadySet::kMost);
  ready.AddHeldBack(now + absl::Seconds(1));
  EXPECT_EQ(ready.size(), ReadySet::kMost);
  EXPECT_EQ(ready.held_back(), 0u);
}

}  // namespace
}  // namespace windrow::delivery
