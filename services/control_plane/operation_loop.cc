#include "services/control_plane/operation_loop.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

// Longer than any statement of a step may take: nobody else takes it meanwhile.
constexpr absl::Duration kLease = absl::Minutes(1);

// What is left of a wait that began then; all of it where the clock went back.
absl::Duration LeftOf(absl::Duration wait, absl::Time begun, absl::Time now) {
  return std::clamp(wait - (now - begun), absl::ZeroDuration(), wait);
}

void LogEnd(const store::StoredOperation& operation, const store::OperationStep& step,
            const store::OperationProgress& after) {
  const bool failed = step.state == store::OperationState::kFailed;
  Log(failed ? LogLevel::kWarn : LogLevel::kInfo, "operation_ended",
      {{"operation_id", operation.operation_id.ToString()},
       {"failed", failed},
       {"redelivered", after.redelivered},
       {"error", step.error}});
}

}  // namespace

absl::StatusOr<std::optional<store::OperationProgress>> OperationLoop::TakeStep(
    const store::StoredOperation& held, absl::Time begun, store::OperationStep* step) {
  WINDROW_ASSIGN_OR_RETURN(const store::DeliveryQuery query, QueryOf(held, size_.most()));
  WINDROW_ASSIGN_OR_RETURN(const store::DeliveryPage page,
                           deliveries_.ListDeliveries(held.tenant_id, query));
  *step = StepOver(held, page);
  const absl::Duration whole = step->wait;
  step->wait = LeftOf(whole, begun, clock_.Now());
  WINDROW_ASSIGN_OR_RETURN(auto after, operations_.AdvanceOperation(held, *step));
  size_.Took(step->redeliver.size(), clock_.Now() - begun);
  step->wait = LeftOf(whole, begun, clock_.Now());
  return after;
}

absl::StatusOr<absl::Duration> OperationLoop::RunOnce() {
  const absl::Time begun = clock_.Now();
  WINDROW_ASSIGN_OR_RETURN(const auto held, operations_.ClaimOperation(kLease));
  if (!held) return interval_;
  store::OperationStep step;
  auto after = TakeStep(*held, begun, &step);
  if (!after.ok()) {
    size_.Failed();
    metrics_.failed_steps.Increment();
    Log(LogLevel::kWarn, "operation_step_failed",
        {{"operation_id", held->operation_id.ToString()},
         {"error", after.status().message()}});
    step = StepAfter(*held, after.status());
    WINDROW_ASSIGN_OR_RETURN(after, operations_.AdvanceOperation(*held, step));
  }
  if (!*after) return absl::ZeroDuration();  // it was cancelled meanwhile
  Count(*held, step, **after);
  return std::min(step.wait, interval_);
}

void OperationLoop::Count(const store::StoredOperation& before,
                          const store::OperationStep& step,
                          const store::OperationProgress& after) const {
  const auto total = [](const store::OperationProgress& progress) {
    return std::accumulate(progress.skipped.begin(), progress.skipped.end(),
                           std::int64_t{0});
  };
  metrics_.steps.Increment();
  metrics_.redelivered.Increment(
      static_cast<double>(after.redelivered - before.progress.redelivered));
  metrics_.skipped.Increment(static_cast<double>(total(after) - total(before.progress)));
  if (step.state != store::OperationState::kRunning) LogEnd(before, step, after);
}

void OperationLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void OperationLoop::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void OperationLoop::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const absl::StatusOr<absl::Duration> wait = RunOnce();
    if (!wait.ok() && !absl::IsUnavailable(wait.status())) {  // that, DatabaseWatch tells
      Log(LogLevel::kWarn, "operations_failed", {{"error", wait.status().message()}});
    }
    lock.lock();
    stopped_.wait_for(lock, absl::ToChronoNanoseconds(wait.value_or(interval_)),
                      [&] { return stopping_; });
  }
}

}  // namespace windrow::control_plane
