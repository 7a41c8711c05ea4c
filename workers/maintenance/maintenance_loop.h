// What must be done now and then, whoever does it: partitions ahead of time, and old ones
// dropped.
#pragma once

#include <absl/time/time.h>

#include "common/store/maintenance_store.h"
#include "common/store/retention_store.h"
#include "workers/maintenance/metrics.h"
#include "workers/runtime/backoff.h"

namespace windrow::maintenance {

struct MaintenanceOptions {
  int days_ahead = 7;
  absl::Duration every = absl::Hours(1);
  // Where a round left something to erase.
  absl::Duration again = absl::Seconds(5);
  store::RetentionPolicy retention;
};

// Not thread-safe: one thread calls RunOnce. Any number of processes may have one.
class MaintenanceLoop {
 public:
  // The stores must outlive the loop.
  MaintenanceLoop(MaintenanceOptions options, store::MaintenanceStore* store,
                  store::RetentionStore* retention, MaintenanceMetrics metrics,
                  worker::Random random);

  // Does what is to be done and answers how long to wait for the next call: less than an
  // hour after a failure.
  absl::Duration RunOnce();

 private:
  absl::Duration DropOld();

  const MaintenanceOptions options_;
  store::MaintenanceStore* store_;
  store::RetentionStore* retention_;
  const MaintenanceMetrics metrics_;
  worker::Backoff backoff_;
};

}  // namespace windrow::maintenance
