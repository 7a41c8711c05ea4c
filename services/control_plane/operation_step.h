// What a long-running operation does next: pure decisions. The loop does it
// (operation_loop.h).
#pragma once

#include <absl/status/statusor.h>

#include "common/store/delivery_store.h"
#include "common/store/operation_store.h"

namespace windrow::control_plane {

// Steps that fail in a row before the operation is given up; with their waits half an
// hour.
inline constexpr int kMostFailedSteps = 10;

// The deliveries of the next step, oldest first and none that is newer than the
// operation: so many that at the operation's rate a step takes a quarter of a second.
// INVALID_ARGUMENT where the filter does not compile.
absl::StatusOr<store::DeliveryQuery> QueryOf(const store::StoredOperation& operation);

// The step over the answer to that query.
store::OperationStep StepOver(const store::StoredOperation& operation,
                              const store::DeliveryPage& page);

// What becomes of it when a step failed: it waits, longer each time, or has FAILED.
store::OperationStep StepAfter(const store::StoredOperation& operation,
                               const absl::Status& error);

}  // namespace windrow::control_plane
