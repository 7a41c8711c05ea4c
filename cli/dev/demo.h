// What `windrow dev` shows on its first start: a webhook, an event, a delivery.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "cli/session.h"

namespace windrow::cli {

// Where there is no webhook yet: makes one that sends to the receiver at `address`,
// signed with `secret`, and publishes one event for it. True where it did.
absl::StatusOr<bool> ShowFirstDelivery(const Session& session, const std::string& address,
                                       const std::string& secret);

}  // namespace windrow::cli
