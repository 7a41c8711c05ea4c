#include "common/store/postgres/outcome_calls.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/rows_param.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

bool Agree(const std::vector<std::string>& values) {
  return !values.empty() && std::adjacent_find(values.begin(), values.end(),
                                               std::not_equal_to<>()) == values.end();
}

std::int32_t Micros(absl::Duration duration) {
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(absl::ToInt64Microseconds(duration), 0, INT32_MAX));
}

// Name lookup, connect, TLS, first byte.
std::array<std::int32_t, 4> Phases(const Attempt& a) {
  return {Micros(a.name_lookup), Micros(a.connect), Micros(a.tls), Micros(a.first_byte)};
}

// One line of text that PostgreSQL takes: no NUL, valid UTF-8 assumed otherwise.
std::string_view WithoutNul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

// The columns of an attempt, in the order in which both statements list them. Each
// outcome has one.
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
    const Attempt& a = *o.attempt;
    started_ago_.AddInt8(absl::ToInt64Microseconds(o.started_ago));
    duration_.AddInt4(Micros(a.duration));
    phases_.AddText(fmt::format("{{{}}}", fmt::join(Phases(a), ",")));
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
  ArrayParam started_ago_, duration_, phases_, remote_, status_, error_, detail_,
      request_bytes_, response_bytes_;
};

// What all items agree on; null where they do not.
void AddShared(const std::vector<std::string>& values, bool agree, RowsParam* rows) {
  agree ? rows->AddText(values.front()) : rows->AddNull(ArrayParam::kText);
}
// Each item's own; null where they agree.
void AddEach(const std::vector<std::string>& values, bool agree, RowsParam* rows) {
  agree ? rows->AddNullArray(ArrayParam::kText) : rows->AddTextArray(values);
}

// The fields from started_ago_us on.
void AddAttempt(const Outcome& o, RowsParam* rows) {
  const Attempt& a = *o.attempt;
  rows->AddInt8(absl::ToInt64Microseconds(o.started_ago));
  rows->AddInt4(Micros(a.duration));
  rows->AddInt4Array(Phases(a), std::identity());
  rows->AddTextOrNull(WithoutNul(a.remote_address));
  rows->AddInt2(static_cast<std::int16_t>(a.status_code));
  rows->AddInt2(static_cast<std::int16_t>(a.error));
  rows->AddTextOrNull(WithoutNul(a.error_detail));
  rows->AddInt4(static_cast<std::int32_t>(a.request_bytes));
  rows->AddInt8(a.response_bytes);
}

void AddNoAttempt(RowsParam* rows) {
  rows->AddNull(ArrayParam::kInt8);
  rows->AddNull(ArrayParam::kInt4);
  rows->AddNullArray(ArrayParam::kInt4);
  rows->AddNull(ArrayParam::kText);
  rows->AddNull(ArrayParam::kInt2);
  rows->AddNull(ArrayParam::kInt2);
  rows->AddNull(ArrayParam::kText);
  rows->AddNull(ArrayParam::kInt4);
  rows->AddNull(ArrayParam::kInt8);
}

// The fields of kRecordRow.
void AddRecord(const Outcome& o, RowsParam* rows) {
  const bool one_type = Agree(o.event_types);
  const bool one_object = Agree(o.object_ids);
  rows->NextRow();
  rows->AddInt4(o.tenant_id);
  rows->AddUuid(o.window_id);
  rows->AddUuid(o.webhook_id);
  rows->AddInt4(o.webhook_version);
  rows->AddInt2(static_cast<std::int16_t>(o.state));
  AddShared(o.event_types, one_type, rows);
  AddShared(o.object_ids, one_object, rows);
  rows->AddInt4(static_cast<std::int32_t>(o.items.size()));
  rows->AddInt8Array(o.items, [](const ItemRef& i) { return i.escmsg_id; });
  rows->AddInt4Array(o.items, [](const ItemRef& i) { return i.notification_id; });
  AddEach(o.event_types, one_type, rows);
  AddEach(o.object_ids, one_object, rows);
  rows->AddTextOrNull(WithoutNul(o.reason));
  rows->AddInt4(o.lease_seq);
  if (o.attempt) {
    AddAttempt(o, rows);
  } else {
    AddNoAttempt(rows);
  }
}

// The fields of kBodiesRow.
void AddBodies(const Outcome& o, RowsParam* rows) {
  rows->NextRow();
  rows->AddInt4(o.tenant_id);
  rows->AddUuid(o.window_id);
  rows->AddTextOrNull(o.request_headers);
  rows->AddBytea(o.request_body);
  rows->AddByteaOrNull(o.attempt->response_headers);
  rows->AddByteaOrNull(o.attempt->response_body);
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

}  // namespace

absl::StatusOr<Call> FinishCall(const Outcomes& outcomes, Connection* connection) {
  WINDROW_ASSIGN_OR_RETURN(const std::uint32_t record, connection->TypeOf(kRecordRow));
  WINDROW_ASSIGN_OR_RETURN(const std::uint32_t body, connection->TypeOf(kBodiesRow));
  const std::size_t n = outcomes.size();
  ArrayParam ids(ArrayParam::kUuid, n), seqs(ArrayParam::kInt4, n),
      tenants(ArrayParam::kInt4, n);
  RowsParam records(kRecordRow, record), bodies(kBodiesRow, body);
  for (const Outcome* o : outcomes) {
    ids.AddUuid(o->window_id);
    seqs.AddInt4(o->lease_seq);
    tenants.AddInt4(o->tenant_id);
    AddRecord(*o, &records);
    if (o->keep_bodies && o->attempt) AddBodies(*o, &bodies);
  }
  Params params;
  params.Array(std::move(ids)).Array(std::move(seqs)).Array(std::move(tenants));
  params.Rows(std::move(records)).Rows(std::move(bodies));
  return Call{&kFinishWindows, std::move(params)};
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

}  // namespace windrow::store::postgres
