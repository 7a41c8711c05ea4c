// What a delivery has in the fields of store::kDeliveryFields, for filters in memory.
#pragma once

#include "common/filter/filter.h"
#include "common/store/delivery_store.h"

namespace windrow::control_plane {

// `record` has all its items.
bool Matches(const filter::Filter& where, const store::DeliveryRecord& record);

}  // namespace windrow::control_plane
