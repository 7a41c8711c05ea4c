// Reading events back.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/base/status.h"
#include "common/store/postgres/event_sql.h"
#include "common/store/postgres/filter_access.h"
#include "common/store/postgres/items.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/tenant_retention.h"

namespace windrow::store::postgres {

absl::StatusOr<StoredEvent> PostgresStore::GetEvent(TenantId tenant,
                                                    std::int64_t escmsg_id) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows,
                           lease->Run(kGetEvent, Params().Int4(tenant).Int8(escmsg_id)));
  if (rows.rows() == 0) {
    WINDROW_ASSIGN_OR_RETURN(const HistoryFloors floors,
                             store::postgres::ReadFloors(&*lease, tenant));
    std::string text = fmt::format("there is no event {}", escmsg_id);
    if (floors.events_from > absl::UnixEpoch()) {
      text += fmt::format("; those from before {} are past their retention",
                          DateText(floors.events_from));
    }
    return WithReason(absl::NotFoundError(text), "EVENT_NOT_FOUND");
  }
  WINDROW_ASSIGN_OR_RETURN(std::vector<StoredEvent> events,
                           ReadEvents(&*lease, &key_field_sets_, rows, {0}));
  return std::move(events.front());
}

namespace {

constexpr int kWanted = 18;  // the column; behind it is what was spent

EventPosition PositionOf(const Result& rows, int row) {
  return {rows.Time(row, 3), rows.Int8(row, 2)};
}

// Notes what one statement spent, and where the next page begins. Which rows are wanted.
std::vector<int> ReadPage(const Result& rows, const EventScan& scan, EventPage* page) {
  std::vector<int> wanted;
  int spent = 0;
  for (int row = 0; row < rows.rows(); ++row) {
    spent = static_cast<int>(rows.Int8(row, kWanted + 1));
    if (!rows.Bool(row, kWanted)) continue;
    page->more = std::ssize(wanted) == scan.limit;
    if (page->more) break;
    wanted.push_back(row);
  }
  page->examined += spent;
  if (!wanted.empty()) page->position = PositionOf(rows, wanted.back());
  if (!page->more && spent >= scan.examine) {
    page->more = true;
    page->position = PositionOf(rows, rows.rows() - 1);
  }
  return wanted;
}

}  // namespace

absl::StatusOr<EventPage> PostgresStore::ListEvents(TenantId tenant,
                                                    const EventQuery& query) {
  const EventAccess access = AccessOfEvents(query.where);
  filter::TimeRange whole = access.received;
  if (query.before) {
    whole.until =
        std::min(whole.until, query.before->received_at + absl::Microseconds(1));
  }
  EventPage page;
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  for (const filter::TimeRange& slice :
       SlicesOf(whole, /*oldest_first=*/false, absl::Now())) {
    const EventScan scan{.tenant = tenant,
                         .query = &query,
                         .access = access,
                         .received = slice,
                         .limit = query.limit - static_cast<int>(page.events.size()),
                         .examine = query.examine - page.examined};
    const SqlText text = ListEventsSql(scan);
    WINDROW_ASSIGN_OR_RETURN(Result rows, lease->RunPlanned(text.sql, text.params));
    WINDROW_ASSIGN_OR_RETURN(
        std::vector<StoredEvent> found,
        ReadEvents(&*lease, &key_field_sets_, rows, ReadPage(rows, scan, &page)));
    std::move(found.begin(), found.end(), std::back_inserter(page.events));
    if (page.more) return page;
  }
  page.position.reset();
  return page;
}

}  // namespace windrow::store::postgres
