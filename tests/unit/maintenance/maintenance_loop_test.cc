#include "workers/maintenance/maintenance_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace windrow::maintenance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FakeMaintenanceStore final : public store::MaintenanceStore {
 public:
  absl::StatusOr<bool> MakePartitions(int days_ahead) override {
    asked.push_back(days_ahead);
    return answer;
  }

  std::vector<int> asked;
  absl::StatusOr<bool> answer = true;
};

class FakeRetentionStore final : public store::RetentionStore {
 public:
  absl::StatusOr<store::RetentionReport> DropOld(
      const store::RetentionPolicy& policy) override {
    asked.push_back(policy.keep);
    return answer;
  }
  absl::StatusOr<store::HistoryFloors> ReadFloors(store::TenantId) override {
    return store::HistoryFloors();
  }

  std::vector<store::Retention> asked;
  absl::StatusOr<store::RetentionReport> answer = store::RetentionReport();
};

double Half() { return 0.5; }

TEST(MaintenanceLoopTest, MakesPartitionsSevenDaysAheadEveryHour) {
  FakeMaintenanceStore store;
  FakeRetentionStore retention;
  MaintenanceLoop loop({}, &store, &retention, {}, Half);
  EXPECT_EQ(loop.RunOnce(), absl::Hours(1));
  EXPECT_EQ(loop.RunOnce(), absl::Hours(1));
  EXPECT_THAT(store.asked, ElementsAre(7, 7));
}

TEST(MaintenanceLoopTest, LeavesItToAnotherProcessThatIsAtIt) {
  FakeMaintenanceStore store;
  FakeRetentionStore retention;
  store.answer = false;
  MaintenanceLoop loop({}, &store, &retention, {}, Half);
  EXPECT_EQ(loop.RunOnce(), absl::Hours(1));
}

TEST(MaintenanceLoopTest, TriesAgainSoonAfterAFailureAndSlowerAfterMore) {
  FakeMaintenanceStore store;
  FakeRetentionStore retention;
  store.answer = absl::UnavailableError("no database");
  MaintenanceLoop loop({}, &store, &retention, {}, Half);
  EXPECT_EQ(loop.RunOnce(), absl::Milliseconds(750));
  EXPECT_EQ(loop.RunOnce(), absl::Milliseconds(1500));
  store.answer = true;
  EXPECT_EQ(loop.RunOnce(), absl::Hours(1));
  store.answer = absl::UnavailableError("no database");
  EXPECT_EQ(loop.RunOnce(), absl::Milliseconds(750));
}

TEST(MaintenanceLoopTest, DropsWhatIsPastTheRetentionAndTellsIt) {
  FakeMaintenanceStore store;
  FakeRetentionStore retention;
  store::RetentionReport report;
  report.of(store::HistoryTable::kEvents) = {
      .dropped = 2, .in_use = 1, .oldest = absl::Hours(50)};
  report.erased = 7;
  retention.answer = report;
  metrics::Registry registry;
  const store::Retention keep{.bodies = absl::Hours(48)};
  MaintenanceLoop loop({.retention = {.keep = keep}}, &store, &retention,
                       MaintenanceMetrics(&registry), Half);
  EXPECT_EQ(loop.RunOnce(), absl::Hours(1));
  EXPECT_THAT(retention.asked, ElementsAre(keep));
  const std::string text = registry.Render();
  EXPECT_THAT(text, HasSubstr("windrow_dropped_partitions_total{table=\"events\"} 2"));
  EXPECT_THAT(text, HasSubstr("windrow_kept_partitions{table=\"events\"} 1"));
  EXPECT_THAT(text,
              HasSubstr("windrow_oldest_partition_age_seconds{table=\"events\"} 180000"));
  EXPECT_THAT(text, HasSubstr("windrow_erased_rows_total 7"));
}

TEST(MaintenanceLoopTest, ComesBackSoonWhereThereIsMoreToErase) {
  FakeMaintenanceStore store;
  FakeRetentionStore retention;
  retention.answer->more = true;
  MaintenanceLoop loop({}, &store, &retention, {}, Half);
  EXPECT_EQ(loop.RunOnce(), absl::Seconds(5));
  retention.answer = absl::UnavailableError("no database");
  EXPECT_EQ(loop.RunOnce(), absl::Milliseconds(750));
}

}  // namespace
}  // namespace windrow::maintenance
