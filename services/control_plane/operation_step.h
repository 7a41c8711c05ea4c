// What a long-running operation does next: pure decisions. The loop does it
// (operation_loop.h).
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <algorithm>
#include <cstddef>

#include "common/store/delivery_store.h"
#include "common/store/operation_store.h"

namespace windrow::control_plane {

// Steps that fail in a row before the operation is given up; with their waits half an
// hour.
inline constexpr int kMostFailedSteps = 10;

// How long a step may take, and how long it is made to last at least.
inline constexpr absl::Duration kStepTime = absl::Milliseconds(250);

// How many deliveries go within kStepTime: found out by how long steps take. For one
// thread.
class StepSize {
 public:
  int most() const { return most_; }  // 1–store::kMostRequeued
  void Took(std::size_t redelivered, absl::Duration time);
  void Failed() { most_ = std::max(1, most_ / 2); }

 private:
  int most_ = 500;
};

// The deliveries of the next step, oldest first and none that is newer than the
// operation: what may go in kStepTime at the operation's rate, and at most so many.
// INVALID_ARGUMENT where the filter does not compile.
absl::StatusOr<store::DeliveryQuery> QueryOf(const store::StoredOperation& operation,
                                             int most);

// The step over the answer to that query, or over the beginning of it where its
// deliveries have very many items. It waits for what its rate wants, from its beginning
// on.
store::OperationStep StepOver(const store::StoredOperation& operation,
                              const store::DeliveryPage& page);

// What becomes of it when a step failed: it waits, longer each time, or has FAILED.
store::OperationStep StepAfter(const store::StoredOperation& operation,
                               const absl::Status& error);

}  // namespace windrow::control_plane
