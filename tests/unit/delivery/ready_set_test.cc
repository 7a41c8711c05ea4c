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

}  // namespace
}  // namespace windrow::delivery
