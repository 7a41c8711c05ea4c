#include "workers/maintenance/maintenance_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace windrow::maintenance {
namespace {

using ::testing::ElementsAre;

class FakeMaintenanceStore final : public store::MaintenanceStore {
 public:
  absl::StatusOr<bool> MakePartitions(int days_ahead) override {
    asked.push_back(days_ahead);
    return answer;
  }

  std::vector<int> asked;
  absl::StatusOr<bool> answer = true;
};

double Half() { return 0.5; }

TEST(MaintenanceLoopTest, MakesPartitionsSevenDaysAheadEveryHour) {
  FakeMaintenanceStore store;
  MaintenanceLoop loop({}, &store, Half);
  EXPECT_EQ(loop.RunOnce(), absl::Hours(1));
  EXPECT_EQ(loop.RunOnce(), absl::Hours(1));
  EXPECT_THAT(store.asked, ElementsAre(7, 7));
}

TEST(MaintenanceLoopTest, LeavesItToAnotherProcessThatIsAtIt) {
  FakeMaintenanceStore store;
  store.answer = false;
  MaintenanceLoop loop({}, &store, Half);
  EXPECT_EQ(loop.RunOnce(), absl::Hours(1));
}

TEST(MaintenanceLoopTest, TriesAgainSoonAfterAFailureAndSlowerAfterMore) {
  FakeMaintenanceStore store;
  store.answer = absl::UnavailableError("no database");
  MaintenanceLoop loop({}, &store, Half);
  EXPECT_EQ(loop.RunOnce(), absl::Milliseconds(750));
  EXPECT_EQ(loop.RunOnce(), absl::Milliseconds(1500));
  store.answer = true;
  EXPECT_EQ(loop.RunOnce(), absl::Hours(1));
  store.answer = absl::UnavailableError("no database");
  EXPECT_EQ(loop.RunOnce(), absl::Milliseconds(750));
}

}  // namespace
}  // namespace windrow::maintenance
