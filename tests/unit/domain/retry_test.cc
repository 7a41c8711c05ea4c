#include "common/domain/retry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::Optional;

// 2026-11-25T10:00:00Z, a Wednesday.
const absl::Time kNow = absl::FromUnixSeconds(1'795'600'800);
constexpr double kNoSpread = 0.5;

AttemptOutcome Answer(int status) { return {.complete = true, .status = status}; }
AttemptOutcome Answer(int status, std::string retry_after) {
  return {.complete = true, .status = status, .retry_after = std::move(retry_after)};
}
AttemptOutcome NoAnswer() { return {}; }

Verdict DecideFirst(const AttemptOutcome& outcome) {
  return Decide(outcome, RetryPolicy(), 1, kNow, kNoSpread);
}

TEST(DecideTest, EveryTwoHundredStatusSucceeds) {
  for (const int status : {200, 201, 204, 206, 299}) {
    EXPECT_EQ(DecideFirst(Answer(status)), Verdict(Succeed{})) << status;
  }
}

TEST(DecideTest, RedirectsErrorsAndSilenceAreRetried) {
  for (const int status : {199, 300, 301, 302, 307, 308, 400, 401, 404, 409, 422, 429,
                           500, 502, 503, 504, 599, 999}) {
    EXPECT_EQ(DecideFirst(Answer(status)), Verdict(Retry{absl::Seconds(5)})) << status;
  }
  EXPECT_EQ(DecideFirst(NoAnswer()), Verdict(Retry{absl::Seconds(5)}));
}

TEST(DecideTest, AStatusWhoseHeaderNeverEndedIsNoSuccess) {
  EXPECT_EQ(DecideFirst({.complete = false, .status = 200}),
            Verdict(Retry{absl::Seconds(5)}));
  EXPECT_EQ(DecideFirst({.complete = false, .status = 410}),
            Verdict(Retry{absl::Seconds(5)}));
}

TEST(DecideTest, GoneGivesUpAtOnceAlsoAtTheLastAttempt) {
  EXPECT_EQ(DecideFirst(Answer(410)), Verdict(GiveUp{GiveUpReason::kGone}));
  EXPECT_EQ(Decide(Answer(410), RetryPolicy(), 10, kNow, kNoSpread),
            Verdict(GiveUp{GiveUpReason::kGone}));
}

TEST(DecideTest, TheDefaultScheduleIsTenAttempts) {
  EXPECT_THAT(
      RetryPolicy().delays,
      ElementsAre(absl::Seconds(0), absl::Seconds(5), absl::Minutes(5), absl::Minutes(30),
                  absl::Hours(2), absl::Hours(5), absl::Hours(10), absl::Hours(14),
                  absl::Hours(20), absl::Hours(24)));
  EXPECT_EQ(Decide(NoAnswer(), RetryPolicy(), 2, kNow, kNoSpread),
            Verdict(Retry{absl::Minutes(5)}));
  EXPECT_EQ(Decide(NoAnswer(), RetryPolicy(), 9, kNow, kNoSpread),
            Verdict(Retry{absl::Hours(24)}));
  EXPECT_EQ(Decide(NoAnswer(), RetryPolicy(), 10, kNow, kNoSpread),
            Verdict(GiveUp{GiveUpReason::kAttemptsUsed}));
  EXPECT_EQ(Decide(NoAnswer(), RetryPolicy(), 11, kNow, kNoSpread),
            Verdict(GiveUp{GiveUpReason::kAttemptsUsed}));
}

TEST(DecideTest, AScheduleOfOneIsNeverRetried) {
  const RetryPolicy once = {.delays = {absl::ZeroDuration()}};
  EXPECT_EQ(Decide(Answer(500), once, 1, kNow, kNoSpread),
            Verdict(GiveUp{GiveUpReason::kAttemptsUsed}));
}

TEST(DecideTest, SpreadIsTwentyPercentEachWay) {
  const auto wait = [](double random) {
    return std::get<Retry>(Decide(NoAnswer(), RetryPolicy(), 2, kNow, random)).after;
  };
  EXPECT_EQ(wait(0), absl::Minutes(4));
  EXPECT_EQ(wait(0.5), absl::Minutes(5));
  EXPECT_EQ(wait(0.75), absl::Seconds(330));
  EXPECT_LE(wait(0.999999), absl::Minutes(6));
}

TEST(DecideTest, RetryAfterIsObeyedOn429And503) {
  EXPECT_EQ(DecideFirst(Answer(429, "120")), Verdict(Retry{absl::Seconds(120)}));
  EXPECT_EQ(DecideFirst(Answer(503, "120")), Verdict(Retry{absl::Seconds(120)}));
  EXPECT_EQ(DecideFirst(Answer(429, "Wed, 25 Nov 2026 10:02:00 GMT")),
            Verdict(Retry{absl::Seconds(120)}));
}

TEST(DecideTest, RetryAfterIsNotReadOnOtherStatuses) {
  for (const int status : {301, 404, 500, 502}) {
    EXPECT_EQ(DecideFirst(Answer(status, "120")), Verdict(Retry{absl::Seconds(5)}));
  }
  EXPECT_EQ(DecideFirst({.complete = false, .status = 503, .retry_after = "120"}),
            Verdict(Retry{absl::Seconds(5)}));
}

TEST(DecideTest, RetryAfterIsNeverShortenedBySpread) {
  for (const double random : {0.0, 0.5, 0.999}) {
    EXPECT_EQ(Decide(Answer(429, "120"), RetryPolicy(), 1, kNow, random),
              Verdict(Retry{absl::Seconds(120)}));
  }
}

TEST(DecideTest, RetryAfterNeverBringsAnAttemptForward) {
  EXPECT_EQ(Decide(Answer(429, "120"), RetryPolicy(), 2, kNow, kNoSpread),
            Verdict(Retry{absl::Minutes(5)}));
  EXPECT_EQ(DecideFirst(Answer(429, "0")), Verdict(Retry{absl::Seconds(5)}));
}

TEST(DecideTest, RetryAfterThatIsNoTimeToComeLeavesTheSchedule) {
  for (const char* value : {"Wed, 25 Nov 2026 09:00:00 GMT", "-120", "soon", "", "1.5",
                            "120 s", "0x10", "+120", "1e3"}) {
    EXPECT_EQ(DecideFirst(Answer(429, value)), Verdict(Retry{absl::Seconds(5)})) << value;
  }
}

TEST(DecideTest, RetryAfterIsCappedAtADay) {
  EXPECT_EQ(DecideFirst(Answer(429, "1000000")), Verdict(Retry{absl::Hours(24)}));
  EXPECT_EQ(DecideFirst(Answer(503, "Fri, 31 Dec 9999 23:59:59 GMT")),
            Verdict(Retry{absl::Hours(24)}));
}

TEST(DecideTest, RetryAfterDoesNotAddAttempts) {
  EXPECT_EQ(Decide(Answer(429, "120"), RetryPolicy(), 10, kNow, kNoSpread),
            Verdict(GiveUp{GiveUpReason::kAttemptsUsed}));
}

std::optional<absl::Duration> Parse(std::string_view value) {
  return ParseRetryAfter(value, kNow, absl::Hours(24));
}

TEST(ParseRetryAfterTest, ReadsSeconds) {
  EXPECT_THAT(Parse("120"), Optional(absl::Seconds(120)));
  EXPECT_THAT(Parse("0"), Optional(absl::ZeroDuration()));
  EXPECT_THAT(Parse("007"), Optional(absl::Seconds(7)));
  EXPECT_THAT(Parse(" \t120 "), Optional(absl::Seconds(120)));
}

TEST(ParseRetryAfterTest, NumbersOfAnyLengthGiveTheCap) {
  EXPECT_THAT(Parse("86400"), Optional(absl::Hours(24)));
  EXPECT_THAT(Parse("86401"), Optional(absl::Hours(24)));
  EXPECT_THAT(Parse("18446744073709551617"), Optional(absl::Hours(24)));
  EXPECT_THAT(Parse(std::string(100'000, '9')), Optional(absl::Hours(24)));
  EXPECT_THAT(Parse(std::string(100'000, '0') + "5"), Optional(absl::Seconds(5)));
}

TEST(ParseRetryAfterTest, ReadsTheThreeFormsOfADate) {
  EXPECT_THAT(Parse("Wed, 25 Nov 2026 10:00:30 GMT"), Optional(absl::Seconds(30)));
  EXPECT_THAT(Parse("Wednesday, 25-Nov-26 10:00:30 GMT"), Optional(absl::Seconds(30)));
  EXPECT_THAT(Parse("Wed Nov 25 10:00:30 2026"), Optional(absl::Seconds(30)));
}

TEST(ParseRetryAfterTest, APastDateAsksForNothing) {
  EXPECT_EQ(Parse("Wed, 25 Nov 2026 09:59:59 GMT"), std::nullopt);
  EXPECT_EQ(Parse("Sun, 06 Nov 1994 08:49:37 GMT"), std::nullopt);
  EXPECT_THAT(Parse("Wed, 25 Nov 2026 10:00:00 GMT"), Optional(absl::ZeroDuration()));
}

TEST(ParseRetryAfterTest, OtherTextsAreNotOne) {
  for (const char* value : {"", " ", "-1", "+1", "1 2", "1,2", "0.5", "tomorrow",
                            "2026-11-25T10:00:30Z", "\xd9\xa1"}) {
    EXPECT_EQ(Parse(value), std::nullopt) << value;
  }
  EXPECT_EQ(Parse(std::string_view("12\0", 3)), std::nullopt);
}

}  // namespace
}  // namespace windrow::domain
