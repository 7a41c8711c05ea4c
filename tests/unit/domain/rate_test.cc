#include "common/domain/rate.h"

#include <gtest/gtest.h>

namespace windrow::domain {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

int MostAt(const RateLimit& limit, const RateState& state, absl::Time now,
           int wanted = 100) {
  return Admit(limit, state, now, wanted).most;
}

TEST(RateTest, WithoutALimitAllThatIsWantedMayStart) {
  EXPECT_FALSE(RateLimit().limits());
  EXPECT_EQ(MostAt({}, {.running = 7'000}, kNow), 100);
  EXPECT_EQ(Charge({}, absl::InfinitePast(), kNow, 5), absl::InfinitePast());
}

TEST(RateTest, ABucketThatWasNeverUsedHoldsATenthOfASecond) {
  EXPECT_EQ(MostAt({.requests_per_second = 50}, {}, kNow), 5);
  EXPECT_EQ(MostAt({.requests_per_second = 10'000}, {}, kNow, 5'000), 1'000);
}

TEST(RateTest, ASlowRateLetsOneInAtATime) {
  EXPECT_EQ(MostAt({.requests_per_second = 0.001}, {}, kNow), 1);
  EXPECT_EQ(MostAt({.requests_per_second = 10}, {}, kNow), 1);
}

TEST(RateTest, NoMoreThanIsWantedIsLetIn) {
  EXPECT_EQ(MostAt({.requests_per_second = 50}, {}, kNow, 3), 3);
}

TEST(RateTest, WhatWasChargedIsMissing) {
  const RateLimit limit{.requests_per_second = 50};
  const absl::Time empty_at = Charge(limit, absl::InfinitePast(), kNow, 3);
  EXPECT_EQ(empty_at, kNow - absl::Milliseconds(40));
  EXPECT_EQ(MostAt(limit, {empty_at}, kNow), 2);
  EXPECT_EQ(MostAt(limit, {Charge(limit, empty_at, kNow, 2)}, kNow), 0);
}

TEST(RateTest, AnEmptyBucketFillsAtTheRate) {
  const RateLimit limit{.requests_per_second = 4};
  const RateState state{.empty_at = kNow};
  EXPECT_EQ(MostAt(limit, state, kNow + absl::Milliseconds(249)), 0);
  EXPECT_EQ(MostAt(limit, state, kNow + absl::Milliseconds(250)), 1);
  // And holds no more than its size.
  EXPECT_EQ(MostAt(limit, state, kNow + absl::Hours(1)), 1);
}

TEST(RateTest, AnEmptyBucketIsAskedForAgainWhenItHasOne) {
  const Admission slow = Admit({.requests_per_second = 4}, {kNow}, kNow, 10);
  EXPECT_EQ(slow.most, 0);
  EXPECT_EQ(slow.again_after, absl::Milliseconds(250));
  EXPECT_FALSE(slow.until_freed);
}

TEST(RateTest, AFastRateIsAskedForByHalfABucket) {
  // 20 tokens a bucket: ten of them are there in 50 ms.
  EXPECT_EQ(Admit({.requests_per_second = 200}, {kNow}, kNow, 100).again_after,
            absl::Milliseconds(50));
}

TEST(RateTest, AChangeOfTheRateIsSeenInTwoSeconds) {
  EXPECT_EQ(Admit({.requests_per_second = 0.01}, {kNow}, kNow, 10).again_after,
            absl::Seconds(2));
}

TEST(RateTest, RunningRequestsLeaveTheRest) {
  const RateLimit limit{.max_concurrent_requests = 5};
  EXPECT_EQ(MostAt(limit, {.running = 3}, kNow), 2);
  const Admission full = Admit(limit, {.running = 5}, kNow, 10);
  EXPECT_EQ(full.most, 0);
  EXPECT_TRUE(full.until_freed);
  EXPECT_EQ(full.again_after, absl::Milliseconds(250));
  // More than that run where the limit was lowered.
  EXPECT_EQ(MostAt(limit, {.running = 9}, kNow), 0);
}

TEST(RateTest, BothLimitsHold) {
  const RateLimit limit{.requests_per_second = 100, .max_concurrent_requests = 4};
  EXPECT_EQ(MostAt(limit, {.running = 1}, kNow), 3);
  EXPECT_EQ(
      MostAt(limit, {.empty_at = kNow - absl::Milliseconds(20), .running = 1}, kNow), 2);
  // A request that ends does not fill the bucket.
  EXPECT_FALSE(Admit(limit, {.empty_at = kNow}, kNow, 10).until_freed);
}

TEST(RateTest, AClockThatWasSetBackStopsNothing) {
  const RateLimit limit{.requests_per_second = 10};
  const RateState state{.empty_at = kNow + absl::Hours(1)};
  EXPECT_EQ(MostAt(limit, state, kNow), 0);
  EXPECT_LE(Admit(limit, state, kNow, 1).again_after, absl::Milliseconds(200));
}

}  // namespace
}  // namespace windrow::domain
