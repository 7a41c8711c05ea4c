#include "common/store/postgres/tenant_retention.h"

#include "common/base/status.h"
#include "common/store/postgres/delivery_sql.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

// Runs a batch until it comes back with less than it might have; `batch` answers the rows
// it went through.
template <typename Batch>
absl::Status EraseAll(RetentionReport* report, Batch batch) {
  for (int i = 0; i < kMostErasures; ++i) {
    WINDROW_ASSIGN_OR_RETURN(const std::int64_t rows, batch());
    report->erased += rows;
    if (rows < kErasedAtOnce) return absl::OkStatus();
  }
  report->more = true;
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Counted(absl::StatusOr<Result> rows) {
  if (!rows.ok()) return rows.status();
  return rows->Int8(0, 0);
}

absl::Status EraseBodies(Connection* connection, TenantId tenant,
                         const RaisedFloors& floors, RetentionReport* report) {
  Uuid from = floors.bodies_erased_to;
  return EraseAll(report, [&]() -> absl::StatusOr<std::int64_t> {
    WINDROW_ASSIGN_OR_RETURN(
        const Result rows,
        connection->Run(kEraseTenantBodies, Params()
                                                .Int4(tenant)
                                                .Id(from)
                                                .Id(FloorId(floors.bodies_from))
                                                .Int4(kErasedAtOnce)));
    if (rows.Int8(0, 0) > 0) from = rows.Id(0, 1);
    return rows.Int8(0, 0);
  });
}

absl::Status EraseRecords(Connection* connection, TenantId tenant,
                          const RaisedFloors& floors, RetentionReport* report) {
  return EraseAll(report, [&] {
    return Counted(connection->Run(
        kEraseTenantRecords,
        Params().Int4(tenant).Id(FloorId(floors.records_from)).Int4(kErasedAtOnce)));
  });
}

absl::Status EraseEvents(Connection* connection, TenantId tenant,
                         const RaisedFloors& floors, RetentionReport* report) {
  return EraseAll(report, [&] {
    return Counted(connection->Run(
        kEraseTenantEvents,
        Params().Int4(tenant).Time(floors.events_from).Int4(kErasedAtOnce)));
  });
}

}  // namespace

absl::StatusOr<RaisedFloors> RaiseFloors(Connection* connection, TenantId tenant,
                                         const Retention& keep) {
  WINDROW_ASSIGN_OR_RETURN(
      const Result rows,
      connection->Run(kRaiseFloors, Params()
                                        .Int4(tenant)
                                        .Int8(absl::ToInt64Microseconds(keep.bodies))
                                        .Int8(absl::ToInt64Microseconds(keep.records))
                                        .Int8(absl::ToInt64Microseconds(keep.events))));
  RaisedFloors floors;
  floors.bodies_from = rows.Time(0, 0);
  floors.records_from = rows.Time(0, 1);
  floors.events_from = rows.Time(0, 2);
  floors.now = rows.Time(0, 3);
  floors.bodies_erased_to = rows.Id(0, 4);
  return floors;
}

std::string DateText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<HistoryFloors> ReadFloors(Connection* connection, TenantId tenant) {
  WINDROW_ASSIGN_OR_RETURN(const Result rows,
                           connection->Run(kReadFloors, Params().Int4(tenant)));
  return HistoryFloors{.bodies_from = rows.Time(0, 0),
                       .records_from = rows.Time(0, 1),
                       .events_from = rows.Time(0, 2)};
}

absl::Status EraseOfTenant(Connection* connection, const TenantRetention& tenant,
                           const HistoryFloors& all, RetentionReport* report) {
  WINDROW_ASSIGN_OR_RETURN(const Result found,
                           connection->Run(kFindTenant, Params().Text(tenant.tenant)));
  if (found.rows() == 0) {
    report->unknown_tenants.push_back(tenant.tenant);
    return absl::OkStatus();
  }
  const TenantId id = found.Int4(0, 0);
  WINDROW_ASSIGN_OR_RETURN(const RaisedFloors floors,
                           RaiseFloors(connection, id, tenant.keep));
  if (floors.bodies_from > all.bodies_from) {
    WINDROW_RETURN_IF_ERROR(EraseBodies(connection, id, floors, report));
  }
  if (floors.records_from > all.records_from) {
    WINDROW_RETURN_IF_ERROR(EraseRecords(connection, id, floors, report));
  }
  if (floors.events_from > all.events_from) {
    WINDROW_RETURN_IF_ERROR(EraseEvents(connection, id, floors, report));
  }
  return absl::OkStatus();
}

}  // namespace windrow::store::postgres
