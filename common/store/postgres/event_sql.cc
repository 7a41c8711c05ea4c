#include "common/store/postgres/event_sql.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <variant>

#include "common/store/postgres/filter_access.h"
#include "common/store/postgres/filter_sql.h"

namespace windrow::store::postgres {
namespace {

constexpr char kOrder[] = "r.received_at DESC, r.escmsg_id DESC";

std::string EventTestSql(const filter::Test& test, Params* params) {
  const auto text = [&](const char* column) {
    const auto* wanted = std::get_if<filter::TextPattern>(&test.wanted);
    if (wanted == nullptr) return fmt::format("{} IS NOT NULL", column);
    return TextSql(column, *wanted, params);
  };
  switch (EventFieldOf(*test.field)) {
    case EventField::kType:
      return text("r.type");
    case EventField::kObjectType:
      return text("r.object_type");
    case EventField::kObjectId:
      return text("r.object_id");
    case EventField::kEventId:
      return text("r.event_id");
    case EventField::kReceiveTime:
      break;
  }
  const auto* wanted = std::get_if<filter::TimeRange>(&test.wanted);
  return wanted == nullptr ? "true" : TimeSql("r.received_at", *wanted, params);
}

// Conditions that lead to an index each, in the order of the list but for event_ids, of
// which each is one event's or few's, and which OFFSET keeps from being walked in that
// order, or by their tenant; no event satisfies two of them.
std::vector<std::string> BranchesOf(const EventAccess& access, Params* params) {
  if (!access.event_ids.empty()) {
    ArrayParam all(ArrayParam::kText);
    for (const std::string& id : access.event_ids) all.AddText(id);
    params->Array(std::move(all));
    return {fmt::format(
        " AND r.escmsg_id = ANY (ARRAY(SELECT k.escmsg_id FROM event_keys k WHERE "
        "k.tenant_id = $1::int4 AND k.event_id = ANY (${}::text[]))) OFFSET 0",
        params->size())};
  }
  const bool by_object = !access.object_ids.empty();
  std::vector<std::string> branches;
  for (const std::string& text : by_object ? access.object_ids : access.types) {
    params->Text(text);
    branches.push_back(fmt::format(" AND r.{} = ${}::text",
                                   by_object ? "object_id" : "type", params->size()));
  }
  if (branches.empty()) branches.emplace_back();
  return branches;
}

// " AND r.received_at >= … AND …"
std::string AndPlace(const EventScan& scan, Params* params) {
  std::string sql;
  const std::string time = TimeSql("r.received_at", scan.received, params);
  if (!time.empty()) sql = " AND " + time;
  if (scan.query->before) {
    params->Time(scan.query->before->received_at).Int8(scan.query->before->escmsg_id);
    sql +=
        fmt::format(" AND (r.received_at, r.escmsg_id) < (${}::timestamptz, ${}::int8)",
                    params->size() - 1, params->size());
  }
  return sql;
}

std::string WalkSql(const EventScan& scan, Params* params) {
  const std::string place = AndPlace(scan, params);
  std::vector<std::string> selects;
  for (const std::string& branch : BranchesOf(scan.access, params)) {
    selects.push_back(
        fmt::format("SELECT r.* FROM (SELECT r.* FROM events r WHERE true{}{}) AS r "
                    "WHERE r.tenant_id = $1::int4 ORDER BY {} LIMIT {}",
                    place, branch, kOrder, scan.examine));
  }
  if (selects.size() == 1) return selects.front();
  return fmt::format("SELECT * FROM (({})) AS r ORDER BY {} LIMIT {}",
                     fmt::join(selects, ") UNION ALL ("), kOrder, scan.examine);
}

}  // namespace

EventAccess AccessOfEvents(const filter::Filter& where) {
  EventAccess access;
  for (const filter::Filter* conjunct : ConjunctsOf(where)) {
    const auto texts = [&](EventField field) {
      return TextsOf(*conjunct, static_cast<int>(field));
    };
    Narrow(*conjunct, static_cast<int>(EventField::kReceiveTime), &access.received);
    Narrow(texts(EventField::kType), &access.types);
    Narrow(texts(EventField::kObjectId), &access.object_ids);
    Narrow(texts(EventField::kEventId), &access.event_ids);
  }
  return access;
}

SqlText ListEventsSql(const EventScan& scan) {
  Params params;
  params.Int4(scan.tenant);
  Walk walk{.sql = WalkSql(scan, &params),
            .order = kOrder,
            .examine = scan.examine,
            .limit = scan.limit};
  walk.condition = ConditionSql(scan.query->where, [&](const filter::Test& test) {
    return EventTestSql(test, &params);
  });
  std::string sql = fmt::format(
      "SELECT 0::int4, r.tenant_id, r.escmsg_id, r.received_at, r.occurred_at, "
      "r.event_id, r.type, r.object_type, r.object_id, r.message, r.agent_id, r.object, "
      "r.previous, r.action, r.linked, r.key_fields_id, r.origin_webhook_id, r.hops, "
      "r.wanted, r.spent FROM ({}) AS r "
      "ORDER BY {}",
      JudgedSql(walk), kOrder);
  return SqlText{std::move(sql), std::move(params)};
}

}  // namespace windrow::store::postgres
