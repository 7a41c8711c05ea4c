#include "workers/maintenance/stats_loop.h"

#include <gtest/gtest.h>

namespace windrow::maintenance {
namespace {

class FakeStatsStore final : public store::StatsStore {
 public:
  absl::StatusOr<store::Stats> ReadStats(store::TenantId,
                                         const store::StatsQuery&) override {
    return store::Stats();
  }
  absl::StatusOr<store::RollUpReport> RollUp() override { return answer; }

  absl::StatusOr<store::RollUpReport> answer = store::RollUpReport();
};

TEST(StatsLoopTest, GoesOnAtOnceWhileThereIsMore) {
  FakeStatsStore store;
  metrics::Registry registry;
  StatsLoop loop({}, &store, registry.AddCounter("counted_total", "Rows."),
                 [] { return 0.5; });
  EXPECT_EQ(loop.RunOnce(), absl::Seconds(10));
  store.answer = store::RollUpReport{.rows = 500, .more = true};
  EXPECT_EQ(loop.RunOnce(), absl::ZeroDuration());
  EXPECT_NE(registry.Render().find("counted_total 500"), std::string::npos);
}

TEST(StatsLoopTest, WaitsLongerAfterEachFailure) {
  FakeStatsStore store;
  store.answer = absl::UnavailableError("no database");
  StatsLoop loop({}, &store, {}, [] { return 0.5; });
  EXPECT_EQ(loop.RunOnce(), absl::Milliseconds(750));
  EXPECT_EQ(loop.RunOnce(), absl::Milliseconds(1500));
}

}  // namespace
}  // namespace windrow::maintenance
