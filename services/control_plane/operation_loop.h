// Does what long-running operations ask for, step by step.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "common/base/clock.h"
#include "common/store/delivery_store.h"
#include "common/store/operation_store.h"
#include "services/control_plane/metrics.h"
#include "services/control_plane/operation_step.h"

namespace windrow::control_plane {

// A thread that takes steps of operations, of any tenant. Any number of servers may run
// one: each step is one server's.
class OperationLoop {
 public:
  // Stores and clock must outlive it. `interval`: how often it looks for steps while
  // there are none.
  OperationLoop(store::OperationStore& operations, store::DeliveryStore& deliveries,
                absl::Duration interval, OperationMetrics metrics,
                const Clock& clock = SystemClock())
      : operations_(operations),
        deliveries_(deliveries),
        interval_(interval),
        metrics_(metrics),
        clock_(clock) {}
  ~OperationLoop() { Stop(); }

  void Start();
  // Lets the step under way end.
  void Stop();
  // Takes the step that is due, if one is. How long to wait before the next call.
  absl::StatusOr<absl::Duration> RunOnce();

 private:
  void Run();
  // Lists what is next and redelivers it. What is left of the step's wait when it is
  // written counts from `begun`.
  absl::StatusOr<std::optional<store::OperationProgress>> TakeStep(
      const store::StoredOperation& held, absl::Time begun, store::OperationStep* step);
  void Count(const store::StoredOperation& before, const store::OperationStep& step,
             const store::OperationProgress& after) const;

  store::OperationStore& operations_;
  store::DeliveryStore& deliveries_;
  const absl::Duration interval_;
  const OperationMetrics metrics_;
  const Clock& clock_;
  StepSize size_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace windrow::control_plane
