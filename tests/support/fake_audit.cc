// AuditStore: an entry for each change, written with it under the same lock.
#include "common/base/status.h"
#include "tests/support/fake_state.h"
#include "tests/support/fake_store.h"
#include "tests/support/list_values.h"

namespace windrow::testing {

void FakeState::Append(store::AuditEntry entry) {
  entry.entry_id = NextId();
  entry.at = Now();
  audit[entry.entry_id] = std::move(entry);
}

absl::StatusOr<store::AuditPage> FakeStore::ListAuditEntries(
    store::TenantId tenant, const store::AuditQuery& query) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  store::AuditPage page;
  for (auto it = state_->audit.rbegin(); it != state_->audit.rend(); ++it) {
    const store::AuditEntry& entry = it->second;
    if (entry.tenant_id != tenant) continue;
    if (query.before && it->first >= *query.before) continue;
    page.more = page.examined == query.examine ||
                page.entries.size() == static_cast<std::size_t>(query.limit);
    if (page.more) break;
    ++page.examined;
    page.position = it->first;
    if (Matches(query.where, entry)) page.entries.push_back(entry);
  }
  return page;
}

absl::StatusOr<store::AuditEntry> FakeStore::GetAuditEntry(store::TenantId tenant,
                                                           const Uuid& id) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  const auto found = state_->audit.find(id);
  if (found == state_->audit.end() || found->second.tenant_id != tenant) {
    return WithReason(absl::NotFoundError("no entry of the audit log has this id"),
                      "AUDIT_ENTRY_NOT_FOUND");
  }
  return found->second;
}

}  // namespace windrow::testing
