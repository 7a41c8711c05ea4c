#include "common/base/fault_point.h"

#if WINDROW_FAULT_POINTS

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

namespace windrow::fault {
namespace {

using testing::HasSubstr;

class FaultPointTest : public testing::Test {
 protected:
  ~FaultPointTest() override { (void)Arm(""); }
};

TEST_F(FaultPointTest, NothingHappensWhereNothingIsArmed) {
  ASSERT_TRUE(Arm("").ok());
  EXPECT_TRUE(Pass("publish.before_commit").ok());
}

TEST_F(FaultPointTest, AnErrorComesOnceAfterSoManyPasses) {
  ASSERT_TRUE(Arm("publish.before_commit=error:after 2").ok());
  EXPECT_TRUE(Pass("publish.before_commit").ok());
  EXPECT_TRUE(Pass("worker.before_record").ok());
  EXPECT_TRUE(Pass("publish.before_commit").ok());
  EXPECT_TRUE(absl::IsUnavailable(Pass("publish.before_commit")));
  EXPECT_TRUE(Pass("publish.before_commit").ok());
}

TEST_F(FaultPointTest, ASubjectIsHitEachTimeAndNoOtherIs) {
  ASSERT_TRUE(Arm("worker.after_claim=error:for a").ok());
  EXPECT_TRUE(Pass("worker.after_claim", "b").ok());
  EXPECT_FALSE(Pass("worker.after_claim", "a").ok());
  EXPECT_FALSE(Pass("worker.after_claim", "a").ok());
}

TEST_F(FaultPointTest, SeveralAreArmedAtOnce) {
  ASSERT_TRUE(Arm("worker.after_claim=sleep 20ms,worker.before_record=error").ok());
  const absl::Time start = absl::Now();
  EXPECT_TRUE(Pass("worker.after_claim").ok());
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(20));
  EXPECT_FALSE(Pass("worker.before_record").ok());
}

TEST_F(FaultPointTest, AKillIsOneThatNothingCatches) {
  ASSERT_TRUE(Arm("worker.after_answer=kill").ok());
  EXPECT_EXIT((void)Pass("worker.after_answer"), testing::KilledBySignal(SIGKILL), "");
}

TEST_F(FaultPointTest, WhatCannotBeArmedIsNamed) {
  EXPECT_THAT(std::string(Arm("publish.nowhere=kill").message()),
              HasSubstr("no fault point 'publish.nowhere'"));
  EXPECT_THAT(std::string(Arm("publish.before_commit=explode").message()),
              HasSubstr("no action 'explode'"));
  EXPECT_THAT(std::string(Arm("publish.before_commit").message()),
              HasSubstr("no action"));
  EXPECT_THAT(std::string(Arm("publish.before_commit=kill:after x").message()),
              HasSubstr("'after x'"));
  EXPECT_THAT(std::string(Arm("publish.after_commit=error").message()),
              HasSubstr("no error is possible at 'publish.after_commit'"));
}

}  // namespace
}  // namespace windrow::fault

#endif
