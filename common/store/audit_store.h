// The audit log: who changed what, as it was before and as it was then.
//
// Every change of a profile, of the catalogue, of an operation or of what becomes of a
// delivery writes its entry in its own transaction: none without the other. What is only
// learned from events, and what workers do with deliveries, is no change.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <optional>
#include <string>
#include <vector>

#include "common/filter/filter.h"
#include "common/store/list_fields.h"
#include "common/store/types.h"

namespace windrow::store {

struct AuditEntry {
  TenantId tenant_id = 0;
  Uuid entry_id;  // sorts by time
  absl::Time at;
  std::string actor;     // Author::name
  std::string action;    // "webhook.update"
  std::string resource;  // "webhooks/018f…"
  // The resource as JSON, as audit_entries.h has it; empty where there was none, or where
  // the action says it all. No secret, ever: only which of them are others now, as the
  // API names them.
  std::string before;
  std::string after;
  std::vector<std::string> changed_secrets;
};

// Newest first.
struct AuditQuery {
  filter::Filter where;        // of kAuditFields
  std::optional<Uuid> before;  // continue behind this one
  int limit = 50;
  int examine = kMostExamined;  // look at no more than so many; at least 1
};

struct AuditPage {
  std::vector<AuditEntry> entries;
  // There may be more: continue with `before` = `position`, which is further on than the
  // query's own, also where nothing was found.
  bool more = false;
  std::optional<Uuid> position;
  int examined = 0;
};

// Thread-safe. UNAVAILABLE where the database cannot be reached.
class AuditStore {
 public:
  virtual ~AuditStore() = default;
  virtual absl::StatusOr<AuditPage> ListAuditEntries(TenantId tenant,
                                                     const AuditQuery& query) = 0;
  // NOT_FOUND (AUDIT_ENTRY_NOT_FOUND), also where it is older than entries are kept.
  virtual absl::StatusOr<AuditEntry> GetAuditEntry(TenantId tenant, const Uuid& id) = 0;
};

}  // namespace windrow::store
