// Counts and latencies: adding up the log of changes, and reading the sums.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/status.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

// Of the log, in one statement: a row has up to a thousand changes, most have few.
constexpr int kRowsAtOnce = 500;

// The kinds of keys (sql/roll_up_changes.sql).
enum Kind : int { kEnded = 1, kAttempt = 2, kRequest = 3, kDelivered = 4 };

void AddKey(std::int32_t key, std::int64_t count, Counts* counts) {
  const int value = key & 0xff'ffff;
  switch (key >> 24) {
    case kEnded:
      if (value == static_cast<int>(DeliveryState::kSucceeded))
        counts->succeeded += count;
      if (value == static_cast<int>(DeliveryState::kFailed)) counts->failed += count;
      if (value == static_cast<int>(DeliveryState::kCancelled))
        counts->cancelled += count;
      break;
    case kAttempt:
      counts->attempts[{static_cast<AttemptError>(value / 8), value % 8}] += count;
      break;
    case kRequest:
      counts->requests.Add(value, count);
      break;
    case kDelivered:
      counts->delivered.Add(value, count);
      break;
    default:
      break;
  }
}

// The sums of one table between two instants, by step.
std::string SumSql(const char* table, const StatsQuery& query, absl::Time from,
                   absl::Time until, Params* params) {
  params->Time(from).Time(until);
  return fmt::format(
      "SELECT date_bin('{} seconds', s.at, '1970-01-01 UTC') AS start, u.key, "
      "sum(u.n)::int8 AS n FROM {} s CROSS JOIN LATERAL unnest(s.keys, s.counts) AS "
      "u(key, n) WHERE s.tenant_id = $1::int4 AND s.webhook_id = $2::uuid AND s.at >= "
      "${}::timestamptz AND s.at < ${}::timestamptz GROUP BY 1, 2",
      absl::ToInt64Seconds(LengthOf(query.step)), table, params->size() - 1,
      params->size());
}

}  // namespace

absl::StatusOr<Stats> PostgresStore::ReadStats(TenantId tenant, const StatsQuery& query) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result progress, lease->Run(kReadStatsProgress));
  // Read before the sums: hours that are added up meanwhile are minutes still.
  const absl::Time hours_to = progress.Time(0, 1);
  Params params;
  params.Int4(tenant).Id(query.webhook.value_or(Uuid()));
  std::string sql;
  if (query.step == StatsStep::kMinute) {
    sql = SumSql("stats_minutes", query, query.from, query.until, &params);
  } else {
    const absl::Time turn = std::clamp(hours_to, query.from, query.until);
    sql = SumSql("stats_hours", query, query.from, turn, &params) + " UNION ALL " +
          SumSql("stats_minutes", query, turn, query.until, &params);
  }
  WINDROW_ASSIGN_OR_RETURN(const Result rows, lease->RunPlanned(sql, params));
  std::map<absl::Time, Counts> buckets;
  for (int i = 0; i < rows.rows(); ++i) {
    AddKey(rows.Int4(i, 1), rows.Int8(i, 2), &buckets[rows.Time(i, 0)]);
  }
  Stats stats{.complete_until = progress.Time(0, 0)};
  for (auto& [start, counts] : buckets)
    stats.buckets.push_back({start, std::move(counts)});
  return stats;
}

absl::StatusOr<RollUpReport> PostgresStore::RollUp() {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result rows,
                           lease->Run(kRollUpChanges, Params().Int4(kRowsAtOnce)));
  RollUpReport report{.rows = rows.Int8(0, 0)};
  report.more = report.rows >= kRowsAtOnce;
  if (!report.more) {
    WINDROW_RETURN_IF_ERROR(lease->Run(kRollUpMinutes).status());
  }
  return report;
}

}  // namespace windrow::store::postgres
