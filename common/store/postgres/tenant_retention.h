// Floors of history, and what tenants have beyond their own.
#pragma once

#include <absl/status/statusor.h>

#include "common/store/postgres/connection.h"
#include "common/store/retention_store.h"

namespace windrow::store::postgres {

// Rows of one statement, and statements of one kind in a round: a round takes some
// seconds at most, and comes back for the rest.
inline constexpr int kErasedAtOnce = 1'000;
inline constexpr int kMostErasures = 50;

struct RaisedFloors : HistoryFloors {
  absl::Time now;  // the database's clock
  Uuid bodies_erased_to;
};

absl::StatusOr<RaisedFloors> RaiseFloors(Connection* connection, TenantId tenant,
                                         const Retention& keep);

// "2026-10-27T00:00:00Z".
std::string DateText(absl::Time time);

absl::StatusOr<HistoryFloors> ReadFloors(Connection* connection, TenantId tenant);

// Erases what the tenant has beyond its own retention, as far as that is shorter than
// `all`, in bounded batches; adds to `report`.
absl::Status EraseOfTenant(Connection* connection, const TenantRetention& tenant,
                           const HistoryFloors& all, RetentionReport* report);

}  // namespace windrow::store::postgres
