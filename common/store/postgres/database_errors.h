// What the database refused or failed at, for its operator: counted by kind, and told in
// the log without flooding it.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <array>
#include <mutex>

#include "common/base/metrics.h"
#include "common/store/postgres/sql_status.h"

namespace windrow::store::postgres {

// Thread-safe.
class DatabaseErrors {
 public:
  // Adds windrow_database_errors_total{kind=…}; the registry must outlive this.
  explicit DatabaseErrors(metrics::Registry* registry);

  // Counts it. A kind that an operator has to look at is logged too, each at most once in
  // five seconds; the line says how many were not.
  void Note(ErrorKind kind, const absl::Status& status);

 private:
  struct Told {
    absl::Time at = absl::InfinitePast();
    int untold = 0;
  };
  std::array<metrics::Counter, kErrorKinds> counters_;
  std::mutex mutex_;
  std::array<Told, kErrorKinds> told_;
};

}  // namespace windrow::store::postgres
