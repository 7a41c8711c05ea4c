// The filters of deliveries as SQL conditions over a window, or over the record of one
// that ended. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/base/uuid.h"
#include "common/filter/filter.h"
#include "common/store/postgres/filter_sql.h"

namespace windrow::store::postgres {

// From inclusive, until exclusive; none: no end.
struct IdRange {
  std::optional<Uuid> from;
  std::optional<Uuid> until;
};

// The smallest version 7 id of an instant, rounded up to its millisecond.
Uuid FloorId(absl::Time time);
// The id behind `id`; none behind the last of all.
std::optional<Uuid> NextId(const Uuid& id);

IdRange IdsOf(const filter::TimeRange& created);
// " AND column >= … AND column < …"
std::string AndIds(const char* column, const IdRange& ids, Params* params);

// How the fields of one kind of record are spelled: of `r`; of `one`, `i` and `a`, which
// are joined to it: the first item and the other ones of a window, and the last attempt.
struct DeliveryColumns {
  bool in_queue;
  const char* id;
  const char* state;
  const char* event_type;   // of all items, or of the first
  const char* event_types;  // of each of the others, where they may differ
  const char* object_id;
  const char* object_ids;
  const char* status_code;
  const char* error;
  const char* finished_at;
  // Deliveries whose last attempt is in `attempts`.
  const char* attempted;
  // A Bloom filter of the items' types and objects (item_marks.h); none: the record says
  // what they are.
  const char* marks;
  // The attempt's fields, of a delivery whose last attempt is not in `attempts`.
  const char* own_status_code;
  const char* own_error;
};

extern const DeliveryColumns kWindowColumns;
extern const DeliveryColumns kFinishedColumns;

// Whether the filter takes it: never null.
std::string DeliveryConditionSql(const DeliveryColumns& columns,
                                 const filter::Filter& where, Params* params);
// Whether it may, by what `r` alone says: true of every one that the filter takes.
std::string PossibleDeliverySql(const DeliveryColumns& columns,
                                const filter::Filter& where, Params* params);

}  // namespace windrow::store::postgres
