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
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/transaction.h"

namespace windrow::store::postgres {
namespace {

using Outcomes = std::vector<const Outcome*>;

template <typename T, typename Get>
std::string ArrayLiteral(const std::vector<T>& values, Get get) {
  std::string out = "{";
  for (const T& value : values) {
    if (out.size() > 1) out += ',';
    fmt::format_to(std::back_inserter(out), "{}", get(value));
  }
  out += '}';
  return out;
}

// A text array's literal, every element quoted.
std::string TextArrayLiteral(const std::vector<std::string>& values) {
  std::string out = "{";
  for (const std::string& value : values) {
    if (out.size() > 1) out += ',';
    out += '"';
    for (char c : value) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  out += '}';
  return out;
}

bool AllEqual(const std::vector<std::string>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) ==
         values.end();
}

std::int32_t Micros(absl::Duration duration) {
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(absl::ToInt64Microseconds(duration), 0, INT32_MAX));
}

std::string Phases(const Attempt& a) {
  return fmt::format("{{{},{},{},{}}}", Micros(a.name_lookup), Micros(a.connect),
                     Micros(a.tls), Micros(a.first_byte));
}

// One line of text that PostgreSQL takes: no NUL, valid UTF-8 assumed otherwise.
std::string_view WithoutNul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

// The columns of an attempt, in the order in which all three statements list them.
class AttemptColumns {
 public:
  explicit AttemptColumns(std::size_t n)
      : started_ago_(ArrayParam::kInt8, n),
        duration_(ArrayParam::kInt4, n),
        phases_(ArrayParam::kText, n),
        remote_(ArrayParam::kText, n),
        status_(ArrayParam::kInt2, n),
        error_(ArrayParam::kInt2, n),
        detail_(ArrayParam::kText, n),
        request_bytes_(ArrayParam::kInt4, n),
        response_bytes_(ArrayParam::kInt8, n) {}

  void Add(const Outcome& o) {
    if (!o.attempt) return AddNone();
    const Attempt& a = *o.attempt;
    started_ago_.AddInt8(absl::ToInt64Microseconds(o.started_ago));
    duration_.AddInt4(Micros(a.duration));
    phases_.AddText(Phases(a));
    remote_.AddTextOrNull(WithoutNul(a.remote_address));
    status_.AddInt2(static_cast<std::int16_t>(a.status_code));
    error_.AddInt2(static_cast<std::int16_t>(a.error));
    detail_.AddTextOrNull(WithoutNul(a.error_detail));
    request_bytes_.AddInt4(static_cast<std::int32_t>(a.request_bytes));
    response_bytes_.AddInt8(a.response_bytes);
  }
  void MoveTo(Params* params) && {
    params->Array(std::move(started_ago_)).Array(std::move(duration_));
    params->Array(std::move(phases_)).Array(std::move(remote_));
    params->Array(std::move(status_)).Array(std::move(error_));
    params->Array(std::move(detail_)).Array(std::move(request_bytes_));
    params->Array(std::move(response_bytes_));
  }

