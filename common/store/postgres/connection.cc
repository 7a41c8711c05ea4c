#include "common/store/postgres/connection.h"

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/sql_status.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {

const Statement kBegin{"begin", "BEGIN"};
const Statement kCommit{"commit", "COMMIT"};
const Statement kRollback{"rollback", "ROLLBACK"};

namespace {

std::string FirstLine(const char* text) {
  std::string line(text == nullptr ? "" : text);
  return line.substr(0, line.find('\n'));
}

const char* SqlStateOf(const Result& result) {
  const char* state = PQresultErrorField(result.raw(), PG_DIAG_SQLSTATE);
  return state == nullptr ? "" : state;
}

// For the transaction alone, which is this round trip where none is open. Without
// sorting, what an index gives in the order of the list is read from it, and only as far
// as the list goes; however small the tables look, the rows read are bounded.
constexpr char kPlanForParameters[] =
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), "
    "set_config('enable_sort', 'off', true), "
    "set_config('enable_bitmapscan', 'on', true), "
    "set_config('enable_memoize', 'off', true)";

}  // namespace

Connection::~Connection() { PQfinish(connection_); }

bool Connection::broken() const {
  return gave_up_ || PQstatus(connection_) != CONNECTION_OK ||
         PQpipelineStatus(connection_) != PQ_PIPELINE_OFF;
}

bool Connection::reusable() const {
  return !leave_ && !broken() && PQtransactionStatus(connection_) == PQTRANS_IDLE;
}

void Connection::Note(ErrorKind kind, const absl::Status& status) const {
  if (errors_ != nullptr) errors_->Note(kind, status);
}

absl::Status Connection::LastError(const char* statement) const {
  const std::string text =
      gave_up_ ? fmt::format("no answer in {} s", absl::ToInt64Seconds(answer_timeout_))
               : FirstLine(PQerrorMessage(connection_));
  const absl::Status status = StatusFromSqlState("", text, statement);
  Note(ErrorKind::kConnectionLost, status);
  return status;
}

absl::Status Connection::ErrorOf(const Result& result, const char* statement) {
  const char* state = SqlStateOf(result);
  if (*state == '\0') return LastError(statement);
  leave_ |= SaysLeave(state);
  const char* primary = PQresultErrorField(result.raw(), PG_DIAG_MESSAGE_PRIMARY);
  const absl::Status status = StatusFromSqlState(
      state, primary == nullptr ? FirstLine(PQresultErrorMessage(result.raw())) : primary,
      statement);
  Note(KindOf(state), status);
  return status;
}

bool Connection::AwaitResult() {
  const absl::Time until = absl::Now() + answer_timeout_;
  while (PQisBusy(connection_) == 1) {
    const absl::Duration left = until - absl::Now();
    pollfd fd = {PQsocket(connection_), POLLIN, 0};
    const auto most = static_cast<int>(
        std::clamp<std::int64_t>(absl::ToInt64Milliseconds(left), 0, 1'000'000));
    const int ready = poll(&fd, 1, most);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0 && left <= absl::ZeroDuration()) {
      gave_up_ = true;
      return false;
    }
    // What is wrong is told by the result.
    if (ready != 0 && PQconsumeInput(connection_) != 1) return true;
  }
  return true;
}

absl::StatusOr<Result> Connection::Collect(const char* statement, Result result,
                                           bool executed) {
  switch (PQresultStatus(result.raw())) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
      break;
    default:
      return result.raw() == nullptr ? LastError(statement) : ErrorOf(result, statement);
  }
  if (executed && statement == kCommit.name &&
      (warned_ || std::string_view(PQcmdStatus(result.raw())) != "COMMIT")) {
    return WithReason(absl::UnknownError("the database could not confirm the commit"),
                      "COMMIT_OUTCOME_UNKNOWN");
  }
  return result;
}

absl::StatusOr<Result> Connection::Finish(const char* statement, bool executed) {
  Result kept;
  while (true) {
    if (!AwaitResult()) return LastError(statement);
    Result next(PQgetResult(connection_));
    if (next.raw() == nullptr) break;
    if (PQresultStatus(kept.raw()) != PGRES_FATAL_ERROR || kept.raw() == nullptr) {
      kept = std::move(next);
    }
  }
  return Collect(statement, std::move(kept), executed);
}

absl::StatusOr<Result> Connection::RunPrepared(const Statement& statement,
                                               const Params& params) {
  warned_ = false;
  if (!prepared_.contains(&statement)) {
    if (PQsendPrepare(connection_, statement.name, statement.sql, 0, nullptr) != 1) {
      return LastError(statement.name);
    }
    WINDROW_RETURN_IF_ERROR(Finish(statement.name, /*executed=*/false).status());
    prepared_.insert(&statement);
  }
  const Params::Pointers p = params.pointers();
  if (PQsendQueryPrepared(connection_, statement.name, params.size(), p.values.data(),
                          p.lengths.data(), p.formats.data(), /*resultFormat=*/1) != 1) {
    return LastError(statement.name);
  }
  return Finish(statement.name);
}

absl::StatusOr<Result> Connection::Run(const Statement& statement, const Params& params) {
  if (!pooled_) return RunPrepared(statement, params);
  const Call call{&statement, params};
  WINDROW_ASSIGN_OR_RETURN(std::vector<Result> results, RunAll({&call, 1}));
  return std::move(results.front());
}

bool Connection::SendText(const char* sql, const Params& params) {
  const Params::Pointers p = params.pointers();
  return PQsendQueryParams(connection_, sql, params.size(), nullptr, p.values.data(),
                           p.lengths.data(), p.formats.data(), /*resultFormat=*/1) == 1;
}

