#include "workers/maintenance/stats_loop.h"

#include <utility>

#include "common/base/log.h"

namespace windrow::maintenance {

StatsLoop::StatsLoop(StatsOptions options, store::StatsStore* store,
                     metrics::Counter counted, worker::Random random)
    : options_(options),
      store_(store),
      counted_(counted),
      backoff_(absl::Seconds(1), absl::Minutes(1), std::move(random)) {}

absl::Duration StatsLoop::RunOnce() {
  const absl::StatusOr<store::RollUpReport> report = store_->RollUp();
  if (!report.ok()) {
    Log(LogLevel::kWarn, "statistics_failed", {{"error", report.status().message()}});
    return backoff_.Next();
  }
  backoff_.Reset();
  counted_.Increment(static_cast<double>(report->rows));
  return report->more ? absl::ZeroDuration() : options_.every;
}

}  // namespace windrow::maintenance
