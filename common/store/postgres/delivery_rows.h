// Reads what the statements of delivery_sql.h answer.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <vector>

#include "common/store/postgres/connection.h"
#include "common/store/postgres/delivery_sql.h"

namespace windrow::store::postgres {

struct DeliveryRows {
  std::vector<DeliveryRecord> records;  // wanted ones, at most the scan's limit
  bool more = false;                    // there was one more wanted one
  // The last one that was looked at, where the scan had no more work to spend.
  std::optional<Uuid> stopped;
  int examined = 0;
};

absl::StatusOr<DeliveryRows> ReadWindows(Connection* connection, const DeliveryScan& scan,
                                         int max_items);
absl::StatusOr<DeliveryRows> ReadFinished(Connection* connection,
                                          const DeliveryScan& scan, int max_items);

// An attempt in 13 columns from `first`, in the order of list_attempts.sql.
Attempt ReadAttempt(const Result& rows, int row, int first);

}  // namespace windrow::store::postgres
