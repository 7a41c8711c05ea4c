#include "workers/maintenance/metrics.h"

#include <string>

namespace windrow::maintenance {

MaintenanceMetrics::MaintenanceMetrics(metrics::Registry* registry) {
  for (int i = 0; i < store::kHistoryTables; ++i) {
    const metrics::Labels labels = {
        {"table", std::string(store::NameOf(static_cast<store::HistoryTable>(i)))}};
    tables[static_cast<std::size_t>(i)] = {
        .dropped = registry->AddCounter("windrow_dropped_partitions_total",
                                        "Days of history that were dropped.", labels),
        .in_use = registry->AddGauge(
            "windrow_kept_partitions",
            "Days past their retention that unfinished deliveries still need.", labels),
        .oldest = registry->AddGauge(
            "windrow_oldest_partition_age_seconds",
            "Since the beginning of the oldest day of history that is there.", labels)};
  }
  erased = registry->AddCounter("windrow_erased_rows_total",
                                "Rows that were erased one by one: of tenants that keep "
                                "less, answers to attempts.");
}

void MaintenanceMetrics::Tell(const store::RetentionReport& report) const {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const store::RetentionReport::Table& table = report.tables[i];
    tables[i].dropped.Increment(table.dropped);
    tables[i].in_use.Set(table.in_use);
    tables[i].oldest.Set(absl::ToDoubleSeconds(table.oldest));
  }
  erased.Increment(static_cast<double>(report.erased));
}

}  // namespace windrow::maintenance
