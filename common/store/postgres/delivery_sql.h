// The SQL of delivery lists, made from a query. A list is a walk along an index in the
// order of the ids, of no more records than the query may look at; each of them is judged
// by the whole filter, and the walk ends early where the page is full.
#pragma once

#include <string>
#include <vector>

#include "common/store/delivery_store.h"
#include "common/store/postgres/delivery_access.h"
#include "common/store/postgres/delivery_condition.h"
#include "common/store/postgres/filter_sql.h"

namespace windrow::store::postgres {

// What one statement of a list reads.
struct DeliveryScan {
  TenantId tenant = 0;
  const DeliveryQuery* query = nullptr;
  DeliveryAccess access;
  IdRange ids;
  std::vector<Uuid> only;  // of these ids, within the range; none: any
  int limit = 0;           // one more is read, to see whether there is more
  int examine = 0;         // records
};

// Rows of these are read by delivery_rows.h. Behind the record's columns come `wanted`
// and `spent`: how many records were looked at up to this row. The last row that was
// looked at is there too, wanted or not.

// Unfinished ones, from the queue. With access.webhooks it reads all that these have, so
// they must have no more than `examine` (CountWindowsSql).
SqlText ListWindowsSql(const DeliveryScan& scan);
// Finished ones. With access.object_ids it reads all batches with one of them, which must
// be no more than `examine` (CountMixedSql).
SqlText ListFinishedSql(const DeliveryScan& scan);

// How many an index that is not in the order of the ids leads to, counted up to `examine`
// and one.
SqlText CountWindowsSql(const DeliveryScan& scan);
SqlText CountMixedSql(const DeliveryScan& scan);

}  // namespace windrow::store::postgres
