// The statements that write outcomes, with what they write.
#pragma once

#include <absl/status/statusor.h>

#include <vector>

#include "common/store/delivery_queue.h"
#include "common/store/postgres/connection.h"

namespace windrow::store::postgres {

using Outcomes = std::vector<const Outcome*>;

// Of deliveries that ended.
absl::StatusOr<Call> FinishCall(const Outcomes& outcomes, Connection* connection);
// Of those that are tried again.
Call RetryCall(const Outcomes& outcomes);
// Attempts that came after their lease had gone to another; each has one.
Call LateCall(const Outcomes& outcomes);

}  // namespace windrow::store::postgres
