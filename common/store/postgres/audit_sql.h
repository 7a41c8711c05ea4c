// The SQL of lists of the audit log, made from a query: a walk along the index of a
// tenant's entries.
#pragma once

#include "common/store/audit_store.h"
#include "common/store/postgres/filter_sql.h"

namespace windrow::store::postgres {

SqlText ListAuditEntriesSql(TenantId tenant, const AuditQuery& query);

}  // namespace windrow::store::postgres
