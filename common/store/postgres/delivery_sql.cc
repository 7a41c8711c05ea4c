#include "common/store/postgres/delivery_sql.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace windrow::store::postgres {
namespace {

// The smallest version 7 id of an instant, rounded up to its millisecond.
Uuid FloorId(absl::Time time) {
  const std::int64_t ms =
      std::max<std::int64_t>(0, (absl::ToUnixMicros(time) + 999) / 1'000);
  Uuid id;
  for (int i = 0; i < 6; ++i) {
    id.bytes[static_cast<std::size_t>(i)] =
        static_cast<std::uint8_t>(ms >> (8 * (5 - i)) & 0xff);
  }
  return id;
}

// Conditions that are joined by AND, and their parameters.
class Where {
 public:
  explicit Where(TenantId tenant) {
    params_.Int4(tenant);
    terms_.push_back("r.tenant_id = $1::int4");
  }
  int next() const { return params_.size() + 1; }
  Params& params() { return params_; }
  void Add(std::string term) { terms_.push_back(std::move(term)); }
  std::string text() const { return fmt::format("{}", fmt::join(terms_, " AND ")); }

  // Conditions on the id: time range, position of the page, or one delivery.
  void AddIds(const std::string& column, const DeliveryQuery& query,
              std::optional<Uuid> only) {
    const auto id = [&](const char* op, const Uuid& value) {
      Add(fmt::format("{} {} ${}::uuid", column, op, next()));
      params_.Id(value);
    };
    if (only) id("=", *only);
    if (query.created_from) id(">=", FloorId(*query.created_from));
    if (query.created_until) id("<", FloorId(*query.created_until));
    if (query.after) id(query.oldest_first ? ">" : "<", *query.after);
  }

 private:
  Params params_;
  std::vector<std::string> terms_;
};

const char* Direction(const DeliveryQuery& query) {
  return query.oldest_first ? "ASC" : "DESC";
}

bool IsFinished(DeliveryState state) { return state >= DeliveryState::kSucceeded; }

const char* UnfinishedCondition(DeliveryState state) {
  switch (state) {
    case DeliveryState::kOpen:
      return "r.group_key IS NOT NULL";
    case DeliveryState::kInFlight:
      return "r.lease_owner IS NOT NULL";
    case DeliveryState::kRetrying:
      return "(r.group_key IS NULL AND r.lease_owner IS NULL AND r.attempt > 0)";
    default:
      return "(r.group_key IS NULL AND r.lease_owner IS NULL AND r.attempt = 0)";
  }
}

// True for windows with an item whose event satisfies `condition`.
std::string HasItem(const std::string& condition) {
  return fmt::format(
      "EXISTS (SELECT FROM (SELECT unnest(r.escmsg_ids) AS n UNION ALL "
      "SELECT unnest(i.escmsg_ids) FROM window_items i WHERE i.window_id = r.window_id) "
      "AS item JOIN events e ON e.tenant_id = r.tenant_id AND e.escmsg_id = item.n "
      "WHERE {})",
      condition);
}

}  // namespace

std::optional<SqlText> ListWindowsSql(TenantId tenant, const DeliveryQuery& query,
                                      std::optional<Uuid> only) {
  Where where(tenant);
  if (!query.states.empty()) {
    std::vector<const char*> any;
    for (DeliveryState state : query.states) {
      if (!IsFinished(state)) any.push_back(UnfinishedCondition(state));
    }
    if (any.empty()) return std::nullopt;
    where.Add(fmt::format("({})", fmt::join(any, " OR ")));
  }
  if (query.webhook_id) {
    where.Add(fmt::format("r.bucket = ${}::int2 AND r.webhook_id = ${}::uuid",
                          where.next(), where.next() + 1));
    where.params().Int2(BucketOf(*query.webhook_id)).Id(*query.webhook_id);
  }
  if (!query.event_type.empty()) {
    where.Add(HasItem(fmt::format("e.type = ${}::text", where.next())));
    where.params().Text(query.event_type);
  }
  if (!query.object_id.empty()) {
    where.Add(HasItem(fmt::format("e.object_id = ${}::text", where.next())));
    where.params().Text(query.object_id);
  }
  where.AddIds("r.window_id", query, only);
  std::string sql = fmt::format(
      "SELECT r.window_id, r.webhook_id, r.due_at, r.group_key IS NOT NULL, "
      "r.lease_owner IS NOT NULL, r.attempt, r.item_count, r.received_at, r.escmsg_ids, "
      "r.notification_ids, a.attempt, a.late, a.started_at, a.duration_us, a.phases_us, "
      "a.remote_address, a.status_code, a.error, a.error_detail, a.request_bytes, "
      "a.response_bytes, a.response_headers, a.response_body "
      "FROM windows r LEFT JOIN LATERAL (SELECT * FROM attempts a "
      "WHERE a.delivery_id = r.window_id AND a.tenant_id = r.tenant_id AND NOT a.late "
      "ORDER BY a.lease_seq DESC LIMIT 1) AS a ON r.attempt > 0 "
      "WHERE {} ORDER BY r.window_id {} LIMIT {}",
      where.text(), Direction(query), query.limit + 1);
  return SqlText{std::move(sql), std::move(where.params())};
}

std::optional<SqlText> ListFinishedSql(TenantId tenant, const DeliveryQuery& query,
                                       std::optional<Uuid> only) {
  Where where(tenant);
  if (!query.states.empty()) {
    std::vector<int> states;
    for (DeliveryState state : query.states) {
      if (IsFinished(state)) states.push_back(static_cast<int>(state));
    }
    if (states.empty()) return std::nullopt;
    where.Add(fmt::format("r.state IN ({})", fmt::join(states, ", ")));
    const bool without_succeeded =
        std::find(states.begin(), states.end(), 5) == states.end();
    if (without_succeeded) where.Add("r.state <> 5");  // names the partial index
  }
  if (query.webhook_id) {
    where.Add(fmt::format("r.webhook_id = ${}::uuid", where.next()));
    where.params().Id(*query.webhook_id);
  }
  where.AddIds("r.delivery_id", query, only);

  // Type and object are a column where all items agree, else an array: a branch each.
  std::vector<std::string> branches = {""};
  const auto branch = [&](const char* one, const char* many, const std::string& value) {
    const int n = where.next();
    where.params().Text(value);
    std::vector<std::string> more;
    for (const std::string& so_far : branches) {
      more.push_back(fmt::format("{} AND r.{} = ${}::text", so_far, one, n));
      more.push_back(fmt::format("{} AND r.{} IS NULL AND r.{} @> ARRAY[${}::text]",
                                 so_far, one, many, n));
    }
    branches = std::move(more);
  };
  if (!query.event_type.empty()) branch("event_type", "event_types", query.event_type);
  if (!query.object_id.empty()) branch("object_id", "object_ids", query.object_id);

  const std::string tail =
      fmt::format("ORDER BY delivery_id {} LIMIT {}", Direction(query), query.limit + 1);
  std::vector<std::string> selects;
  for (const std::string& extra : branches) {
    selects.push_back(fmt::format("(SELECT r.* FROM deliveries r WHERE {}{} {})",
                                  where.text(), extra, tail));
  }
  const bool bodies = query.bodies;
  std::string sql = fmt::format(
      "SELECT d.delivery_id, d.webhook_id, d.state, d.finished_at, d.event_type, "
      "d.object_id, d.item_count, d.escmsg_ids, d.notification_ids, d.event_types, "
      "d.object_ids, d.reason, d.attempt_count, false, d.started_at, d.duration_us, "
      "d.phases_us, d.remote_address, d.status_code, d.error, d.error_detail, "
      "d.request_bytes, d.response_bytes, {} FROM (SELECT * FROM ({}) AS u {}) AS d {}"
      "ORDER BY d.delivery_id {}",
      bodies ? "b.response_headers, b.response_body, b.request_headers, b.request_body"
             : "NULL::bytea, NULL::bytea, NULL::text, NULL::bytea",
      fmt::join(selects, " UNION ALL "), tail,
      bodies ? "LEFT JOIN delivery_bodies b ON b.delivery_id = d.delivery_id AND "
               "b.tenant_id = d.tenant_id "
             : "",
      Direction(query));
  return SqlText{std::move(sql), std::move(where.params())};
}

}  // namespace windrow::store::postgres
