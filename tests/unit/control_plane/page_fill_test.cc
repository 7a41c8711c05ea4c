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
};

// A list of records by their sizes, read from `at` on.
struct List {
  std::vector<std::size_t> records;
  std::size_t at = 0;
  std::vector<int> limits = {};
  std::vector<std::size_t> page = {};

  absl::StatusOr<bool> Fill(int size, int chunk) {
    page.clear();
    return FillPage(
        size, chunk, &Page::sizes,
        [&](int limit) -> absl::StatusOr<Page> {
          limits.push_back(limit);
          const std::size_t end = std::min(at + limit, records.size());
          return Page{{records.begin() + at, records.begin() + end},
                      end < records.size()};
        },
        [&](std::size_t record) {
          ++at;
          page.push_back(record);
          return record;
        });
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

TEST(FillPageTest, AnErrorIsTheAnswer) {
  const auto filled = FillPage(
      10, 10, &Page::sizes,
      [](int) -> absl::StatusOr<Page> { return absl::UnavailableError("down"); },
      [](std::size_t) { return std::size_t{0}; });
  EXPECT_TRUE(absl::IsUnavailable(filled.status()));
}

}  // namespace
}  // namespace windrow::control_plane
