#include "services/control_plane/operation_use_cases.h"

#include <fmt/format.h>

#include <numeric>
#include <optional>
#include <string>

#include "common/base/status.h"
#include "common/domain/text.h"
#include "common/filter/filter.h"
#include "common/store/list_fields.h"
#include "services/control_plane/delivery_use_cases.h"
#include "services/control_plane/page_token.h"
#include "services/control_plane/proto_time.h"
#include "services/control_plane/request_ids.h"

namespace windrow::control_plane {
namespace {

constexpr int kDefaultPerSecond = 100;
constexpr int kMostPerSecond = 10'000;
constexpr int kMostRequestIdCharacters = 64;

// What both kinds of request say alike.
template <typename Request>
store::OperationSpec SpecOf(const Request& request, store::OperationKind kind,
                            Violations* violations) {
  store::OperationSpec spec{.kind = kind,
                            .dry_run = request.dry_run(),
                            .max_per_second = request.max_per_second() == 0
                                                  ? kDefaultPerSecond
                                                  : request.max_per_second(),
                            .request_id = request.request_id()};
  if (spec.max_per_second < 1 || spec.max_per_second > kMostPerSecond) {
    violations->Add("max_per_second",
                    fmt::format("is {}: it is 1–10,000, or 0 for {}",
                                request.max_per_second(), kDefaultPerSecond));
  }
  domain::CheckText(spec.request_id,
                    {.max = kMostRequestIdCharacters, .unit = domain::Unit::kCharacters},
                    "request_id", violations);
  return spec;
}

void AddAll(const absl::Status& status, Violations* violations) {
  for (const Violation& violation : ViolationsOf(status)) {
    violations->Add(violation.field, violation.rule);
  }
}

// None, and a violation, where it is missing or lies ahead.
std::optional<absl::Time> SinceOf(const v1::RecoverWebhookRequest& request,
                                  absl::Time now, Violations* violations) {
  if (!request.has_since()) {
    violations->Add("since", "is required: when the webhook began to miss deliveries");
    return std::nullopt;
  }
  const std::optional<absl::Time> since = TimeFromProto(request.since());
  if (!since) {
    violations->Add("since", "is not a valid google.protobuf.Timestamp");
  } else if (*since > now) {
    violations->Add("since", "lies in the future: nothing has failed since then");
  }
  return since;
}

std::string MissedSince(const Uuid& webhook, absl::Time since) {
  return fmt::format(
      "webhook_id = {} AND state = (RETRYING OR FAILED OR CANCELLED) AND (state = "
      "RETRYING "
      "OR finish_time >= \"{}\")",
      webhook.ToString(),
      absl::FormatTime("%Y-%m-%d%ET%H:%M:%E6SZ", since, absl::UTCTimeZone()));
}

absl::StatusOr<Uuid> OperationId(const std::string& text) {
  return IdFromRequest(text, "operation_id", "OPERATION_NOT_FOUND");
}

}  // namespace

void OperationToProto(const store::StoredOperation& operation, v1::Operation* proto) {
  const store::OperationSpec& spec = operation.spec;
  const store::OperationProgress& progress = operation.progress;
  proto->set_operation_id(operation.operation_id.ToString());
  proto->set_kind(static_cast<v1::OperationKind>(spec.kind));
  proto->set_state(static_cast<v1::OperationState>(operation.state));
  proto->set_filter(spec.filter);
  if (spec.webhook_id) proto->set_webhook_id(spec.webhook_id->ToString());
  proto->set_dry_run(spec.dry_run);
  proto->set_max_per_second(spec.max_per_second);
  TimeToProto(operation.created_at, proto->mutable_create_time());
  TimeToProto(operation.updated_at, proto->mutable_update_time());
  if (operation.finished_at) {
    TimeToProto(*operation.finished_at, proto->mutable_finish_time());
  }
  proto->set_counted(progress.counted);
  proto->set_total_count(
      std::accumulate(progress.states.begin(), progress.states.end(), std::int64_t{0}));
  for (std::size_t i = 0; i < progress.states.size(); ++i) {
    if (progress.states.at(i) == 0) continue;
    v1::DeliveryStateCount* count = proto->add_state_counts();
    count->set_state(static_cast<v1::DeliveryState>(i));
    count->set_count(progress.states.at(i));
  }
  proto->set_redelivered_count(progress.redelivered);
  for (std::size_t i = 0; i < progress.skipped.size(); ++i) {
    if (progress.skipped.at(i) == 0) continue;
    v1::SkippedDeliveries* skipped = proto->add_skipped();
    skipped->set_reason(ReasonOf(ToStatus(static_cast<store::Requeue>(i))));
    skipped->set_count(progress.skipped.at(i));
  }
  if (progress.position) {
    TimeToProto(progress.position->time(), proto->mutable_position_time());
  }
  proto->set_error(operation.error);
}

absl::Status OperationUseCases::Create(const store::Author& author,
                                       const store::OperationSpec& spec,
                                       v1::Operation* response) {
  WINDROW_ASSIGN_OR_RETURN(const store::StoredOperation operation,
                           operations_.CreateOperation(author, spec));
  OperationToProto(operation, response);
  return absl::OkStatus();
}

absl::Status OperationUseCases::Redeliver(const store::Author& author,
                                          const v1::RedeliverDeliveriesRequest& request,
                                          v1::Operation* response) {
  Violations violations;
  store::OperationSpec spec =
      SpecOf(request, store::OperationKind::kRedeliver, &violations);
  spec.filter = request.filter();
  const auto where = filter::Compile(spec.filter, store::kDeliveryFields);
  AddAll(where.status(), &violations);
  if (where.ok() && where->is_everything()) {
    violations.Add("filter",
                   "wants every delivery there is: say which to send again, such as "
                   "state = FAILED AND create_time >= \"2026-11-25T10:00:00Z\"");
  }
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  return Create(author, spec, response);
}

absl::Status OperationUseCases::Recover(const store::Author& author,
                                        const v1::RecoverWebhookRequest& request,
                                        absl::Time now, v1::Operation* response) {
  Violations violations;
  store::OperationSpec spec =
      SpecOf(request, store::OperationKind::kRecover, &violations);
  const std::optional<absl::Time> since = SinceOf(request, now, &violations);
  const auto id = IdFromRequest(request.webhook_id(), "webhook_id", "WEBHOOK_NOT_FOUND");
  AddAll(id.status(), &violations);
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  WINDROW_RETURN_IF_ERROR(id.status());
  WINDROW_ASSIGN_OR_RETURN(const store::StoredWebhook webhook,
                           webhooks_.Get(author.tenant, *id));
  if (!webhook.spec.enabled && !spec.dry_run) {
    return ToStatus(store::Requeue::kWebhookDisabled);
  }
  spec.webhook_id = *id;
  spec.filter = MissedSince(*id, *since);
  return Create(author, spec, response);
}

absl::Status OperationUseCases::Get(store::TenantId tenant,
                                    const std::string& operation_id,
                                    v1::Operation* response) {
  WINDROW_ASSIGN_OR_RETURN(const Uuid id, OperationId(operation_id));
  WINDROW_ASSIGN_OR_RETURN(const store::StoredOperation operation,
                           operations_.GetOperation(tenant, id));
  OperationToProto(operation, response);
  return absl::OkStatus();
}

absl::Status OperationUseCases::List(store::TenantId tenant,
                                     const v1::ListOperationsRequest& request,
                                     v1::ListOperationsResponse* response) {
  const PageTokens tokens({"operations"});
  WINDROW_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  std::optional<Uuid> before;
  if (!request.page_token().empty()) {
    WINDROW_ASSIGN_OR_RETURN(before, tokens.ReadUuid(request.page_token()));
  }
  WINDROW_ASSIGN_OR_RETURN(const store::OperationPage page,
                           operations_.ListOperations(tenant, before, size));
  for (const store::StoredOperation& operation : page.operations) {
    OperationToProto(operation, response->add_operations());
  }
  if (page.more) {
    response->set_next_page_token(tokens.Make(page.operations.back().operation_id));
  }
  return absl::OkStatus();
}

absl::Status OperationUseCases::Cancel(const store::Author& author,
                                       const std::string& operation_id,
                                       v1::Operation* response) {
  WINDROW_ASSIGN_OR_RETURN(const Uuid id, OperationId(operation_id));
  WINDROW_ASSIGN_OR_RETURN(const store::StoredOperation operation,
                           operations_.CancelOperation(author, id));
  OperationToProto(operation, response);
  return absl::OkStatus();
}

}  // namespace windrow::control_plane
