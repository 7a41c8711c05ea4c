#include "services/control_plane/operation_step.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/filter/filter.h"
#include "common/store/list_fields.h"

namespace windrow::control_plane {
namespace {

using store::OperationState;

constexpr int kCountedAtOnce = 2'500;
// Each is looked up: so many are as much work as the most deliveries of a step.
constexpr std::int64_t kMostItems = 10'000;
constexpr absl::Duration kLongestWait = absl::Minutes(5);

// Of what the filter wants, what the operation goes over.
bool IsWanted(const store::StoredOperation& operation,
              const store::DeliveryRecord& delivery) {
  return operation.spec.kind != store::OperationKind::kRecover ||
         delivery.state != store::DeliveryState::kCancelled ||
         delivery.reason != store::kCancelledByHand;
}

const filter::Field& CreateTime() {
  return *std::find_if(std::begin(store::kDeliveryFields),
                       std::end(store::kDeliveryFields), [](const filter::Field& field) {
                         return store::DeliveryFieldOf(field) ==
                                store::DeliveryField::kCreateTime;
                       });
}

// Up to this millisecond: ids tell times no finer.
filter::Filter CreatedUntil(absl::Time last) {
  const absl::Time end = absl::FromUnixMillis(absl::ToUnixMillis(last) + 1);
  return {.kind = filter::Filter::Kind::kTest,
          .test = {.field = &CreateTime(), .wanted = filter::TimeRange{.until = end}}};
}

bool IsRetryable(const absl::Status& error) {
  return absl::IsUnavailable(error) || absl::IsAborted(error) ||
         absl::IsDeadlineExceeded(error) || absl::IsResourceExhausted(error);
}

}  // namespace

void StepSize::Took(std::size_t redelivered, absl::Duration time) {
  // A small step that is in time says nothing of a large one.
  if (time <= kStepTime && std::cmp_less(redelivered, most_)) return;
  const double fits =
      static_cast<double>(redelivered) *
      absl::FDivDuration(kStepTime, std::max(time, absl::Milliseconds(1)));
  const double most = std::clamp(fits, most_ / 2.0, most_ * 2.0);
  most_ = std::clamp(static_cast<int>(most), 1, static_cast<int>(store::kMostRequeued));
}

absl::StatusOr<store::DeliveryQuery> QueryOf(const store::StoredOperation& operation,
                                             int most) {
  store::DeliveryQuery query;
  WINDROW_ASSIGN_OR_RETURN(filter::Filter where, filter::Compile(operation.spec.filter,
                                                                 store::kDeliveryFields));
  query.where.operands = {std::move(where), CreatedUntil(operation.created_at)};
  query.oldest_first = true;
  query.after = operation.progress.position;
  const auto by_rate =
      static_cast<int>(operation.spec.max_per_second * absl::ToDoubleSeconds(kStepTime));
  query.limit =
      operation.progress.counted ? std::clamp(by_rate, 1, most) : kCountedAtOnce;
  return query;
}

store::OperationStep StepOver(const store::StoredOperation& operation,
                              const store::DeliveryPage& page) {
  store::OperationStep step{.progress = operation.progress};
  step.progress.failures = 0;
  bool more = page.more;
  step.progress.position = more ? page.position : std::nullopt;
  std::int64_t items = 0;
  for (const store::DeliveryRecord& delivery : page.deliveries) {
    if (!IsWanted(operation, delivery)) continue;
    if (!operation.progress.counted) {
      ++step.progress.states.at(static_cast<std::size_t>(delivery.state));
      continue;
    }
    items += delivery.item_count;
    if (items > kMostItems && !step.redeliver.empty()) {
      step.progress.position = step.redeliver.back();
      more = true;
      break;
    }
    step.redeliver.push_back(delivery.delivery_id);
  }
  step.wait = absl::Seconds(1) * static_cast<double>(step.redeliver.size()) /
              static_cast<double>(operation.spec.max_per_second);
  if (more) return step;
  step.progress.counted = true;
  if (operation.progress.counted || operation.spec.dry_run) {
    step.state = OperationState::kSucceeded;
  }
  return step;
}

store::OperationStep StepAfter(const store::StoredOperation& operation,
                               const absl::Status& error) {
  store::OperationStep step{.progress = operation.progress};
  ++step.progress.failures;
  if (IsRetryable(error) && step.progress.failures < kMostFailedSteps) {
    step.wait = std::min(absl::Seconds(1) * (1 << step.progress.failures), kLongestWait);
  } else {
    step.state = OperationState::kFailed;
    step.error = std::string(error.message());
  }
  return step;
}

}  // namespace windrow::control_plane
