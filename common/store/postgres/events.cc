// Reading events back.
#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/store/postgres/items.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {

absl::StatusOr<StoredEvent> PostgresStore::GetEvent(TenantId tenant,
                                                    std::int64_t escmsg_id) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows,
                           lease->Run(kGetEvent, Params().Int4(tenant).Int8(escmsg_id)));
  if (rows.rows() == 0) {
    return WithReason(absl::NotFoundError(fmt::format("there is no event {}", escmsg_id)),
                      "EVENT_NOT_FOUND");
  }
  WINDROW_ASSIGN_OR_RETURN(std::vector<StoredEvent> events,
                           ReadEvents(&*lease, &key_field_sets_, rows, 1));
  return std::move(events.front());
}

absl::StatusOr<EventPage> PostgresStore::ListEvents(TenantId tenant,
                                                    const EventQuery& query) {
  Params params;
  params.Int4(tenant);
  std::string where = "tenant_id = $1::int4";
  const auto next = [&params] { return params.size() + 1; };
  if (!query.type.empty()) {
    where += fmt::format(" AND type = ${}::text", next());
    params.Text(query.type);
  }
  if (!query.object_id.empty()) {
    where += fmt::format(" AND object_id = ${}::text", next());
    params.Text(query.object_id);
  }
  if (query.received_from) {
    where += fmt::format(" AND received_at >= ${}::timestamptz", next());
    params.Time(*query.received_from);
  }
  if (query.received_until) {
    where += fmt::format(" AND received_at < ${}::timestamptz", next());
    params.Time(*query.received_until);
  }
  if (query.before) {
    where += fmt::format(" AND escmsg_id < ${}::int8", next());
    params.Int8(*query.before);
  }
  const std::string sql = fmt::format(
      "SELECT 0::int4, tenant_id, escmsg_id, received_at, occurred_at, event_id, type, "
      "object_type, object_id, message, agent_id, object, previous, action, linked, "
      "key_fields_id "
      "FROM events WHERE {} ORDER BY escmsg_id DESC LIMIT {}",
      where, query.limit + 1);
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows, lease->RunPlanned(sql, params));
  EventPage page;
  page.more = rows.rows() > query.limit;
  WINDROW_ASSIGN_OR_RETURN(page.events, ReadEvents(&*lease, &key_field_sets_, rows,
                                                   std::min(rows.rows(), query.limit)));
  return page;
}

}  // namespace windrow::store::postgres
