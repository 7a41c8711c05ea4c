// Sending a delivery again, and cancelling one.
#pragma once

#include <absl/status/status.h>

#include "common/store/delivery_control.h"

namespace windrow::control_plane {

// What a caller is told of a redelivery that was not done: NOT_FOUND
// (DELIVERY_NOT_FOUND) or FAILED_PRECONDITION (DELIVERY_OPEN, DELIVERY_IN_FLIGHT,
// WEBHOOK_DISABLED, WEBHOOK_DELETED, BODY_NOT_KEPT, BODY_EXPIRED,
// EVENTS_NOT_KEPT), each with the way
// out.
absl::Status ToStatus(store::Requeue verdict);

absl::Status Redeliver(store::DeliveryControl& control, const store::Author& author,
                       const Uuid& id);
absl::Status Cancel(store::DeliveryControl& control, const store::Author& author,
                    const Uuid& id);

}  // namespace windrow::control_plane