 private:
  void AddNone() {
    for (ArrayParam* column : {&started_ago_, &duration_, &phases_, &remote_, &status_,
                               &error_, &detail_, &request_bytes_, &response_bytes_}) {
      column->AddNull();
    }
  }
  ArrayParam started_ago_, duration_, phases_, remote_, status_, error_, detail_,
      request_bytes_, response_bytes_;
};

Call FinishCall(const Outcomes& outcomes) {
  const std::size_t n = outcomes.size();
  ArrayParam ids(ArrayParam::kUuid, n), seqs(ArrayParam::kInt4, n),
      tenants(ArrayParam::kInt4, n), webhooks(ArrayParam::kUuid, n),
      versions(ArrayParam::kInt4, n), states(ArrayParam::kInt2, n),
      type(ArrayParam::kText, n), object(ArrayParam::kText, n),
      counts(ArrayParam::kInt4, n), escmsg_ids(ArrayParam::kText, n),
      notification_ids(ArrayParam::kText, n), types(ArrayParam::kText, n),
      objects(ArrayParam::kText, n), reasons(ArrayParam::kText, n),
      keep(ArrayParam::kBool, n), request_headers(ArrayParam::kText, n),
      request_bodies(ArrayParam::kBytea, n), response_headers(ArrayParam::kBytea, n),
      response_bodies(ArrayParam::kBytea, n);
  AttemptColumns columns(n);
  for (const Outcome* o : outcomes) {
    ids.AddUuid(o->window_id);
    seqs.AddInt4(o->lease_seq);
    tenants.AddInt4(o->tenant_id);
    webhooks.AddUuid(o->webhook_id);
    versions.AddInt4(o->webhook_version);
    states.AddInt2(static_cast<std::int16_t>(o->state));
    counts.AddInt4(static_cast<std::int32_t>(o->items.size()));
    escmsg_ids.AddText(
        ArrayLiteral(o->items, [](const ItemRef& i) { return i.escmsg_id; }));
    notification_ids.AddText(
        ArrayLiteral(o->items, [](const ItemRef& i) { return i.notification_id; }));
    if (!o->event_types.empty() && AllEqual(o->event_types)) {
      type.AddText(o->event_types.front());
      types.AddNull();
    } else {
      type.AddNull();
      types.AddText(TextArrayLiteral(o->event_types));
    }
    if (!o->object_ids.empty() && AllEqual(o->object_ids)) {
      object.AddText(o->object_ids.front());
      objects.AddNull();
    } else {
      object.AddNull();
      objects.AddText(TextArrayLiteral(o->object_ids));
    }
    reasons.AddTextOrNull(WithoutNul(o->reason));
    columns.Add(*o);
    const bool bodies = o->keep_bodies && o->attempt.has_value();
    keep.AddBool(bodies);
    request_headers.AddTextOrNull(bodies ? o->request_headers : "");
    request_bodies.AddText(bodies ? o->request_body : "");
    response_headers.AddTextOrNull(bodies ? o->attempt->response_headers : "");
    response_bodies.AddTextOrNull(bodies ? o->attempt->response_body : "");
  }
  Params params;
  params.Array(std::move(ids)).Array(std::move(seqs));
  params.Array(std::move(tenants)).Array(std::move(webhooks)).Array(std::move(versions));
  params.Array(std::move(states)).Array(std::move(type)).Array(std::move(object));
  params.Array(std::move(counts)).Array(std::move(escmsg_ids));
  params.Array(std::move(notification_ids)).Array(std::move(types));
  params.Array(std::move(objects)).Array(std::move(reasons));
  std::move(columns).MoveTo(&params);
  params.Array(std::move(keep)).Array(std::move(request_headers));
  params.Array(std::move(request_bodies)).Array(std::move(response_headers));
  params.Array(std::move(response_bodies));
  return {&kFinishWindows, std::move(params)};
}

// Response header and body of attempts, null for lightweight logs.
void MoveResponses(const Outcomes& outcomes, Params* params) {
  ArrayParam headers(ArrayParam::kBytea, outcomes.size()),
      bodies(ArrayParam::kBytea, outcomes.size());
  for (const Outcome* o : outcomes) {
    headers.AddTextOrNull(o->keep_bodies ? o->attempt->response_headers : "");
    bodies.AddTextOrNull(o->keep_bodies ? o->attempt->response_body : "");
  }
  params->Array(std::move(headers)).Array(std::move(bodies));
}

Call RetryCall(const Outcomes& outcomes) {
  const std::size_t n = outcomes.size();
  ArrayParam ids(ArrayParam::kUuid, n), seqs(ArrayParam::kInt4, n),
      tenants(ArrayParam::kInt4, n), webhooks(ArrayParam::kUuid, n),
      after(ArrayParam::kInt8, n);
  AttemptColumns columns(n);
  for (const Outcome* o : outcomes) {
    ids.AddUuid(o->window_id);
    seqs.AddInt4(o->lease_seq);
    tenants.AddInt4(o->tenant_id);
    webhooks.AddUuid(o->webhook_id);
    after.AddInt8(absl::ToInt64Microseconds(o->retry_after));
    columns.Add(*o);
  }
  Params params;
  params.Array(std::move(ids)).Array(std::move(seqs));
  params.Array(std::move(tenants)).Array(std::move(webhooks)).Array(std::move(after));
  std::move(columns).MoveTo(&params);
  MoveResponses(outcomes, &params);
  return {&kRetryWindows, std::move(params)};
}

Call LateCall(const Outcomes& outcomes) {
  const std::size_t n = outcomes.size();
  ArrayParam ids(ArrayParam::kUuid, n), seqs(ArrayParam::kInt4, n),
      tenants(ArrayParam::kInt4, n), attempts(ArrayParam::kInt2, n);
  AttemptColumns columns(n);
  for (const Outcome* o : outcomes) {
    ids.AddUuid(o->window_id);
    seqs.AddInt4(o->lease_seq);
    tenants.AddInt4(o->tenant_id);
    attempts.AddInt2(static_cast<std::int16_t>(o->attempt->attempt));
    columns.Add(*o);
  }
  Params params;
  params.Array(std::move(ids)).Array(std::move(seqs)).Array(std::move(tenants));
  params.Array(std::move(attempts));
  std::move(columns).MoveTo(&params);
  MoveResponses(outcomes, &params);
  return {&kInsertLateAttempts, std::move(params)};
}

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
  Outcomes finished, retried;
  for (const Outcome& o : outcomes) {
    (o.state == DeliveryState::kRetrying ? retried : finished).push_back(&o);
  }
  const std::map<Uuid, Tally> tallies = TallyOf(outcomes);
  std::vector<Call> calls;
  if (!finished.empty()) calls.push_back(FinishCall(finished));
  if (!retried.empty()) calls.push_back(RetryCall(retried));
  if (calls.empty()) return 0;
  std::optional<Call> count = CountCall(tallies);
  const bool counts = count.has_value();
  if (count) calls.push_back(*std::move(count));
  // Behind the count: rows of webhooks are locked before their gates.
  std::ranges::move(PromoteCalls(OrdersOf(outcomes)), std::back_inserter(calls));
  std::map<Uuid, std::pair<TenantId, std::string>> to_disable;
  Outcomes late;
  {
    WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
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
