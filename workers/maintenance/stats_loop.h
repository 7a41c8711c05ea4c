// Adds up the log of changes, again and again.
#pragma once

#include <absl/time/time.h>

#include "common/base/metrics.h"
#include "common/store/stats_store.h"
#include "workers/runtime/backoff.h"

namespace windrow::maintenance {

struct StatsOptions {
  absl::Duration every = absl::Seconds(10);
};

// Not thread-safe: one thread calls RunOnce. Any number of processes may have one.
class StatsLoop {
 public:
  // `store` must outlive the loop. `counted` counts rows of the log.
  StatsLoop(StatsOptions options, store::StatsStore* store, metrics::Counter counted,
            worker::Random random);

  // Answers how long to wait for the next call: not at all where there is more.
  absl::Duration RunOnce();

 private:
  const StatsOptions options_;
  store::StatsStore* store_;
  const metrics::Counter counted_;
  worker::Backoff backoff_;
};

}  // namespace windrow::maintenance
