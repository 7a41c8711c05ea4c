// Writing outcomes: what ended, what is tried again, and what came too late.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/store/postgres/gates.h"
#include "common/store/postgres/outcome_calls.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/transaction.h"

namespace windrow::store::postgres {
namespace {

// Those of `outcomes` that the statement did not answer.
Outcomes NotIn(const Result& rows, const Outcomes& outcomes) {
  std::vector<Uuid> done;
  done.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) done.push_back(rows.Id(i, 0));
  std::sort(done.begin(), done.end());
  Outcomes missing;
  std::copy_if(outcomes.begin(), outcomes.end(), std::back_inserter(missing),
               [&](const Outcome* o) {
                 return !std::binary_search(done.begin(), done.end(), o->window_id);
               });
  return missing;
}

void Append(Outcomes more, Outcomes* to) {
  to->insert(to->end(), more.begin(), more.end());
}

absl::Status RecordLate(Connection* connection, const Outcomes& late) {
  Outcomes attempts;
  std::copy_if(late.begin(), late.end(), std::back_inserter(attempts),
               [](const Outcome* o) { return o->attempt.has_value(); });
  if (attempts.empty()) return absl::OkStatus();
  const std::vector<Call> calls = {LateCall(attempts)};
  return connection->RunAll(calls).status();
}

// What the requests of one webhook came to.
struct Tally {
  TenantId tenant = 0;
  int failed = 0;
  bool succeeded = false;
  bool failing = false;  // as claimed
  bool gone = false;

  bool counts() const { return succeeded ? failing : failed > 0; }
};

std::map<Uuid, Tally> TallyOf(const std::vector<Outcome>& outcomes) {
  std::map<Uuid, Tally> tallies;
  for (const Outcome& o : outcomes) {
    if (!o.attempt || o.attempt->error == AttemptError::kInternal ||
        o.attempt->error == AttemptError::kPoison) {
      continue;  // not the endpoint's
    }
    Tally& tally = tallies[o.webhook_id];
    tally.tenant = o.tenant_id;
    tally.failing |= o.webhook_failing;
    tally.gone |= o.gone;
    if (o.state == DeliveryState::kSucceeded) {
      tally.succeeded = true;
    } else {
      ++tally.failed;
    }
  }
  return tallies;
}

// None where there is nothing to count: while all is well, this costs no statement.
std::optional<Call> CountCall(const std::map<Uuid, Tally>& tallies) {
  ArrayParam ids(ArrayParam::kUuid), succeeded(ArrayParam::kBool),
      failed(ArrayParam::kInt4), tenants(ArrayParam::kInt4);
  bool any = false;
  for (const auto& [id, tally] : tallies) {
    if (!tally.counts()) continue;
    any = true;
    ids.AddUuid(id);
    succeeded.AddBool(tally.succeeded);
    failed.AddInt4(tally.failed);
    tenants.AddInt4(tally.tenant);
  }
  if (!any) return std::nullopt;
  Params params;
  params.Array(std::move(ids)).Array(std::move(succeeded)).Array(std::move(failed));
  params.Array(std::move(tenants));
  return Call{&kCountFailures, std::move(params)};
}

std::vector<Order> OrdersOf(const std::vector<Outcome>& outcomes) {
  std::vector<Order> orders;
  for (const Outcome& o : outcomes) {
    if (!o.order_key.empty()) orders.push_back({o.tenant_id, o.webhook_id, o.order_key});
  }
  return orders;
}

std::string DisableReason(const Result& rows, int row) {
  const int failures = rows.Int4(row, 3);
  if (rows.Bool(row, 4)) {
    return failures == 1 ? "1 request failed"
                         : fmt::format("{} requests in a row failed", failures);
  }
  return fmt::format(
      "no request has succeeded since {}",
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", rows.Time(row, 2), absl::UTCTimeZone()));
}

}  // namespace

// Outcomes are recorded, whatever comes of this.
void PostgresStore::DisableAll(
    const std::map<Uuid, std::pair<TenantId, std::string>>& due) {
  for (const auto& [id, what] : due) {
    const absl::Status status = Disable(what.first, id, what.second);
    if (status.ok()) continue;
    Log(LogLevel::kWarn, "disable_failed",
        {{"webhook_id", id.ToString()},
         {"reason", what.second},
         {"error", status.message()}});
  }
}

absl::StatusOr<int> PostgresStore::Record(const std::vector<Outcome>& outcomes) {
  if (outcomes.empty()) return 0;
  Outcomes finished, retried;
  for (const Outcome& o : outcomes) {
    (o.state == DeliveryState::kRetrying ? retried : finished).push_back(&o);
  }
  const std::map<Uuid, Tally> tallies = TallyOf(outcomes);
  std::map<Uuid, std::pair<TenantId, std::string>> to_disable;
  Outcomes late;
  {
    WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
    std::vector<Call> calls;
    if (!finished.empty()) {
      WINDROW_ASSIGN_OR_RETURN(Call finish, FinishCall(finished, &*lease));
      calls.push_back(std::move(finish));
    }
    if (!retried.empty()) calls.push_back(RetryCall(retried));
    std::optional<Call> count = CountCall(tallies);
    const bool counts = count.has_value();
    if (count) calls.push_back(*std::move(count));
    // Behind the count: rows of webhooks are locked before their gates.
    std::ranges::move(PromoteCalls(OrdersOf(outcomes)), std::back_inserter(calls));
    WINDROW_ASSIGN_OR_RETURN(std::vector<Result> results, lease->RunAll(calls));
    std::size_t next = 0;
    if (!finished.empty()) Append(NotIn(results[next++], finished), &late);
    if (!retried.empty()) Append(NotIn(results[next++], retried), &late);
    if (counts) {
      const Result& rows = results[next];
      for (int i = 0; i < rows.rows(); ++i) {
        to_disable[rows.Id(i, 0)] = {rows.Int4(i, 1), DisableReason(rows, i)};
      }
    }
    WINDROW_RETURN_IF_ERROR(RecordLate(&*lease, late));
  }
  for (const auto& [id, tally] : tallies) {
    if (tally.gone) to_disable[id] = {tally.tenant, "the endpoint answered 410 (gone)"};
  }
  DisableAll(to_disable);
  return static_cast<int>(late.size());
}

}  // namespace windrow::store::postgres
