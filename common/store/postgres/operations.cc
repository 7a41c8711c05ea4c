// Long-running operations: their rows, and their steps.
#include <absl/time/clock.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/store/audit_entries.h"
#include "common/store/postgres/audit.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/transaction.h"

namespace windrow::store::postgres {
namespace {

OperationCounts CountsOf(const Result& rows, int row, int column) {
  OperationCounts counts{};
  const std::vector<std::int64_t> read = rows.Int8s(row, column);
  std::copy_n(read.begin(), std::min(read.size(), counts.size()), counts.begin());
  return counts;
}

ArrayParam ArrayOf(const OperationCounts& counts) {
  ArrayParam array(ArrayParam::kInt8, counts.size());
  for (const std::int64_t count : counts) array.AddInt8(count);
  return array;
}

// A row of the columns that every statement about operations answers.
StoredOperation ReadOperation(const Result& rows, int row) {
  StoredOperation o;
  o.operation_id = rows.Id(row, 0);
  o.tenant_id = rows.Int4(row, 1);
  o.spec.kind = static_cast<OperationKind>(rows.Int2(row, 2));
  o.state = static_cast<OperationState>(rows.Int2(row, 3));
  o.spec.filter = rows.Text(row, 4);
  if (!rows.IsNull(row, 5)) o.spec.webhook_id = rows.Id(row, 5);
  o.spec.dry_run = rows.Bool(row, 6);
  o.spec.max_per_second = rows.Int4(row, 7);
  o.spec.request_id = rows.Text(row, 8);
  o.progress.counted = rows.Bool(row, 9);
  if (!rows.IsNull(row, 10)) o.progress.position = rows.Id(row, 10);
  o.progress.states = CountsOf(rows, row, 11);
  o.progress.redelivered = rows.Int8(row, 12);
  o.progress.skipped = CountsOf(rows, row, 13);
  o.progress.failures = rows.Int4(row, 14);
  o.error = rows.Text(row, 15);
  o.lease_seq = rows.Int4(row, 16);
  o.created_at = rows.Time(row, 17);
  o.updated_at = rows.Time(row, 18);
  if (!rows.IsNull(row, 19)) o.finished_at = rows.Time(row, 19);
  return o;
}

absl::Status NoOperation() {
  return WithReason(absl::NotFoundError("no operation has this id"),
                    "OPERATION_NOT_FOUND");
}

Params& IdOrNull(const std::optional<Uuid>& id, Params* params) {
  return id ? params->Id(*id) : params->Null();
}

}  // namespace

absl::StatusOr<StoredOperation> PostgresStore::CreateOperation(
    const Author& author, const OperationSpec& spec) {
  const TenantId tenant = author.tenant;
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_RETURN_IF_ERROR(transaction
                              ->Run(kForgetOperations, Params().Int4(tenant).Time(
                                                           absl::Now() - kOperationsKept))
                              .status());
  Params params;
  params.Id(UuidV7Generator().Next(absl::Now()))
      .Int4(tenant)
      .Int2(static_cast<std::int16_t>(spec.kind))
      .Text(spec.filter);
  IdOrNull(spec.webhook_id, &params)
      .Bool(spec.dry_run)
      .Int4(spec.max_per_second)
      .TextOrNull(spec.request_id)
      .Int4(kMostRunningOperations);
  WINDROW_ASSIGN_OR_RETURN(Result made, transaction->Run(kInsertOperation, params));
  if (made.rows() == 1) {
    const StoredOperation operation = ReadOperation(made, 0);
    WINDROW_RETURN_IF_ERROR(
        AppendAudit(transaction.connection(), EntryOf(author, nullptr, &operation)));
  } else if (!spec.request_id.empty()) {
    WINDROW_ASSIGN_OR_RETURN(
        made, transaction->Run(kFindOperationRequest,
                               Params().Int4(tenant).Text(spec.request_id)));
  }
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  if (made.rows() == 0) {
    return WithReason(
        absl::ResourceExhaustedError(fmt::format(
            "{} operations run already: wait until one has ended, or cancel one",
            kMostRunningOperations)),
        "TOO_MANY_OPERATIONS");
  }
  return ReadOperation(made, 0);
}

absl::StatusOr<StoredOperation> PostgresStore::GetOperation(TenantId tenant,
                                                            const Uuid& id) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result rows,
                           lease->Run(kGetOperation, Params().Int4(tenant).Id(id)));
  if (rows.rows() == 0) return NoOperation();
  return ReadOperation(rows, 0);
}

