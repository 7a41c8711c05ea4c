// Does what long-running operations ask for, step by step.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/store/delivery_store.h"
#include "common/store/operation_store.h"
#include "services/control_plane/metrics.h"

namespace windrow::control_plane {

// A thread that takes steps of operations, of any tenant. Any number of servers may run
// one: each step is one server's.
class OperationLoop {
 public:
  // Both stores must outlive it. `interval`: how often it looks for steps while there are
  // none.
  OperationLoop(store::OperationStore& operations, store::DeliveryStore& deliveries,
                absl::Duration interval, OperationMetrics metrics)
      : operations_(operations),
        deliveries_(deliveries),
        interval_(interval),
        metrics_(metrics) {}
  ~OperationLoop() { Stop(); }

  void Start();
  // Lets the step under way end.
  void Stop();
  // Takes the step that is due, if one is. How long to wait before the next call.
  absl::StatusOr<absl::Duration> RunOnce();

 private:
  void Run();
  void Count(const store::StoredOperation& before, const store::OperationStep& step,
             const store::OperationProgress& after) const;

  store::OperationStore& operations_;
  store::DeliveryStore& deliveries_;
  const absl::Duration interval_;
  const OperationMetrics metrics_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace windrow::control_plane
