// Delivery records: the store's structs to the API's messages.
#pragma once

#include "common/store/delivery_store.h"
#include "windrow/v1/delivery.pb.h"

namespace windrow::control_plane {

// Both take the texts out of what they are given.
void TakeToProto(store::DeliveryRecord* record, v1::Delivery* proto);
void TakeToProto(store::Attempt* attempt, v1::Attempt* proto);

}  // namespace windrow::control_plane
