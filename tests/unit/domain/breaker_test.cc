#include "common/domain/breaker.h"

#include <gtest/gtest.h>

namespace windrow::domain {
namespace {

class BreakerTest : public ::testing::Test {
 protected:
  int Allowed() { return breaker_.Allowed(policy_, now_); }
  void End(EndpointSign sign, absl::Duration retry_after = absl::ZeroDuration()) {
    breaker_.End(breaker_.Start(), {sign, retry_after}, policy_, now_, random_);
  }
  void Fail(int times) {
    for (; times > 0; --times) End(EndpointSign::kFailing);
  }
  void Succeed(int times) {
    for (; times > 0; --times) End(EndpointSign::kWell);
  }
  absl::Duration OpenFor() const { return breaker_.open_until() - now_; }
  // Lets its time pass, and begins to ask.
  void HalfOpen() {
    now_ = breaker_.open_until();
    ASSERT_EQ(Allowed(), 1);
    ASSERT_EQ(breaker_.state(), BreakerState::kHalfOpen);
  }

  BreakerPolicy policy_;
  Breaker breaker_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  double random_ = 0;
};

TEST_F(BreakerTest, LimitsNothingWhileTheEndpointAnswers) {
  EXPECT_EQ(Allowed(), 64);
  Succeed(100);
  EXPECT_EQ(Allowed(), 64);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, FiveFailuresInARowOpenIt) {
  Fail(4);
  EXPECT_EQ(Allowed(), 64);
  Fail(1);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
  EXPECT_EQ(Allowed(), 0);
  EXPECT_EQ(OpenFor(), absl::Seconds(1));
}

TEST_F(BreakerTest, AnAnswerBetweenThemBeginsTheRowAnew) {
  Fail(4);
  Succeed(1);
  Fail(4);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, ThreeQuartersOfTheLastRequestsOpenItToo) {
  for (int i = 0; i < 7; ++i) {
    Fail(3);
    Succeed(1);
  }
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  Fail(3);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
}

TEST_F(BreakerTest, HalfOfThemDoNot) {
  for (int i = 0; i < 200; ++i) {
    Fail(2);
    Succeed(2);
  }
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, ZeroFailuresMeanThatItNeverOpens) {
  policy_.failures = 0;
  Fail(1'000);
  EXPECT_EQ(Allowed(), 64);
}

TEST_F(BreakerTest, AskedInVainItIsOpenTwiceAsLongUpToHalfAMinute) {
  Fail(5);
  for (const int seconds : {2, 4, 8, 16, 30, 30}) {
    HalfOpen();
    Fail(1);
    EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
    EXPECT_EQ(OpenFor(), absl::Seconds(seconds));
  }
}

TEST_F(BreakerTest, ChanceTakesAFifthOfTheTimeAtMost) {
  random_ = 0.5;
  Fail(5);
  EXPECT_EQ(OpenFor(), absl::Milliseconds(900));
}

TEST_F(BreakerTest, ARetryAfterKeepsItOpenForFiveMinutesAtMost) {
  Fail(4);
  End(EndpointSign::kFailing, absl::Seconds(90));
  EXPECT_EQ(OpenFor(), absl::Seconds(90));
  HalfOpen();
  End(EndpointSign::kFailing, absl::Hours(24));
  EXPECT_EQ(OpenFor(), absl::Minutes(5));
}

TEST_F(BreakerTest, AfterAnAnswerItAllowsTwiceAsManyEachSecond) {
  Fail(5);
  HalfOpen();
  Succeed(1);
  EXPECT_EQ(breaker_.state(), BreakerState::kRecovering);
  for (const int allowed : {2, 4, 8, 16, 32}) {
    EXPECT_EQ(Allowed(), allowed);
    now_ += absl::Milliseconds(999);
    Succeed(100);
    EXPECT_EQ(Allowed(), allowed);
    now_ += absl::Milliseconds(1);
    Succeed(1);
  }
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  EXPECT_EQ(Allowed(), 64);
}

TEST_F(BreakerTest, TimeAloneAllowsNoMore) {
  Fail(5);
  HalfOpen();
  Succeed(1);
  now_ += absl::Hours(1);
  EXPECT_EQ(Allowed(), 2);
}

TEST_F(BreakerTest, TwoFailuresWhileItRecoversOpenItForLonger) {
  Fail(5);
  HalfOpen();
  Succeed(1);
  Fail(1);
  EXPECT_EQ(breaker_.state(), BreakerState::kRecovering);
  Fail(1);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
  EXPECT_EQ(OpenFor(), absl::Seconds(2));
}

TEST_F(BreakerTest, OnceClosedItBeginsWithASecondAgain) {
  policy_.concurrency = 2;
  Fail(5);
  HalfOpen();
  Succeed(1);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  Fail(5);
  EXPECT_EQ(OpenFor(), absl::Seconds(1));
}

TEST_F(BreakerTest, WhatStartedBeforeItOpenedTellsNothing) {
  const Breaker::Ticket old = breaker_.Start();
  Fail(5);
  const absl::Time until = breaker_.open_until();
  breaker_.End(old, {EndpointSign::kFailing}, policy_, now_, 0);
  breaker_.End(old, {EndpointSign::kWell}, policy_, now_, 0);
  EXPECT_EQ(breaker_.open_until(), until);
  HalfOpen();
  breaker_.End(old, {EndpointSign::kWell}, policy_, now_, 0);
  EXPECT_EQ(breaker_.state(), BreakerState::kHalfOpen);
}

TEST_F(BreakerTest, ARequestThatTellsNothingIsFollowedByAnother) {
  Fail(5);
  HalfOpen();
  End(EndpointSign::kNothing);
  EXPECT_EQ(breaker_.state(), BreakerState::kHalfOpen);
  EXPECT_EQ(Allowed(), 1);
}

TEST_F(BreakerTest, AnotherEndpointIsAskedAtOnce) {
  Fail(5);
  breaker_.Retry();
  EXPECT_EQ(Allowed(), 1);
  Fail(1);
  EXPECT_EQ(OpenFor(), absl::Seconds(2));
}

TEST_F(BreakerTest, AClockThatGoesBackAnHourDoesNotKeepItOpenForAnHour) {
  Fail(5);
  now_ -= absl::Hours(1);
  EXPECT_EQ(Allowed(), 0);
  now_ += absl::Seconds(1);
  EXPECT_EQ(Allowed(), 1);
}

}  // namespace
}  // namespace windrow::domain
