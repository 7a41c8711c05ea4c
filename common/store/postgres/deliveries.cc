// Reading one delivery: an unfinished one from the queue, a finished one from history.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/delivery_rows.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/tenant_retention.h"

namespace windrow::store::postgres {
namespace {

absl::StatusOr<DeliveryRecord> NoDelivery(Connection* connection, TenantId tenant,
                                          const Uuid& id) {
  WINDROW_ASSIGN_OR_RETURN(const HistoryFloors floors,
                           store::postgres::ReadFloors(connection, tenant));
  std::string text = fmt::format("there is no delivery {}", id.ToString());
  if (id.time() < floors.records_from) {
    text += fmt::format(": those from before {} are past their retention",
                        DateText(floors.records_from));
  }
  return WithReason(absl::NotFoundError(text), "DELIVERY_NOT_FOUND");
}

}  // namespace

absl::StatusOr<DeliveryRecord> PostgresStore::GetDelivery(TenantId tenant, const Uuid& id,
                                                          bool bodies) {
  const DeliveryQuery query{.bodies = bodies};
  const DeliveryScan scan{.tenant = tenant,
                          .query = &query,
                          .access = AccessOf(query.where),
                          .ids = {id, NextId(id)},
                          .limit = 1,
                          .examine = 2};
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(DeliveryRows rows, ReadWindows(&*lease, scan, INT32_MAX));
  if (rows.records.empty()) {
    WINDROW_ASSIGN_OR_RETURN(rows, ReadFinished(&*lease, scan, INT32_MAX));
  }
  if (rows.records.empty()) return NoDelivery(&*lease, tenant, id);
  return std::move(rows.records.front());
}

absl::StatusOr<AttemptPage> PostgresStore::ListAttempts(TenantId tenant, const Uuid& id,
                                                        int offset, int limit) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(
      Result rows, lease->Run(kListAttempts,
                              Params().Id(id).Int4(tenant).Int4(offset).Int4(limit + 1)));
  if (rows.rows() == 0) {
    WINDROW_ASSIGN_OR_RETURN(Result exists,
                             lease->Run(kDeliveryExists, Params().Id(id).Int4(tenant)));
    if (!exists.Bool(0, 0)) {
      return NoDelivery(&*lease, tenant, id).status();
    }
  }
  AttemptPage page;
  page.more = rows.rows() > limit;
  for (int i = 0; i < std::min(rows.rows(), limit); ++i) {
    page.attempts.push_back(ReadAttempt(rows, i, 0));
  }
  return page;
}

}  // namespace windrow::store::postgres
