#include "common/store/postgres/audit_sql.h"

#include <fmt/format.h>

#include <variant>

#include "common/store/postgres/delivery_sql.h"
#include "common/store/postgres/filter_access.h"

namespace windrow::store::postgres {
namespace {

constexpr char kOrder[] = "r.entry_id DESC";

std::string AuditTestSql(const filter::Test& test, Params* params) {
  // Every entry has a value in each field.
  if (std::holds_alternative<filter::Present>(test.wanted)) return "true";
  const auto text = [&](const char* column) {
    return TextSql(column, std::get<filter::TextPattern>(test.wanted), params);
  };
  switch (AuditFieldOf(*test.field)) {
    case AuditField::kActor:
      return text("r.actor");
    case AuditField::kAction:
      return text("r.action");
    case AuditField::kResource:
      return text("r.resource");
    case AuditField::kAt:
      break;
  }
  return TimeSql("r.at", std::get<filter::TimeRange>(test.wanted), params);
}

// Where in the index the walk begins and ends: an entry's id holds its millisecond.
std::string AndPlace(const AuditQuery& query, Params* params) {
  filter::TimeRange at;
  for (const filter::Filter* conjunct : ConjunctsOf(query.where)) {
    Narrow(*conjunct, static_cast<int>(AuditField::kAt), &at);
  }
  std::string sql;
  const auto bound = [&](const char* comparison, const Uuid& id) {
    params->Id(id);
    sql += fmt::format(" AND r.entry_id {} ${}::uuid", comparison, params->size());
  };
  if (query.before) bound("<", *query.before);
  // FloorId rounds up.
  if (at.from != absl::InfinitePast()) {
    bound(">=", FloorId(at.from - absl::Milliseconds(1)));
  }
  if (at.until != absl::InfiniteFuture()) bound("<", FloorId(at.until));
  return sql;
}

}  // namespace

SqlText ListAuditEntriesSql(TenantId tenant, const AuditQuery& query) {
  Params params;
  params.Int4(tenant);
  const std::string place = AndPlace(query, &params);
  Walk walk{.sql = fmt::format("SELECT r.* FROM audit_log r WHERE r.tenant_id = "
                               "$1::int4{} ORDER BY {} LIMIT {}",
                               place, kOrder, query.examine),
            .order = kOrder,
            .examine = query.examine,
            .limit = query.limit};
  walk.condition = ConditionSql(
      query.where, [&](const filter::Test& test) { return AuditTestSql(test, &params); });
  std::string sql = fmt::format(
      "SELECT r.entry_id, r.tenant_id, r.at, r.actor, r.action, r.resource, "
      "r.before::text, r.after::text, r.changed_secrets, r.wanted, r.spent FROM ({}) AS "
      "r ORDER BY {}",
      JudgedSql(walk), kOrder);
  return SqlText{std::move(sql), std::move(params)};
}

}  // namespace windrow::store::postgres
