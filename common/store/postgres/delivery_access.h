// What a filter of deliveries says about where the wanted ones are: which indexes lead to
// them. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/filter/filter.h"
#include "common/store/list_fields.h"
#include "common/store/postgres/filter_access.h"

namespace windrow::store::postgres {

// Every delivery that the filter takes is as this says; one that is as this says need not
// be taken.
struct DeliveryAccess {
  filter::TimeRange created;
  bool unfinished = true;               // some of the wanted ones may be
  bool untried = true;                  // likewise, and no attempt of theirs ended
  std::vector<DeliveryState> finished;  // states that finished ones of them may have
  // One of these; none: any.
  std::vector<Uuid> webhooks;
  std::vector<std::string> event_types;
  std::vector<std::string> object_ids;
  // The filter looks into the items, or into the last attempt.
  bool items = false;
  bool attempt = false;
  bool webhook = false;      // or at it
  bool finish_time = false;  // likewise
};

DeliveryAccess AccessOf(const filter::Filter& where);

}  // namespace windrow::store::postgres
