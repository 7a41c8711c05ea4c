#include "common/base/clock.h"

#include <gtest/gtest.h>

namespace windrow {
namespace {

TEST(ManualClockTest, StandsStillUntilAdvanced) {
  ManualClock clock(absl::FromUnixSeconds(1000));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(1000));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(1000));
  clock.Advance(absl::Milliseconds(1500));
  EXPECT_EQ(clock.Now(), absl::FromUnixMillis(1001500));
}

TEST(ManualClockTest, GoesBackWhenTold) {
  ManualClock clock(absl::FromUnixSeconds(1000));
  clock.Advance(absl::Seconds(-1));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(999));
}

TEST(SystemClockTest, TellsAPresentTimeThatDoesNotStandStill) {
  const Clock& clock = SystemClock();
  const absl::Time first = clock.Now();
  EXPECT_GT(first, absl::FromUnixSeconds(1700000000));
  while (clock.Now() == first) {
  }
  EXPECT_GT(clock.Now(), first);
}

}  // namespace
}  // namespace windrow
