#include "common/domain/http_date.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace windrow::domain {
namespace {

using testing::Optional;

// 2026-11-25T10:00:00Z.
const absl::Time kNow = absl::FromUnixSeconds(1'795'600'800);

std::optional<std::int64_t> Seconds(std::string_view text) {
  const std::optional<absl::Time> time = ParseHttpDate(text, kNow);
  if (!time) return std::nullopt;
  return absl::ToUnixSeconds(*time);
}

// The examples of RFC 9110, 5.6.7.
TEST(ParseHttpDateTest, ReadsTheExamplesOfTheStandard) {
  EXPECT_THAT(Seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Optional(784'111'777));
  EXPECT_THAT(Seconds("Sunday, 06-Nov-94 08:49:37 GMT"), Optional(784'111'777));
  EXPECT_THAT(Seconds("Sun Nov  6 08:49:37 1994"), Optional(784'111'777));
}

TEST(ParseHttpDateTest, TwoDigitYearsLieAtMostFiftyYearsAhead) {
  EXPECT_THAT(Seconds("Wednesday, 25-Nov-76 10:00:00 GMT"), Optional(3'373'524'000));
  EXPECT_THAT(Seconds("Wednesday, 25-Nov-76 10:00:01 GMT"), Optional(217'764'001));
  EXPECT_THAT(Seconds("Thursday, 01-Jan-26 00:00:00 GMT"), Optional(1'767'225'600));
}

TEST(ParseHttpDateTest, LeapDaysAndSecondsExistWhereTheCalendarHasThem) {
  EXPECT_THAT(Seconds("Thu, 29 Feb 2024 00:00:00 GMT"), Optional(1'709'164'800));
  EXPECT_EQ(Seconds("Wed, 29 Feb 2023 00:00:00 GMT"), std::nullopt);
  EXPECT_THAT(Seconds("Sat, 31 Dec 2016 23:59:60 GMT"), Optional(1'483'228'800));
}

TEST(ParseHttpDateTest, WhatNoClockShowsIsRefused) {
  for (const char* text :
       {"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun Nov  0 08:49:37 1994"}) {
    EXPECT_EQ(Seconds(text), std::nullopt) << text;
  }
}

TEST(ParseHttpDateTest, OtherSpellingsAreRefused) {
  for (const char* text : {"",
                           "Sun",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 94 08:49:37 GMT",
                           "sun, 06 nov 1994 08:49:37 gmt",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 +0000",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           " Sun, 06 Nov 1994 08:49:37 GMT",
                           "Sun,  06 Nov 1994 08:49:37 GMT",
                           "Sun, 06-Nov-94 08:49:37 GMT",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov  6 08:49:37 1994 GMT",
                           "Xyz, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Xyz 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 8:49:37 GMT",
                           "Sun, 06 Nov -994 08:49:37 GMT",
                           "1994-11-06T08:49:37Z"}) {
    EXPECT_EQ(Seconds(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace windrow::domain
