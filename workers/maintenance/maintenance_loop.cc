#include "workers/maintenance/maintenance_loop.h"

#include <utility>

#include "common/base/log.h"

namespace windrow::maintenance {

MaintenanceLoop::MaintenanceLoop(MaintenanceOptions options,
                                 store::MaintenanceStore* store, worker::Random random)
    : options_(options),
      store_(store),
      backoff_(absl::Seconds(1), absl::Minutes(1), std::move(random)) {}

absl::Duration MaintenanceLoop::RunOnce() {
  const absl::StatusOr<bool> made = store_->MakePartitions(options_.days_ahead);
  if (!made.ok()) {
    Log(LogLevel::kWarn, "make_partitions_failed", {{"error", made.status().message()}});
    return backoff_.Next();
  }
  backoff_.Reset();
  Log(LogLevel::kDebug, "partitions_made",
      {{"days_ahead", options_.days_ahead}, {"by_another", !*made}});
  return options_.every;
}

}  // namespace windrow::maintenance
