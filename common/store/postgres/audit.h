// The audit log's entries: written by the transactions of the changes that they tell of.
#pragma once

#include <absl/status/statusor.h>

#include "common/store/audit_store.h"
#include "common/store/postgres/connection.h"
#include "common/store/postgres/filter_sql.h"
#include "common/store/retention_store.h"

namespace windrow::store::postgres {

// Adds an entry to the transaction that `transaction` is in. Call it last, where no lock
// is waited for any more, so that entries are in the order of their changes. A refusal
// ends the transaction: there is no change without its entry.
absl::Status AppendAudit(Connection* transaction, const AuditEntry& entry);

// Erases entries from before `floor`, in bounded batches; adds to `report`.
absl::Status EraseAuditEntries(Connection* connection, absl::Time floor,
                               RetentionReport* report);

}  // namespace windrow::store::postgres
