#include "workers/maintenance/maintenance_loop.h"

#include <utility>

#include "common/base/log.h"

namespace windrow::maintenance {

MaintenanceLoop::MaintenanceLoop(MaintenanceOptions options,
                                 store::MaintenanceStore* store,
                                 store::RetentionStore* retention,
                                 MaintenanceMetrics metrics, worker::Random random)
    : options_(std::move(options)),
      store_(store),
      retention_(retention),
      metrics_(metrics),
      backoff_(absl::Seconds(1), absl::Minutes(1), std::move(random)) {}

absl::Duration MaintenanceLoop::RunOnce() {
  const absl::StatusOr<bool> made = store_->MakePartitions(options_.days_ahead);
  if (!made.ok()) {
    Log(LogLevel::kWarn, "make_partitions_failed", {{"error", made.status().message()}});
    return backoff_.Next();
  }
  Log(LogLevel::kDebug, "partitions_made",
      {{"days_ahead", options_.days_ahead}, {"by_another", !*made}});
  return DropOld();
}

absl::Duration MaintenanceLoop::DropOld() {
  const absl::StatusOr<store::RetentionReport> report =
      retention_->DropOld(options_.retention);
  if (!report.ok()) {
    Log(LogLevel::kWarn, "retention_failed", {{"error", report.status().message()}});
    return backoff_.Next();
  }
  backoff_.Reset();
  if (report->by_another) return options_.every;
  metrics_.Tell(*report);
  for (const std::string& tenant : report->unknown_tenants) {
    Log(LogLevel::kWarn, "tenant_retention_unknown", {{"tenant", tenant}});
  }
  return report->more ? options_.again : options_.every;
}

}  // namespace windrow::maintenance
