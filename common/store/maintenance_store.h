// What maintenance asks of storage.
#pragma once

#include <absl/status/statusor.h>

namespace windrow::store {

// Thread-safe. UNAVAILABLE where the database cannot be reached.
class MaintenanceStore {
 public:
  virtual ~MaintenanceStore() = default;

  // Makes the missing partitions of yesterday, today and the `days_ahead` days after it,
  // by the database's clock. One process at a time, by advisory lock: false where another
  // has it, and then nothing was done.
  virtual absl::StatusOr<bool> MakePartitions(int days_ahead) = 0;
};

}  // namespace windrow::store
