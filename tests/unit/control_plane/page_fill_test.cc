#include "services/control_plane/page_fill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace windrow::control_plane {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsFalse;
using ::testing::Le;
using ::testing::SizeIs;

struct Page {
  std::vector<std::size_t> sizes;
  bool more = false;
  int examined = 0;
  std::size_t end = 0;  // of what was looked at
};

// A list of records by their sizes, read from `at` on. Those of size 0 are not wanted.
struct List {
  std::vector<std::size_t> records;
  std::size_t at = 0;
  std::vector<int> limits = {};
  std::vector<std::size_t> page = {};
  int looked_at = 0;  // for the last page

  Page Look(int limit, int examine) {
    Page found{.end = at};
    while (found.end < records.size() && found.examined < examine &&
           found.sizes.size() < static_cast<std::size_t>(limit)) {
      if (records[found.end] != 0) found.sizes.push_back(records[found.end]);
      ++found.end;
      ++found.examined;
    }
    found.more = found.end < records.size();
    looked_at += found.examined;
    return found;
  }

  absl::StatusOr<bool> Fill(int size, int chunk) {
    page.clear();
    looked_at = 0;
    return FillPage(
        size, chunk, &Page::sizes,
        [&](int limit, int examine) -> absl::StatusOr<Page> {
          limits.push_back(limit);
          return Look(limit, examine);
        },
        [&](std::size_t record) {
          while (records[at] == 0) ++at;
          ++at;
          page.push_back(record);
          return record;
        },
        [&](const Page& whole) { at = whole.end; });
  }
};

TEST(FillPageTest, TakesWhatIsThere) {
  List list{{100, 200, 300}};
  EXPECT_THAT(list.Fill(50, 16).value(), IsFalse());
  EXPECT_THAT(list.page, ElementsAre(100, 200, 300));
  List nothing;
  EXPECT_THAT(nothing.Fill(50, 16).value(), IsFalse());
  EXPECT_THAT(nothing.page, SizeIs(0));
}

TEST(FillPageTest, StopsAtTheSizeAndSaysThatThereIsMore) {
  List list{std::vector<std::size_t>(100, 10)};
  EXPECT_TRUE(list.Fill(40, 16).value());
  EXPECT_THAT(list.page, SizeIs(40));
  EXPECT_TRUE(list.Fill(40, 16).value());
  EXPECT_FALSE(list.Fill(40, 16).value());
  EXPECT_THAT(list.page, SizeIs(20));
}

TEST(FillPageTest, TheLastPageThatIsJustFullIsTheLast) {
  List list{std::vector<std::size_t>(40, 10)};
  EXPECT_FALSE(list.Fill(40, 16).value());
  EXPECT_THAT(list.page, SizeIs(40));
}

TEST(FillPageTest, LargeRecordsMakeAShortPageAndNoneIsLost) {
  List list{std::vector<std::size_t>(9, 1u << 20)};
  std::size_t seen = 0;
  for (bool more = true; more;) {
    more = list.Fill(50, 16).value();
    EXPECT_THAT(list.page.size(), ::testing::AllOf(::testing::Ge(1u), Le(3u)));
    seen += list.page.size();
  }
  EXPECT_EQ(seen, 9u);
}

TEST(FillPageTest, SmallRecordsDoNotOpenTheDoorForLargeOnes) {
  List list{std::vector<std::size_t>(100, 10)};
  list.records.resize(2'000, 1u << 20);
  EXPECT_TRUE(list.Fill(1'000, 16).value());
  EXPECT_THAT(list.limits, Each(Le(16)));
}

TEST(FillPageTest, APageThatLookedLongEnoughEndsThereAndTheNextGoesOn) {
  List list;
  list.records.assign(8'000, 0);
  for (const std::size_t wanted : {10, 2'000, 4'500, 7'999}) list.records[wanted] = 1;
  EXPECT_TRUE(list.Fill(50, 16).value());
  EXPECT_THAT(list.page, SizeIs(2));
  EXPECT_EQ(list.looked_at, store::kMostExamined);
  EXPECT_EQ(list.at, 3'000u);
  EXPECT_TRUE(list.Fill(50, 16).value());
  EXPECT_THAT(list.page, SizeIs(1));
  EXPECT_FALSE(list.Fill(50, 16).value());
  EXPECT_THAT(list.page, SizeIs(1));
  EXPECT_EQ(list.at, 8'000u);
}

TEST(FillPageTest, WhatWasLookedAtCountsOverAllThatIsFetchedForAPage) {
  List list;
  for (int i = 0; i < 10'000; ++i) list.records.push_back(i % 600 == 0 ? 1 : 0);
  EXPECT_TRUE(list.Fill(50, 2).value());
  EXPECT_THAT(list.page, SizeIs(5));
  EXPECT_EQ(list.looked_at, store::kMostExamined);
}

TEST(FillPageTest, NothingThatWasNotPutIsSkipped) {
  List list{std::vector<std::size_t>(9, 1u << 20)};
  list.records[1] = 0;
  EXPECT_TRUE(list.Fill(50, 16).value());
  EXPECT_THAT(list.page, SizeIs(2));
  EXPECT_EQ(list.at, 3u);
}

TEST(FillPageTest, AnErrorIsTheAnswer) {
  const auto filled = FillPage(
      10, 10, &Page::sizes,
      [](int, int) -> absl::StatusOr<Page> { return absl::UnavailableError("down"); },
      [](std::size_t) { return std::size_t{0}; }, [](const Page&) {});
  EXPECT_TRUE(absl::IsUnavailable(filled.status()));
}

}  // namespace
}  // namespace windrow::control_plane
