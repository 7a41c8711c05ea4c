// The SQL of event lists: a walk along an index, newest first, of no more records than
// the query may look at, each of which is judged by the whole filter.
#pragma once

#include <string>
#include <vector>

#include "common/store/event_store.h"
#include "common/store/postgres/filter_sql.h"

namespace windrow::store::postgres {

// Every event that the filter takes is as this says; one that is as this says need not be
// taken. No list: any.
struct EventAccess {
  filter::TimeRange received;
  std::vector<std::string> types;
  std::vector<std::string> object_ids;
  std::vector<std::string> event_ids;
};

EventAccess AccessOfEvents(const filter::Filter& where);

// What one statement of a list reads.
struct EventScan {
  TenantId tenant = 0;
  const EventQuery* query = nullptr;
  EventAccess access;
  filter::TimeRange received;
  int limit = 0;    // one more is read, to see whether there is more
  int examine = 0;  // records
};

// Rows as ReadEvent reads them; behind these `wanted` and `spent`, how many were looked
// at up to this row. The last row that was looked at is there too, wanted or not.
SqlText ListEventsSql(const EventScan& scan);

}  // namespace windrow::store::postgres
