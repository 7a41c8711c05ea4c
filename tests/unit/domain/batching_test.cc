#include "common/domain/batching.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <vector>

namespace windrow::domain {

void PrintTo(const Segment& segment, std::ostream* out) {
  *out << "{first " << segment.first << ", count " << segment.count
       << (segment.into_open ? ", into open" : ", new")
       << (segment.closes ? ", closes}" : ", stays open}");
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kCap = 1'048'576;

Segment New(int first, int count, bool closes) { return {first, count, false, closes}; }
Segment Open(int first, int count, bool closes) { return {first, count, true, closes}; }
constexpr bool kCloses = true;
constexpr bool kStaysOpen = false;

std::vector<std::size_t> Sizes(int count, std::size_t size) {
  return std::vector<std::size_t>(count, size);
}

TEST(GroupKeyTest, NamesTheGroupOfEachMode) {
  EXPECT_EQ(GroupKey(BatchMode::kNone, 7, "ticket.created"), "");
  EXPECT_EQ(GroupKey(BatchMode::kSameEvent, 7, "ticket.created"), "n:7");
  EXPECT_EQ(GroupKey(BatchMode::kSameEventType, 7, "ticket.created"), "t:ticket.created");
  EXPECT_EQ(GroupKey(BatchMode::kAny, 7, "ticket.created"), "any");
}

// Two triggers of one webhook that match one event.
TEST(GroupKeyTest, TwoTriggersShareAWindowExceptWhereEachTriggerHasItsOwn) {
  const auto same = [](BatchMode mode) {
    return GroupKey(mode, 7, "ticket.updated") == GroupKey(mode, 8, "ticket.updated");
  };
  EXPECT_TRUE(same(BatchMode::kAny));
  EXPECT_TRUE(same(BatchMode::kSameEventType));
  EXPECT_FALSE(same(BatchMode::kSameEvent));
}

TEST(GroupKeyTest, EventTypesShareAWindowOnlyInAny) {
  const auto same = [](BatchMode mode) {
    return GroupKey(mode, 7, "ticket.created") == GroupKey(mode, 7, "ticket.closed");
  };
  EXPECT_TRUE(same(BatchMode::kAny));
  EXPECT_FALSE(same(BatchMode::kSameEventType));
}

TEST(SplitIntoWindowsTest, NothingNewChangesNothing) {
  EXPECT_THAT(SplitIntoWindows({}, {}, 10), IsEmpty());
  EXPECT_THAT(SplitIntoWindows({.items = 3, .bytes = 900}, {}, 10), IsEmpty());
}

TEST(SplitIntoWindowsTest, TwentyFiveItemsAtTenGoAsTenTenFive) {
  EXPECT_THAT(
      SplitIntoWindows({}, Sizes(25, 300), 10),
      ElementsAre(New(0, 10, kCloses), New(10, 10, kCloses), New(20, 5, kStaysOpen)));
}

TEST(SplitIntoWindowsTest, TheSameItemsOneAtATimeFillTheSameWindows) {
  const std::vector<std::size_t> one = {300};
  Fill window;
  std::vector<int> closed;
  for (int i = 0; i < 25; ++i) {
    const std::vector<Segment> segments = SplitIntoWindows(window, one, 10);
    ASSERT_EQ(segments.size(), 1u);
    EXPECT_EQ(segments[0].into_open, window.items > 0);
    ++window.items;
    window.bytes += 301;
    if (segments[0].closes) {
      closed.push_back(window.items);
      window = {};
    }
  }
  EXPECT_THAT(closed, ElementsAre(10, 10));
  EXPECT_EQ(window.items, 5);
}

TEST(SplitIntoWindowsTest, OneItemOpensAWindow) {
  EXPECT_THAT(SplitIntoWindows({}, Sizes(1, 300), 10),
              ElementsAre(New(0, 1, kStaysOpen)));
}

TEST(SplitIntoWindowsTest, AtMaxItemsOneEachItemClosesItsOwnWindow) {
  EXPECT_THAT(SplitIntoWindows({}, Sizes(3, 300), 1),
              ElementsAre(New(0, 1, kCloses), New(1, 1, kCloses), New(2, 1, kCloses)));
}

TEST(SplitIntoWindowsTest, TheOpenWindowIsFilledFirst) {
  EXPECT_THAT(
      SplitIntoWindows({.items = 7, .bytes = 2'100}, Sizes(15, 300), 10),
      ElementsAre(Open(0, 3, kCloses), New(3, 10, kCloses), New(13, 2, kStaysOpen)));
}

TEST(SplitIntoWindowsTest, AnOpenWindowWithRoomStaysOpen) {
  EXPECT_THAT(SplitIntoWindows({.items = 7, .bytes = 2'100}, Sizes(2, 300), 10),
              ElementsAre(Open(0, 2, kStaysOpen)));
}

TEST(SplitIntoWindowsTest, AnOpenWindowWithoutRoomIsClosedAsItIs) {
  EXPECT_THAT(SplitIntoWindows({.items = 3, .bytes = kCap - 100}, Sizes(1, 300), 10),
              ElementsAre(Open(0, 0, kCloses), New(0, 1, kStaysOpen)));
  EXPECT_THAT(SplitIntoWindows({.items = 10, .bytes = 3'000}, Sizes(1, 300), 10),
              ElementsAre(Open(0, 0, kCloses), New(0, 1, kStaysOpen)));
}

// 20 × 51,200 + 19 commas + 2 brackets = 1,024,021; a 21st item would make 1,075,222.
TEST(SplitIntoWindowsTest, HundredItemsOfFiftyKibibytesCloseAtOneMebibyte) {
  EXPECT_THAT(SplitIntoWindows({}, Sizes(100, 51'200), 1'000),
              ElementsAre(New(0, 20, kCloses), New(20, 20, kCloses), New(40, 20, kCloses),
                          New(60, 20, kCloses), New(80, 20, kStaysOpen)));
}

TEST(SplitIntoWindowsTest, BracketsAndCommasCount) {
  // 2 + 500,000 + 1 + 548,573 is the cap exactly.
  EXPECT_THAT(SplitIntoWindows({}, std::vector<std::size_t>{500'000, 548'573}, 10),
              ElementsAre(New(0, 2, kCloses)));
  EXPECT_THAT(SplitIntoWindows({}, std::vector<std::size_t>{500'000, 548'574}, 10),
              ElementsAre(New(0, 1, kCloses), New(1, 1, kStaysOpen)));
}

TEST(SplitIntoWindowsTest, AnItemOverTheCapGoesAlone) {
  EXPECT_THAT(SplitIntoWindows({}, std::vector<std::size_t>{300, kCap + 1, 300}, 10),
              ElementsAre(New(0, 1, kCloses), New(1, 1, kCloses), New(2, 1, kStaysOpen)));
}

TEST(SplitIntoWindowsTest, AnItemOverTheCapDoesNotJoinTheOpenWindow) {
  EXPECT_THAT(SplitIntoWindows({.items = 1, .bytes = 302}, Sizes(1, kCap + 1), 10),
              ElementsAre(Open(0, 0, kCloses), New(0, 1, kCloses)));
}

}  // namespace
}  // namespace windrow::domain
