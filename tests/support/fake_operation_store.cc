// OperationStore: long-running operations.
#include <algorithm>

#include "common/base/status.h"
#include "tests/support/fake_state.h"
#include "tests/support/fake_store.h"

namespace windrow::testing {
namespace {

using store::OperationState;
using store::StoredOperation;

absl::Status NoOperation() {
  return WithReason(absl::NotFoundError("no operation has this id"),
                    "OPERATION_NOT_FOUND");
}

bool IsRunning(const FakeOperation& operation) {
  return operation.stored.state == OperationState::kRunning;
}

// Null where the tenant has none of this id.
FakeOperation* Find(FakeState& state, store::TenantId tenant, const Uuid& id) {
  const auto found = state.operations.find(id);
  const bool is_there =
      found != state.operations.end() && found->second.stored.tenant_id == tenant;
  return is_there ? &found->second : nullptr;
}

}  // namespace

absl::StatusOr<StoredOperation> FakeStore::CreateOperation(
    const store::Author& author, const store::OperationSpec& spec) {
  const store::TenantId tenant = author.tenant;
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  const absl::Time now = state_->Now();
  std::erase_if(state_->operations, [&](const auto& entry) {
    const StoredOperation& stored = entry.second.stored;
    return stored.tenant_id == tenant && stored.finished_at &&
           *stored.finished_at < now - store::kOperationsKept;
  });
  int running = 0;
  for (const auto& [id, operation] : state_->operations) {
    if (operation.stored.tenant_id != tenant) continue;
    if (!spec.request_id.empty() && operation.stored.spec.request_id == spec.request_id) {
      return operation.stored;
    }
    if (IsRunning(operation)) ++running;
  }
  if (running >= store::kMostRunningOperations) {
    return WithReason(absl::ResourceExhaustedError("too many operations run"),
                      "TOO_MANY_OPERATIONS");
  }
  const StoredOperation made{.tenant_id = tenant,
                             .operation_id = state_->NextId(),
                             .spec = spec,
                             .created_at = now,
                             .updated_at = now};
  state_->operations[made.operation_id] = {.stored = made, .next_at = now};
  state_->Append(EntryOf(author, nullptr, &made));
  return made;
}

absl::StatusOr<StoredOperation> FakeStore::GetOperation(store::TenantId tenant,
                                                        const Uuid& id) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  FakeOperation* found = Find(*state_, tenant, id);
  if (found == nullptr) return NoOperation();
  return found->stored;
}

absl::StatusOr<store::OperationPage> FakeStore::ListOperations(
    store::TenantId tenant, const std::optional<Uuid>& before, int limit) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  store::OperationPage page;
  for (auto it = state_->operations.rbegin(); it != state_->operations.rend(); ++it) {
    const StoredOperation& stored = it->second.stored;
    if (stored.tenant_id != tenant || (before && !(it->first < *before))) continue;
    page.more = page.operations.size() == static_cast<std::size_t>(limit);
    if (page.more) break;
    page.operations.push_back(stored);
  }
  return page;
}

absl::StatusOr<StoredOperation> FakeStore::CancelOperation(const store::Author& author,
                                                           const Uuid& id) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  FakeOperation* found = Find(*state_, author.tenant, id);
  if (found == nullptr) return NoOperation();
  if (!IsRunning(*found)) {
    return WithReason(absl::FailedPreconditionError("it has ended"),
                      "OPERATION_FINISHED");
  }
  StoredOperation& stored = found->stored;
  const StoredOperation before = stored;
  stored.state = OperationState::kCancelled;
  stored.updated_at = state_->Now();
  stored.finished_at = stored.updated_at;
  state_->Append(EntryOf(author, &before, &stored));
  return stored;
}

absl::StatusOr<std::optional<StoredOperation>> FakeStore::ClaimOperation(
    absl::Duration lease) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  FakeOperation* next = nullptr;
  for (auto& [id, operation] : state_->operations) {
    if (!IsRunning(operation) || operation.next_at > state_->Now()) continue;
    if (next == nullptr || operation.next_at < next->next_at) next = &operation;
  }
  if (next == nullptr) return std::nullopt;
  ++next->stored.lease_seq;
  next->next_at = state_->Now() + lease;
  return next->stored;
}

absl::StatusOr<std::optional<store::OperationProgress>> FakeStore::AdvanceOperation(
    const StoredOperation& held, const store::OperationStep& step) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  const auto found = state_->operations.find(held.operation_id);
  if (found == state_->operations.end()) return std::nullopt;
  FakeOperation& operation = found->second;
  if (!IsRunning(operation) || operation.stored.lease_seq != held.lease_seq) {
    return std::nullopt;
  }
  operation.stored.progress = step.progress;
  operation.stored.progress.Add(state_->Redeliver(held.tenant_id, step.redeliver));
  operation.stored.state = step.state;
  operation.stored.error = step.error;
  operation.stored.updated_at = state_->Now();
  if (!IsRunning(operation)) operation.stored.finished_at = state_->Now();
  ++operation.stored.lease_seq;
  operation.next_at = state_->Now() + step.wait;
  return operation.stored.progress;
}

}  // namespace windrow::testing
