// The shell around every unary call: its thread, its deadline, its status, its count.
#pragma once

#include <absl/status/status.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "services/control_plane/caller.h"
#include "services/control_plane/executor.h"
#include "services/control_plane/metrics.h"
#include "services/control_plane/status_mapping.h"

namespace windrow::control_plane {

// Thread-safe. What it points to must outlive it.
class UnaryCalls {
 public:
  UnaryCalls(Executor& executor, RpcMetrics metrics)
      : executor_(executor), metrics_(metrics) {}

  // Runs `use_case`, an absl::Status(const Caller&), on the executor and ends the call
  // with its status. A call whose client gave up while it was queued is not run.
  template <typename UseCase>
  grpc::ServerUnaryReactor* Run(const char* method, grpc::CallbackServerContext* context,
                                UseCase use_case) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const bool taken = executor_.TryRun([=, this, use_case = std::move(use_case)] {
      Finish(method, reactor,
             context->IsCancelled() ? absl::CancelledError("the caller gave up")
                                    : use_case(Caller()));
    });
    if (!taken) {
      Finish(method, reactor,
             absl::ResourceExhaustedError("too many calls wait: try again later"));
    }
    return reactor;
  }

 private:
  void Finish(const char* method, grpc::ServerUnaryReactor* reactor,
              const absl::Status& status) const {
    metrics_.Count(method, static_cast<int>(status.code()));
    reactor->Finish(ToGrpcStatus(status));
  }

  Executor& executor_;
  const RpcMetrics metrics_;
};

}  // namespace windrow::control_plane
