// What maintenance counts.
#pragma once

#include <array>

#include "common/base/metrics.h"
#include "common/store/retention_store.h"

namespace windrow::maintenance {

struct MaintenanceMetrics {
  struct Table {
    metrics::Counter dropped;
    metrics::Gauge in_use;
    metrics::Gauge oldest;  // seconds
  };
  std::array<Table, store::kHistoryTables> tables;
  metrics::Counter erased;

  MaintenanceMetrics() = default;  // counts nothing
  explicit MaintenanceMetrics(metrics::Registry* registry);

  void Tell(const store::RetentionReport& report) const;
};

}  // namespace windrow::maintenance
