// The shell around every unary call: who calls, its thread, its deadline, its status, its
// count.
#pragma once

#include <absl/status/status.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "common/base/status.h"
#include "services/control_plane/access.h"
#include "services/control_plane/caller.h"
#include "services/control_plane/conflict_retries.h"
#include "services/control_plane/executor.h"
#include "services/control_plane/metrics.h"
#include "services/control_plane/peer.h"
#include "services/control_plane/status_mapping.h"

namespace windrow::control_plane {

// Thread-safe. What it points to must outlive it.
class UnaryCalls {
 public:
  UnaryCalls(Access& access, Executor& executor, RpcMetrics metrics)
      : access_(access), executor_(executor), metrics_(metrics) {}

  // Runs `use_case`, an absl::Status(const Caller&), on the executor and ends the call
  // with its status; again where its transaction lost against others. Not of a caller who
  // may not call it, nor where the client gave up while it was queued.
  // `request_bytes`: of what it holds while it is queued, where that may be large.
  // RESOURCE_EXHAUSTED (TOO_MANY_CALLS) where too many calls, or bytes, wait.
  template <typename UseCase>
  grpc::ServerUnaryReactor* Run(const char* method, grpc::CallbackServerContext* context,
                                UseCase use_case, std::size_t request_bytes = 0) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    access_.Admit(
        method, CredentialsOf(*context),
        [=, this, use_case = std::move(use_case)](const absl::StatusOr<Caller>& caller) {
          absl::Status status = caller.status();
          if (status.ok()) status = access_.TakeOne(*caller);
          if (!status.ok()) return Finish(method, reactor, status);
          Queue(method, context, reactor, *caller, request_bytes, use_case);
        });
    return reactor;
  }

 private:
  template <typename UseCase>
  void Queue(const char* method, grpc::CallbackServerContext* context,
             grpc::ServerUnaryReactor* reactor, const Caller& caller,
             std::size_t request_bytes, const UseCase& use_case) {
    const bool taken = executor_.TryRun(
        [=, this] {
          Finish(method, reactor,
                 context->IsCancelled()
                     ? absl::CancelledError("the caller gave up")
                     : RunDespiteConflicts([&] { return use_case(caller); }));
        },
        request_bytes);
    if (!taken) {
      Finish(method, reactor,
             WithReason(absl::ResourceExhaustedError(
                            "too many calls wait already: try again later"),
                        "TOO_MANY_CALLS"));
    }
  }

  void Finish(const char* method, grpc::ServerUnaryReactor* reactor,
              const absl::Status& status) const {
    metrics_.Count(method, static_cast<int>(status.code()));
    reactor->Finish(ToGrpcStatus(status));
  }

  Access& access_;
  Executor& executor_;
  const RpcMetrics metrics_;
};

}  // namespace windrow::control_plane
