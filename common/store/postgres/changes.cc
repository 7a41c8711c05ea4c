// Reading the log of changes, and the deliveries that changed.
#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/store/change_store.h"
#include "common/store/postgres/delivery_rows.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

// Of the log: 500 changes each, where the load is high.
constexpr int kRowsAtOnce = 4;

absl::Status NotKept() {
  return WithReason(absl::OutOfRangeError(
                        "changes of that time are kept no longer: begin from now, and "
                        "list deliveries for what was missed"),
                    "CHANGES_NOT_KEPT");
}

}  // namespace

absl::StatusOr<ChangeCursor> PostgresStore::LastChange() {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result rows,
                           lease->Run(kLastChange, Params().Time(absl::Now())));
  return rows.Int8(0, 0);
}

absl::StatusOr<ChangeCursor> PostgresStore::ChangesSince(absl::Time time) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result rows,
                           lease->Run(kLastChange, Params().Time(time)));
  if (absl::Microseconds(rows.Int8(0, 2)) > kChangesKept) return NotKept();
  const ChangeCursor last = rows.Int8(0, 0);
  return rows.IsNull(0, 1) ? last : std::min(last, rows.Int8(0, 1));
}

absl::StatusOr<ChangePage> PostgresStore::ReadChanges(TenantId tenant,
                                                      ChangeCursor after) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(
      const Result rows,
      lease->Run(kReadChanges, Params().Int4(tenant).Int8(after).Int4(kRowsAtOnce)));
  if (after < rows.Int8(0, 4)) return NotKept();
  ChangePage page{.next = rows.IsNull(0, 0) ? after : rows.Int8(0, 0),
                  .more = rows.Int8(0, 3) >= kRowsAtOnce};
  for (int i = 1; i < rows.rows(); ++i) {
    page.changes.push_back({.place = rows.Int8(i, 0),
                            .changed_at = rows.Time(i, 1),
                            .delivery_id = rows.Id(i, 2)});
  }
  return page;
}

absl::StatusOr<std::vector<DeliveryRecord>> PostgresStore::LoadDeliveries(
    TenantId tenant, const std::vector<Uuid>& ids) {
  std::vector<DeliveryRecord> records;
  if (ids.empty()) return records;
  const DeliveryQuery query{.oldest_first = true};
  const auto [first, last] = std::minmax_element(ids.begin(), ids.end());
  const DeliveryScan scan{.tenant = tenant,
                          .query = &query,
                          .access = AccessOf(query.where),
                          .ids = {*first, NextId(*last)},
                          .only = ids,
                          .limit = static_cast<int>(ids.size()),
                          .examine = static_cast<int>(ids.size()) + 1};
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  // The queue first: what finishes in between is seen twice, and taken as finished.
  WINDROW_ASSIGN_OR_RETURN(DeliveryRows unfinished,
                           ReadWindows(&*lease, scan, INT32_MAX));
  WINDROW_ASSIGN_OR_RETURN(DeliveryRows finished, ReadFinished(&*lease, scan, INT32_MAX));
  records = std::move(finished.records);
  for (DeliveryRecord& record : unfinished.records) {
    const bool ended =
        std::any_of(records.begin(), records.end(), [&](const DeliveryRecord& other) {
          return other.delivery_id == record.delivery_id;
        });
    if (!ended) records.push_back(std::move(record));
  }
  return records;
}

}  // namespace windrow::store::postgres