bool Connection::SendSettings(std::vector<Expected>* expected) {
  expected->push_back({"settings", false});
  return SendText(settings_.c_str(), {});
}

absl::StatusOr<Result> Connection::RunText(const std::string& sql) {
  const Statement text{"text", sql.c_str()};
  if (pooled_) return Run(text);
  warned_ = false;
  if (!SendText(sql.c_str(), {})) return LastError("text");
  return Finish("text");
}

absl::StatusOr<Result> Connection::RunPlanned(const std::string& sql,
                                              const Params& params) {
  const bool settle = pooled_ && PQtransactionStatus(connection_) == PQTRANS_IDLE;
  if (PQenterPipelineMode(connection_) != 1) return LastError("text");
  std::vector<Expected> expected;
  const bool settled = !settle || SendSettings(&expected);
  expected.push_back({"plan", false});
  expected.push_back({"text", true});
  const bool sent = settled && SendText(kPlanForParameters, {}) &&
                    SendText(sql.c_str(), params) && PQpipelineSync(connection_) == 1;
  if (!sent) return LastError("text");
  WINDROW_ASSIGN_OR_RETURN(std::vector<Result> results, Receive(expected));
  return std::move(results.front());
}

absl::Status Connection::RunScript(const std::string& sql) {
  warned_ = false;
  if (PQsendQuery(connection_, sql.c_str()) != 1) return LastError("script");
  return Finish("script").status();
}

absl::StatusOr<std::uint32_t> Connection::TypeOf(const RowType& type) {
  if (types_.empty()) {
    ArrayParam names(ArrayParam::kText);
    for (const RowType* each : kRowTypes) names.AddText(each->name);
    WINDROW_ASSIGN_OR_RETURN(
        const Result rows, Run(kFindTypes, std::move(Params().Array(std::move(names)))));
    for (int i = 0; i < rows.rows(); ++i) {
      types_[std::string(rows.Text(i, 0))] = static_cast<std::uint32_t>(rows.Int8(i, 1));
    }
  }
  const auto found = types_.find(type.name);
  if (found != types_.end()) return found->second;
  return absl::InternalError(fmt::format("no type {} is known", type.name));
}

bool Connection::SendPrepared(std::span<const Call> calls,
                              std::vector<Expected>* expected) {
  std::vector<const Statement*> preparing;
  bool sent = true;
  for (const Call& call : calls) {
    const Statement& s = *call.statement;
    const bool known =
        prepared_.contains(&s) ||
        std::find(preparing.begin(), preparing.end(), &s) != preparing.end();
    if (!known) {
      sent = sent && PQsendPrepare(connection_, s.name, s.sql, 0, nullptr) == 1;
      preparing.push_back(&s);
      expected->push_back({s.name, false, &s});
    }
    const Params::Pointers p = call.params.pointers();
    sent = sent && PQsendQueryPrepared(connection_, s.name, call.params.size(),
                                       p.values.data(), p.lengths.data(),
                                       p.formats.data(), /*resultFormat=*/1) == 1;
    expected->push_back({s.name, true});
  }
  return sent;
}

// The settings are the first thing in a transaction.
bool Connection::SendParsed(std::span<const Call> calls,
                            std::vector<Expected>* expected) {
  bool settle = PQtransactionStatus(connection_) == PQTRANS_IDLE;
  bool sent = true;
  for (const Call& call : calls) {
    const bool begins = call.statement == &kBegin;
    if (settle && !begins) {
      sent = sent && SendSettings(expected);
      settle = false;
    }
    sent = sent && SendText(call.statement->sql, call.params);
    expected->push_back({call.statement->name, true});
    if (settle) sent = sent && SendSettings(expected);
    settle = false;
  }
  return sent;
}

absl::StatusOr<std::vector<Result>> Connection::RunAll(std::span<const Call> calls) {
  std::vector<Expected> expected;
  if (PQenterPipelineMode(connection_) != 1) return LastError("pipeline");
  const bool sent =
      pooled_ ? SendParsed(calls, &expected) : SendPrepared(calls, &expected);
  if (!sent || PQpipelineSync(connection_) != 1) return LastError("pipeline");
  return Receive(expected);
}

absl::StatusOr<std::vector<Result>> Connection::Receive(
    const std::vector<Expected>& expected) {
  absl::Status error;
  std::vector<Result> results;
  for (const Expected& e : expected) {
    warned_ = false;
    if (!AwaitResult()) return LastError(e.name);
    Result result(PQgetResult(connection_));
    if (result.raw() == nullptr) return error.ok() ? LastError(e.name) : error;
    const ExecStatusType status = PQresultStatus(result.raw());
    if (status != PGRES_PIPELINE_ABORTED && error.ok()) {
      absl::StatusOr<Result> collected = Collect(e.name, std::move(result), e.wanted);
      if (!collected.ok()) {
        error = collected.status();
      } else {
        if (e.prepares != nullptr) prepared_.insert(e.prepares);
        if (e.wanted) results.push_back(*std::move(collected));
      }
    }
    if (PQstatus(connection_) != CONNECTION_OK) {
      return error.ok() ? LastError(e.name) : error;
    }
    Result end(PQgetResult(connection_));  // the null after each result
  }
  if (!AwaitResult()) return error.ok() ? LastError("pipeline") : error;
  Result sync(PQgetResult(connection_));
  if (PQresultStatus(sync.raw()) != PGRES_PIPELINE_SYNC ||
      PQexitPipelineMode(connection_) != 1) {
    return error.ok() ? LastError("pipeline") : error;
  }
  if (!error.ok()) return error;
  return results;
}

}  // namespace windrow::store::postgres
