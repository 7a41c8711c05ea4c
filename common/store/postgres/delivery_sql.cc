#include "common/store/postgres/delivery_sql.h"

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace windrow::store::postgres {
namespace {

// Looking at one item of a window is looking up its event: two records' work, where what
// the window says of itself ({}) does not rule it out. The items of a finished delivery
// are in its row.
constexpr char kWindowWork[] = "(1 + CASE WHEN {} THEN 2 * r.item_count ELSE 0 END)";
constexpr char kFinishedWork[] =
    "(1 + CASE WHEN r.event_type IS NULL OR r.object_id IS NULL THEN r.item_count / 20 "
    "ELSE 0 END)";

// What a parked window waits for: the one of its order that is leased, else the first.
constexpr char kWaitsFor[] =
    "CASE WHEN r.due_at = 'infinity' THEN coalesce("
    "(SELECT x.window_id FROM windows x WHERE x.tenant_id = r.tenant_id AND x.bucket = "
    "r.bucket AND x.webhook_id = r.webhook_id AND x.order_key = r.order_key "
    "AND x.lease_owner IS NOT NULL), "
    "(SELECT x.window_id FROM windows x WHERE x.tenant_id = r.tenant_id AND x.bucket = "
    "r.bucket AND x.webhook_id = r.webhook_id AND x.order_key = r.order_key "
    "AND x.window_id <> r.window_id "
    "ORDER BY x.order_number, x.window_id LIMIT 1)) END";

// Said four times over, so that the tenant's windows look dearer than the webhook's also
// where autovacuum saw the queue empty, as in claim_windows.sql.
constexpr char kOfTenant[] = "w.tenant_id IN ($1::int4, $1::int4, $1::int4, $1::int4)";

const char* Direction(const DeliveryQuery& query) {
  return query.oldest_first ? "ASC" : "DESC";
}

// ---- What is joined to a record

// Its last attempt that counts, as far as it is in `attempts`.
std::string LastAttemptSql(const DeliveryColumns& columns, const DeliveryScan& scan,
                           const char* name, Params* params) {
  return fmt::format(
      " LEFT JOIN LATERAL (SELECT * FROM attempts a WHERE {} AND a.delivery_id = {} AND "
      "a.tenant_id = r.tenant_id AND NOT a.late{} ORDER BY a.lease_seq DESC LIMIT 1) AS "
      "{} ON true",
      columns.attempted, columns.id, AndIds("a.delivery_id", scan.ids, params), name);
}

// The types and objects of a window's items: of the first one, which most windows have
// alone, as a look-up of its event; of more in arrays. Its events cannot be older than
// the window; an hour is more than any clock of a transaction is off, and so is a day
// ahead.
std::string WindowItemsSql(const DeliveryScan& scan, Params* params) {
  params->Time(absl::Now() + absl::Hours(24));
  std::string received = fmt::format("e.received_at < ${}::timestamptz", params->size());
  if (scan.ids.from) {
    params->Time(scan.ids.from->time() - absl::Hours(1));
    received += fmt::format(" AND e.received_at >= ${}::timestamptz", params->size());
  }
  const auto event = [&](const char* number, const char* received_at) {
    return fmt::format(
        "LATERAL (SELECT e.type, e.object_id FROM events e WHERE e.tenant_id = "
        "r.tenant_id AND e.escmsg_id = {} AND e.received_at = {} AND {} OFFSET 0)",
        number, received_at, received);
  };
  return fmt::format(
      " LEFT JOIN {} AS one ON true LEFT JOIN LATERAL (SELECT array_agg(e.type) AS "
      "types, "
      "array_agg(e.object_id) AS objects FROM (SELECT unnest(r.escmsg_ids[2:]) AS "
      "escmsg_id, r.received_at UNION ALL SELECT unnest(c.escmsg_ids), c.received_at "
      "FROM "
      "window_items c WHERE c.window_id = r.window_id AND c.tenant_id = r.tenant_id) AS "
      "item CROSS JOIN {} AS e WHERE r.item_count > 1 OR r.escmsg_ids IS NULL) AS i ON "
      "true",
      event("r.escmsg_ids[1]", "r.received_at"),
      event("item.escmsg_id", "item.received_at"));
}

// " AND column = ANY (…)" where the scan is of certain ids.
std::string AndOnly(const char* column, const DeliveryScan& scan, Params* params) {
  if (scan.only.empty()) return "";
  ArrayParam ids(ArrayParam::kUuid, scan.only.size());
  for (const Uuid& id : scan.only) ids.AddUuid(id);
  params->Array(std::move(ids));
  return fmt::format(" AND {} = ANY (${}::uuid[])", column, params->size());
}

// ---- The walk

std::string WindowWalk(const DeliveryScan& scan, Params* params) {
  std::string from = "windows r";
  if (!scan.access.webhooks.empty()) {
    std::vector<std::string> any;
    for (const Uuid& id : scan.access.webhooks) {
      params->Int2(BucketOf(id)).Id(id);
      any.push_back(fmt::format("w.bucket = ${}::int2 AND w.webhook_id = ${}::uuid",
                                params->size() - 1, params->size()));
    }
    // A fence: whatever the planner thinks, it is read by the webhook.
    from = fmt::format("(SELECT * FROM windows w WHERE {} AND ({}) OFFSET 0) AS r",
                       kOfTenant, fmt::join(any, " OR "));
  }
  const std::string ids =
      AndIds("r.window_id", scan.ids, params) + AndOnly("r.window_id", scan, params);
  return fmt::format(
      "SELECT r.* FROM {} WHERE r.tenant_id = $1::int4{}{} "
      "ORDER BY r.window_id {} LIMIT {}",
      from, ids, scan.access.untried ? "" : " AND r.attempt > 0", Direction(*scan.query),
      scan.examine);
}

// " AND r.webhook_id = …" for each; one that asks for nothing where there are none.
std::vector<std::string> WebhookBranches(const DeliveryAccess& access, Params* params) {
  std::vector<std::string> branches;
  for (const Uuid& id : access.webhooks) {
    params->Id(id);
    branches.push_back(fmt::format(" AND r.webhook_id = ${}::uuid", params->size()));
  }
  if (branches.empty()) branches.emplace_back();
  return branches;
}

std::vector<std::string> TextBranches(const char* column,
                                      const std::vector<std::string>& texts,
                                      Params* params) {
  std::vector<std::string> branches;
  for (const std::string& text : texts) {
    params->Text(text);
    branches.push_back(fmt::format(" AND {} = ${}::text", column, params->size()));
  }
  return branches;
}

std::string MixedObjectsSql(const DeliveryAccess& access, Params* params) {
  ArrayParam all(ArrayParam::kText);
  for (const std::string& id : access.object_ids) all.AddText(id);
  params->Array(std::move(all));
  return fmt::format(" AND r.object_id IS NULL AND r.object_ids && ${}::text[] OFFSET 0",
                     params->size());
}

bool MayHaveSucceeded(const DeliveryAccess& access) {
  return std::find(access.finished.begin(), access.finished.end(),
                   DeliveryState::kSucceeded) != access.finished.end();
}

// The indexes of those that did not succeed have all that the filter looks at. Most of
// what they lead to may be unwanted, and is in as many pages of the table.
bool IsInIndex(const DeliveryAccess& access) {
  return access.attempt && !access.items && !access.finish_time &&
         !MayHaveSucceeded(access) && (!access.webhook || !access.webhooks.empty());
}

// What is in those indexes.
std::string IndexedColumns(const DeliveryAccess& access) {
  return fmt::format(
      "r.tenant_id, r.delivery_id, r.state, r.status_code, r.error, "
      "r.attempt_count{}",
      access.webhooks.empty() ? "" : ", r.webhook_id");
}

// Those that did not succeed, by their states.
std::vector<std::string> FailedBranches(const DeliveryAccess& access, Params* params) {
  std::vector<std::string> branches;
  for (const std::string& webhook : WebhookBranches(access, params)) {
    for (const DeliveryState state : access.finished) {
      branches.push_back(fmt::format(" AND r.state = {} AND r.state <> 5{}",
                                     static_cast<int>(state), webhook));
    }
  }
  return branches;
}

// Conditions that lead to an index each, in the order of the ids but for the last one of
// objects, which OFFSET keeps from being walked in that order; no record satisfies two of
// them.
std::vector<std::string> BranchesOf(const DeliveryAccess& access, Params* params) {
  if (!access.object_ids.empty()) {
    auto branches = TextBranches("r.object_id", access.object_ids, params);
    branches.push_back(MixedObjectsSql(access, params));
    return branches;
  }
  if (!MayHaveSucceeded(access)) return FailedBranches(access, params);
  if (!access.webhooks.empty() || access.event_types.empty()) {
    return WebhookBranches(access, params);
  }
  auto branches = TextBranches("r.event_type", access.event_types, params);
  branches.emplace_back(" AND r.event_type IS NULL");
  return branches;
}

std::string FinishedWalk(const DeliveryScan& scan, Params* params) {
  const std::string ids =
      AndIds("r.delivery_id", scan.ids, params) + AndOnly("r.delivery_id", scan, params);
  const std::string columns =
      IsInIndex(scan.access) ? IndexedColumns(scan.access) : std::string("r.*");
  std::vector<std::string> selects;
  for (const std::string& branch : BranchesOf(scan.access, params)) {
    selects.push_back(
        fmt::format("SELECT r.* FROM (SELECT {} FROM deliveries r WHERE r.tenant_id = "
                    "$1::int4{}{}) AS r ORDER BY r.delivery_id {} LIMIT {}",
                    columns, ids, branch, Direction(*scan.query), scan.examine));
  }
  if (selects.size() == 1) return selects.front();
  return fmt::format("SELECT * FROM (({})) AS u ORDER BY u.delivery_id {} LIMIT {}",
                     fmt::join(selects, ") UNION ALL ("), Direction(*scan.query),
                     scan.examine);
}

std::string Judged(const DeliveryColumns& columns, const DeliveryScan& scan,
                   std::string walk_sql, Params* params) {
  Walk walk{.sql = std::move(walk_sql),
            .order = fmt::format("{} {}", columns.id, Direction(*scan.query)),
            .examine = scan.examine,
            .limit = scan.limit};
  const bool looks = scan.access.items && columns.in_queue;  // at other tables' rows
  if (looks || scan.access.attempt) {
    walk.possible = PossibleDeliverySql(columns, scan.query->where, params);
  }
  if (!columns.in_queue && IsInIndex(scan.access)) {
    walk.whole = fmt::format(
        " CROSS JOIN LATERAL (SELECT * FROM deliveries d WHERE d.tenant_id = r.tenant_id "
        "AND d.delivery_id = r.delivery_id{} OFFSET 0) AS whole",
        AndIds("d.delivery_id", scan.ids, params));
  }
  if (looks) walk.work = fmt::format(kWindowWork, walk.possible);
  if (scan.access.items && !looks) walk.work = kFinishedWork;
  if (scan.access.attempt) walk.joins += LastAttemptSql(columns, scan, "a", params);
  if (looks) walk.joins += WindowItemsSql(scan, params);
  walk.condition = "r.tenant_id = $1::int4 AND " +
                   DeliveryConditionSql(columns, scan.query->where, params);
  return JudgedSql(walk);
}

}  // namespace

SqlText ListWindowsSql(const DeliveryScan& scan) {
  Params params;
  params.Int4(scan.tenant);
  const std::string walk = WindowWalk(scan, &params);
  const std::string judged = Judged(kWindowColumns, scan, walk, &params);
  std::string sql = fmt::format(
      "SELECT r.window_id, r.webhook_id, r.due_at, r.group_key IS NOT NULL, "
      "r.lease_owner IS NOT NULL, r.attempt, r.item_count, r.received_at, r.escmsg_ids, "
      "r.notification_ids, l.attempt, l.late, l.started_at, l.duration_us, l.phases_us, "
      "l.remote_address, l.status_code, l.error, l.error_detail, l.request_bytes, "
      "l.response_bytes, l.response_headers, l.response_body, r.due_at = 'infinity', {}, "
      "r.wanted, r.spent FROM ({}) AS r{} ORDER BY r.window_id {}",
      kWaitsFor, judged, LastAttemptSql(kWindowColumns, scan, "l", &params),
      Direction(*scan.query));
  return SqlText{std::move(sql), std::move(params)};
}

SqlText ListFinishedSql(const DeliveryScan& scan) {
  Params params;
  params.Int4(scan.tenant);
  const std::string walk = FinishedWalk(scan, &params);
  const std::string judged = Judged(kFinishedColumns, scan, walk, &params);
  std::string bodies, columns = "NULL::bytea, NULL::bytea, NULL::text, NULL::bytea";
  std::string absence = "0::int2";
  if (scan.query->bodies) {
    columns = "b.response_headers, b.response_body, b.request_headers, b.request_body";
    bodies = fmt::format(
        " LEFT JOIN LATERAL (SELECT * FROM delivery_bodies b WHERE b.delivery_id = "
        "r.delivery_id AND b.tenant_id = r.tenant_id{} LIMIT 1) AS b ON true",
        AndIds("b.delivery_id", scan.ids, &params));
    // store::BodyAbsence. Errors 9 and 11 are ours: nothing was sent.
    absence =
        "CASE WHEN b.delivery_id IS NOT NULL THEN 0 WHEN r.delivery_id < (SELECT "
        "windrow_uuid_floor(max(f.bodies_from)) FROM history_floors f WHERE f.tenant_id "
        "IN (0, $1::int4)) THEN 3 WHEN r.started_at IS NULL OR r.error IN (9, 11) THEN 1 "
        "ELSE 2 END::int2";
  }
  std::string sql = fmt::format(
      "SELECT r.delivery_id, r.webhook_id, r.state, r.finished_at, r.event_type, "
      "r.object_id, r.item_count, r.escmsg_ids, r.notification_ids, r.event_types, "
      "r.object_ids, r.reason, r.attempt_count, false, r.started_at, r.duration_us, "
      "r.phases_us, r.remote_address, r.status_code, r.error, r.error_detail, "
      "r.request_bytes, r.response_bytes, {}, r.wanted, r.spent, {} FROM ({}) AS r{} "
      "ORDER BY r.delivery_id {}",
      columns, absence, judged, bodies, Direction(*scan.query));
  return SqlText{std::move(sql), std::move(params)};
}

SqlText CountWindowsSql(const DeliveryScan& scan) {
  Params params;
  params.Int4(scan.tenant);
  std::vector<std::string> selects;
  for (const Uuid& id : scan.access.webhooks) {
    params.Int2(BucketOf(id)).Id(id);
    selects.push_back(
        fmt::format("(SELECT FROM windows w WHERE {} AND w.bucket = ${}::int2 "
                    "AND w.webhook_id = ${}::uuid LIMIT {})",
                    kOfTenant, params.size() - 1, params.size(), scan.examine + 1));
  }
  std::string sql = fmt::format("SELECT count(*) FROM ({}) AS found",
                                fmt::join(selects, " UNION ALL "));
  return SqlText{std::move(sql), std::move(params)};
}

SqlText CountMixedSql(const DeliveryScan& scan) {
  Params params;
  params.Int4(scan.tenant);
  const std::string ids = AndIds("r.delivery_id", scan.ids, &params);
  std::string sql = fmt::format(
      "SELECT count(*) FROM (SELECT FROM deliveries r WHERE r.tenant_id = $1::int4{}{} "
      "LIMIT {}) AS found",
      ids, MixedObjectsSql(scan.access, &params), scan.examine + 1);
  return SqlText{std::move(sql), std::move(params)};
}

}  // namespace windrow::store::postgres