absl::StatusOr<OperationPage> PostgresStore::ListOperations(
    TenantId tenant, const std::optional<Uuid>& before, int limit) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  Params params;
  params.Int4(tenant);
  IdOrNull(before, &params).Int4(limit + 1);
  WINDROW_ASSIGN_OR_RETURN(const Result rows, lease->Run(kListOperations, params));
  OperationPage page;
  page.more = rows.rows() > limit;
  for (int row = 0; row < std::min(rows.rows(), limit); ++row) {
    page.operations.push_back(ReadOperation(rows, row));
  }
  return page;
}

absl::StatusOr<StoredOperation> PostgresStore::CancelOperation(const Author& author,
                                                               const Uuid& id) {
  {
    WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
    WINDROW_ASSIGN_OR_RETURN(
        const Result rows,
        transaction->Run(kCancelOperation, Params().Int4(author.tenant).Id(id)));
    if (rows.rows() == 1) {
      const StoredOperation after = ReadOperation(rows, 0);
      StoredOperation before = after;
      before.state = OperationState::kRunning;
      before.finished_at.reset();
      WINDROW_RETURN_IF_ERROR(
          AppendAudit(transaction.connection(), EntryOf(author, &before, &after)));
      WINDROW_RETURN_IF_ERROR(transaction.Commit());
      return after;
    }
  }
  WINDROW_RETURN_IF_ERROR(GetOperation(author.tenant, id).status());
  return WithReason(
      absl::FailedPreconditionError("it has ended: there is nothing to cancel"),
      "OPERATION_FINISHED");
}

absl::StatusOr<std::optional<StoredOperation>> PostgresStore::ClaimOperation(
    absl::Duration lease_for) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(
      const Result rows,
      lease->Run(kClaimOperation, Params().Int4(static_cast<std::int32_t>(
                                      absl::ToInt64Milliseconds(lease_for)))));
  if (rows.rows() == 0) return std::nullopt;
  return ReadOperation(rows, 0);
}

absl::StatusOr<std::optional<OperationProgress>> PostgresStore::AdvanceOperation(
    const StoredOperation& held, const OperationStep& step) {
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_ASSIGN_OR_RETURN(
      const Result locked,
      transaction->Run(
          kLockOperation,
          Params().Id(held.operation_id).Int4(held.lease_seq).Int4(held.tenant_id)));
  if (locked.rows() == 0) return std::nullopt;
  OperationProgress progress = step.progress;
  if (!step.redeliver.empty()) {
    WINDROW_ASSIGN_OR_RETURN(
        const std::vector<Requeue> verdicts,
        RedeliverWithin(transaction.connection(), held.tenant_id, step.redeliver));
    progress.Add(verdicts);
  }
  Params params;
  params.Id(held.operation_id)
      .Int2(static_cast<std::int16_t>(step.state))
      .Bool(progress.counted);
  IdOrNull(progress.position, &params)
      .Array(ArrayOf(progress.states))
      .Int8(progress.redelivered)
      .Array(ArrayOf(progress.skipped))
      .Int4(progress.failures)
      .TextOrNull(step.error)
      .Int8(absl::ToInt64Microseconds(step.wait))
      .Int4(held.tenant_id);
  WINDROW_RETURN_IF_ERROR(transaction->Run(kAdvanceOperation, params).status());
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  return progress;
}

}  // namespace windrow::store::postgres
