#include "common/domain/key_rate.h"

#include <gtest/gtest.h>

namespace windrow::domain {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// How many may start at once.
int Burst(double rate, KeyRateState* state, absl::Time now) {
  int started = 0;
  while (started < 10'000 && WaitForKeyRate(rate, *state, now) == absl::ZeroDuration()) {
    *state = ChargeKeyRate(rate, *state, now, 1);
    ++started;
  }
  return started;
}

TEST(KeyRateTest, ASecondsWorthMayStartAtOnceThenAsManyAsTheRateAllows) {
  KeyRateState state = kFullKeyRate;
  EXPECT_EQ(Burst(10, &state, kNow), 10);
  EXPECT_EQ(Burst(10, &state, kNow + absl::Milliseconds(99)), 0);
  EXPECT_EQ(Burst(10, &state, kNow + absl::Milliseconds(100)), 1);
  EXPECT_EQ(Burst(10, &state, kNow + absl::Milliseconds(600)), 5);
  EXPECT_EQ(Burst(10, &state, kNow + absl::Hours(1)), 10);
}

TEST(KeyRateTest, OneMayStartHoweverSlowTheRateIs) {
  KeyRateState state = kFullKeyRate;
  EXPECT_EQ(Burst(0.1, &state, kNow), 1);
  EXPECT_EQ(Burst(0.1, &state, kNow + absl::Seconds(9)), 0);
  EXPECT_EQ(Burst(0.1, &state, kNow + absl::Seconds(10)), 1);
}

TEST(KeyRateTest, TheWaitIsWhatItTakes) {
  KeyRateState state = kFullKeyRate;
  Burst(4, &state, kNow);
  const absl::Duration wait = WaitForKeyRate(4, state, kNow);
  EXPECT_NEAR(absl::ToDoubleSeconds(wait), 0.25, 0.001);
  EXPECT_EQ(WaitForKeyRate(4, state, kNow + wait), absl::ZeroDuration());
}

TEST(KeyRateTest, WhatIsTakenWholeIsPaidForByThoseAfterIt) {
  const KeyRateState state = ChargeKeyRate(100, kFullKeyRate, kNow, 1'000);
  EXPECT_NEAR(absl::ToDoubleSeconds(WaitForKeyRate(100, state, kNow)), 9.01, 0.01);
  EXPECT_EQ(WaitForKeyRate(100, state, kNow + absl::Seconds(9.01)), absl::ZeroDuration());
}

TEST(KeyRateTest, NoMoreThanAMinuteIsOwed) {
  const KeyRateState state = ChargeKeyRate(1, kFullKeyRate, kNow, 1'000);
  EXPECT_LE(WaitForKeyRate(1, state, kNow), absl::Minutes(1) + absl::Seconds(1));
  // A clock that was set back.
  EXPECT_LE(WaitForKeyRate(1, kNow + absl::Hours(5), kNow),
            absl::Minutes(1) + absl::Seconds(1));
}

}  // namespace
}  // namespace windrow::domain
