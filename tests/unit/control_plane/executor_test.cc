#include "services/control_plane/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>

namespace windrow::control_plane {
namespace {

// One thread, which is busy until the end of the test or Release.
class ExecutorTest : public ::testing::Test {
 protected:
  void Start(std::size_t calls, std::size_t bytes) {
    executor_.emplace(1, calls, bytes);
    std::promise<void> runs;
    ASSERT_TRUE(executor_->TryRun([this, &runs] {
      runs.set_value();
      release_.get_future().wait();
    }));
    runs.get_future().wait();
  }
  bool Try(std::size_t bytes) {
    return executor_->TryRun([this] { ++ran_; }, bytes);
  }
  void Release() {
    release_.set_value();
    executor_.reset();  // runs what is queued
  }

  std::promise<void> release_;
  std::atomic<int> ran_ = 0;
  std::optional<Executor> executor_;
};

TEST_F(ExecutorTest, NoMoreCallsWaitThanMay) {
  Start(2, 1'000);
  EXPECT_TRUE(Try(1));
  EXPECT_TRUE(Try(1));
  EXPECT_FALSE(Try(1));
  Release();
  EXPECT_EQ(ran_, 2);
}

TEST_F(ExecutorTest, NoMoreBytesWaitThanMay) {
  Start(100, 1'000);
  EXPECT_TRUE(Try(600));
  EXPECT_FALSE(Try(401));
  EXPECT_TRUE(Try(400));
  EXPECT_FALSE(Try(1));
  EXPECT_TRUE(Try(0));
  Release();
  EXPECT_EQ(ran_, 3);
}

TEST_F(ExecutorTest, ACallOfAnySizeIsTakenWhereNoneWaits) {
  Start(100, 1'000);
  EXPECT_TRUE(Try(5'000));
  EXPECT_FALSE(Try(1));
  Release();
  EXPECT_EQ(ran_, 1);
}

}  // namespace
}  // namespace windrow::control_plane
