#include "common/store/postgres/audit.h"

#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/audit_sql.h"
#include "common/store/postgres/delivery_sql.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/tenant_retention.h"

namespace windrow::store::postgres {
namespace {

AuditEntry ReadEntry(const Result& rows, int row) {
  return {.tenant_id = rows.Int4(row, 1),
          .entry_id = rows.Id(row, 0),
          .at = rows.Time(row, 2),
          .actor = std::string(rows.Text(row, 3)),
          .action = std::string(rows.Text(row, 4)),
          .resource = std::string(rows.Text(row, 5)),
          .before = std::string(rows.Text(row, 6)),
          .after = std::string(rows.Text(row, 7)),
          .changed_secrets = rows.Texts(row, 8)};
}

}  // namespace

absl::Status AppendAudit(Connection* transaction, const AuditEntry& entry) {
  return transaction
      ->Run(kAppendAuditEntry, Params()
                                   .Int4(entry.tenant_id)
                                   .Text(entry.actor)
                                   .Text(entry.action)
                                   .Text(entry.resource)
                                   .TextOrNull(entry.before)
                                   .TextOrNull(entry.after)
                                   .Array(TextArray(entry.changed_secrets)))
      .status();
}

absl::Status EraseAuditEntries(Connection* connection, absl::Time floor,
                               RetentionReport* report) {
  for (int i = 0; i < kMostErasures; ++i) {
    WINDROW_ASSIGN_OR_RETURN(
        const Result rows,
        connection->Run(kEraseAuditEntries,
                        Params().Id(FloorId(floor)).Int4(kErasedAtOnce)));
    report->erased += rows.Int8(0, 0);
    if (rows.Int8(0, 0) < kErasedAtOnce) return absl::OkStatus();
  }
  report->more = true;
  return absl::OkStatus();
}

absl::StatusOr<AuditPage> PostgresStore::ListAuditEntries(TenantId tenant,
                                                          const AuditQuery& query) {
  constexpr int kWanted = 9;  // the column; behind it is what was spent
  const SqlText text = ListAuditEntriesSql(tenant, query);
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result rows, lease->RunPlanned(text.sql, text.params));
  AuditPage page;
  for (int row = 0; row < rows.rows(); ++row) {
    page.examined = static_cast<int>(rows.Int8(row, kWanted + 1));
    if (!rows.Bool(row, kWanted)) continue;
    page.more = static_cast<int>(page.entries.size()) == query.limit;
    if (page.more) break;
    page.entries.push_back(ReadEntry(rows, row));
  }
  if (page.more) {
    page.position = page.entries.back().entry_id;
  } else if (page.examined >= query.examine) {
    page.more = true;
    page.position = rows.Id(rows.rows() - 1, 0);
  }
  return page;
}

absl::StatusOr<AuditEntry> PostgresStore::GetAuditEntry(TenantId tenant, const Uuid& id) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result rows,
                           lease->Run(kGetAuditEntry, Params().Int4(tenant).Id(id)));
  if (rows.rows() == 0) {
    return WithReason(
        absl::NotFoundError("no entry of the audit log has this id; it may be "
                            "older than entries are kept (retention_audit)"),
        "AUDIT_ENTRY_NOT_FOUND");
  }
  return ReadEntry(rows, 0);
}

}  // namespace windrow::store::postgres
