// What must be done now and then, whoever does it: partitions ahead of time.
#pragma once

#include <absl/time/time.h>

#include "common/store/maintenance_store.h"
#include "workers/runtime/backoff.h"

namespace windrow::maintenance {

struct MaintenanceOptions {
  int days_ahead = 7;
  absl::Duration every = absl::Hours(1);
};

// Not thread-safe: one thread calls RunOnce. Any number of processes may have one.
class MaintenanceLoop {
 public:
  // `store` must outlive the loop.
  MaintenanceLoop(MaintenanceOptions options, store::MaintenanceStore* store,
                  worker::Random random);

  // Does what is to be done and answers how long to wait for the next call: less than an
  // hour after a failure.
  absl::Duration RunOnce();

 private:
  MaintenanceOptions options_;
  store::MaintenanceStore* store_;
  worker::Backoff backoff_;
};

}  // namespace windrow::maintenance
