#include "common/store/postgres/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/sql_status.h"

namespace windrow::store::postgres {

const Statement kBegin{"begin", "BEGIN"};
const Statement kCommit{"commit", "COMMIT"};
const Statement kRollback{"rollback", "ROLLBACK"};

namespace {

std::string ServerOptions(const ConnectOptions& options) {
  return fmt::format(
      "-c statement_timeout=30000 -c lock_timeout=10000 "
      "-c idle_in_transaction_session_timeout=30000 -c timezone=UTC -c jit=off "
      "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
      "-c enable_mergejoin=off -c synchronous_commit={}",
      options.synchronous_commit ? "on" : "off");
}

std::string FirstLine(const char* text) {
  std::string line(text == nullptr ? "" : text);
  return line.substr(0, line.find('\n'));
}

absl::Status ResultError(const PGresult* result, const char* statement) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return StatusFromSqlState(
      state == nullptr ? "" : state,
      primary == nullptr ? FirstLine(PQresultErrorMessage(result)) : primary, statement);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const ConnectOptions& options) {
  const std::string server_options = ServerOptions(options);
  const char* keys[] = {"dbname",           "connect_timeout",
                        "application_name", "options",
                        "keepalives_idle",  "keepalives_interval",
                        "keepalives_count", "tcp_user_timeout",
                        "client_encoding",  nullptr};
  const char* values[] = {options.url.c_str(),
                          "5",
                          options.application_name.c_str(),
                          server_options.c_str(),
                          "10",
                          "5",
                          "3",
                          "15000",
                          "UTF8",
                          nullptr};
  std::unique_ptr<Connection> connection(
      new Connection(PQconnectdbParams(keys, values, /*expand_dbname=*/1)));
  if (PQstatus(connection->connection_) != CONNECTION_OK) {
    return WithReason(absl::UnavailableError(fmt::format(
                          "database: cannot connect: {}",
                          FirstLine(PQerrorMessage(connection->connection_)))),
                      "DATABASE_UNAVAILABLE");
  }
  PQsetNoticeProcessor(
      connection->connection_, [](void*, const char*) {}, nullptr);
  return connection;
}

Connection::~Connection() { PQfinish(connection_); }

bool Connection::broken() const {
  return PQstatus(connection_) != CONNECTION_OK ||
         PQpipelineStatus(connection_) != PQ_PIPELINE_OFF;
}

absl::Status Connection::LastError(const char* statement) const {
  return StatusFromSqlState("", FirstLine(PQerrorMessage(connection_)), statement);
}

absl::StatusOr<Result> Connection::Run(const Statement& statement, const Params& params) {
  if (!prepared_.contains(&statement)) {
    Result made(PQprepare(connection_, statement.name, statement.sql, 0, nullptr));
    WINDROW_RETURN_IF_ERROR(Collect(statement.name, std::move(made)).status());
    prepared_.insert(&statement);
  }
  const Params::Pointers p = params.pointers();
  return Collect(
      statement.name,
      Result(PQexecPrepared(connection_, statement.name, params.size(), p.values.data(),
                            p.lengths.data(), p.formats.data(), /*resultFormat=*/1)));
}

absl::StatusOr<Result> Connection::RunText(const std::string& sql) {
  return Collect(
      "text", Result(PQexecParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr,
                                  nullptr, /*resultFormat=*/1)));
}

namespace {

// For the transaction alone, which is this round trip where none is open. Without
// sorting, what an index gives in the order of the list is read from it, and only as far
// as the list goes; however small the tables look, the rows read are bounded.
constexpr char kPlanForParameters[] =
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), "
    "set_config('enable_sort', 'off', true)";

}  // namespace

absl::StatusOr<Result> Connection::RunPlanned(const std::string& sql,
                                              const Params& params) {
  if (PQenterPipelineMode(connection_) != 1) return LastError("text");
  const Params::Pointers p = params.pointers();
  const bool sent =
      PQsendQueryParams(connection_, kPlanForParameters, 0, nullptr, nullptr, nullptr,
                        nullptr, /*resultFormat=*/1) == 1 &&
      PQsendQueryParams(connection_, sql.c_str(), params.size(), nullptr, p.values.data(),
                        p.lengths.data(), p.formats.data(), /*resultFormat=*/1) == 1 &&
      PQpipelineSync(connection_) == 1;
  if (!sent) return LastError("text");
  WINDROW_ASSIGN_OR_RETURN(std::vector<Result> results,
                           Receive({{"plan", false}, {"text", true}}));
  return std::move(results.front());
}

absl::Status Connection::RunScript(const std::string& sql) {
  return Collect("script", Result(PQexec(connection_, sql.c_str()))).status();
}

absl::StatusOr<Result> Connection::Collect(const char* statement, Result result) const {
  switch (PQresultStatus(result.raw())) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
      return result;
    default:
      break;
  }
  if (broken()) return LastError(statement);
  return ResultError(result.raw(), statement);
}

absl::StatusOr<std::vector<Result>> Connection::RunAll(std::span<const Call> calls) {
  if (PQenterPipelineMode(connection_) != 1) return LastError("pipeline");
  std::vector<const Statement*> preparing;
  std::vector<Expected> expected;
  bool sent = true;
  for (const Call& call : calls) {
    const Statement& s = *call.statement;
    const bool known =
        prepared_.contains(&s) ||
        std::find(preparing.begin(), preparing.end(), &s) != preparing.end();
    if (!known) {
      sent = sent && PQsendPrepare(connection_, s.name, s.sql, 0, nullptr) == 1;
      preparing.push_back(&s);
      expected.push_back({s.name, false, &s});
    }
    const Params::Pointers p = call.params.pointers();
    sent = sent && PQsendQueryPrepared(connection_, s.name, call.params.size(),
                                       p.values.data(), p.lengths.data(),
                                       p.formats.data(), /*resultFormat=*/1) == 1;
    expected.push_back({s.name, true});
  }
  sent = sent && PQpipelineSync(connection_) == 1;
  if (!sent) return LastError("pipeline");
  return Receive(expected);
}

absl::StatusOr<std::vector<Result>> Connection::Receive(
    const std::vector<Expected>& expected) {
  absl::Status error;
  std::vector<Result> results;
  for (const Expected& e : expected) {
    Result result(PQgetResult(connection_));
    if (result.raw() == nullptr) return LastError(e.name);
    const ExecStatusType status = PQresultStatus(result.raw());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      if (e.prepares != nullptr) prepared_.insert(e.prepares);
      if (e.wanted) results.push_back(std::move(result));
    } else if (error.ok() && status != PGRES_PIPELINE_ABORTED) {
      error = PQstatus(connection_) == CONNECTION_OK ? ResultError(result.raw(), e.name)
                                                     : LastError(e.name);
    }
    if (PQstatus(connection_) != CONNECTION_OK) {
      return error.ok() ? LastError(e.name) : error;
    }
    Result end(PQgetResult(connection_));  // the null after each result
  }
  Result sync(PQgetResult(connection_));
  if (PQresultStatus(sync.raw()) != PGRES_PIPELINE_SYNC ||
      PQexitPipelineMode(connection_) != 1) {
    return error.ok() ? LastError("pipeline") : error;
  }
  if (!error.ok()) return error;
  return results;
}

}  // namespace windrow::store::postgres
