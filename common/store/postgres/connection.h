// One connection to PostgreSQL. Statements are prepared on first use; several can go out
// in one round trip. docs/adr/0003 says why this is libpq and not libpqxx.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/store/postgres/database_errors.h"
#include "common/store/postgres/params.h"
#include "common/store/postgres/result.h"
#include "common/store/postgres/rows_param.h"
#include "common/store/postgres/statement.h"

struct pg_conn;

namespace windrow::store::postgres {

// What the server ends by itself; zero: nothing.
struct SessionTimeouts {
  absl::Duration statement = absl::Seconds(30);
  absl::Duration lock = absl::Seconds(10);
  absl::Duration idle_in_transaction = absl::Seconds(30);
};

struct ConnectOptions {
  // postgresql://…, or "host=… dbname=…". Several hosts: the one that takes writes,
  // unless it says otherwise (target_session_attrs).
  std::string url;
  // Off for the queue's connections: docs/adr/0004.
  bool synchronous_commit = true;
  std::string application_name = "windrow";
  SessionTimeouts timeouts;
  // Known to lead to a pooler in transaction mode, else that is found out.
  bool pooled = false;
  std::shared_ptr<DatabaseErrors> errors;  // null: not told
};

struct Call {
  const Statement* statement;
  Params params;
};

// Not thread-safe.
//
// Behind a pooler in transaction mode each transaction may run in another session of the
// server's. Nothing is kept in the session then: settings are made anew in each
// transaction, and statements are parsed each time (docs/adr/0012).
class Connection {
 public:
  // Sets timeouts (connect 5 s, a silent host 25 s, and those of `options`) and plans
  // that do not hang on statistics: the queue's tables are empty one moment and full the
  // next, so its statements are planned once, for their indexes.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One statement, in a transaction of its own where none is open.
  absl::StatusOr<Result> Run(const Statement& statement, const Params& params = {});
  // Several in one round trip, as one transaction where none is open. The first error
  // ends it: nothing after it is run, and its status is the answer. A COMMIT that the
  // server answers with a warning, or with ROLLBACK, is UNKNOWN: it may not be where it
  // was promised to be.
  absl::StatusOr<std::vector<Result>> RunAll(std::span<const Call> calls);
  // SQL made at run time.
  absl::StatusOr<Result> RunText(const std::string& sql);
  // Likewise, planned for these parameters: partitions that they leave out are not even
  // opened.
  absl::StatusOr<Result> RunPlanned(const std::string& sql, const Params& params);
  // Statements without parameters or results, several separated by semicolons. What is
  // set for sessions does not hold behind a pooler.
  absl::Status RunScript(const std::string& sql);

  // The OID of one of kRowTypes; all are asked for once.
  absl::StatusOr<std::uint32_t> TypeOf(const RowType& type);

  bool broken() const;
  // Whether the next transaction may use it: not where it is broken or one is open, nor
  // after an error that says that another connection may fare better.
  bool reusable() const;
  // Whether a pooler in transaction mode is between.
  bool pooled() const { return pooled_; }
  // What reusable() answers from now on.
  void SetUnusable() { leave_ = true; }
  pg_conn* raw() { return connection_; }

 private:
  // One result of a pipeline.
  struct Expected {
    const char* name;
    bool wanted;
    const Statement* prepares = nullptr;
  };

  Connection(pg_conn* connection, const ConnectOptions& options);
  static absl::StatusOr<std::unique_ptr<Connection>> Connect(
      const ConnectOptions& options, bool with_session_options);
  absl::Status FindPooler();

  // Of one statement outside of a pipeline, which was executed or only prepared.
  absl::StatusOr<Result> Finish(const char* statement, bool executed = true);
  absl::StatusOr<Result> RunPrepared(const Statement& statement, const Params& params);
  bool SendPrepared(std::span<const Call> calls, std::vector<Expected>* expected);
  bool SendParsed(std::span<const Call> calls, std::vector<Expected>* expected);
  bool SendSettings(std::vector<Expected>* expected);
  bool SendText(const char* sql, const Params& params);
  // Reads what was sent up to a sync: the wanted results, or the first error.
  absl::StatusOr<std::vector<Result>> Receive(const std::vector<Expected>& expected);
  // Until there is a result to get, at most as long as a statement may take: false then,
  // and the connection is given up.
  bool AwaitResult();
  absl::StatusOr<Result> Collect(const char* statement, Result result, bool executed);
  absl::Status ErrorOf(const Result& result, const char* statement);
  absl::Status LastError(const char* statement) const;
  void Note(ErrorKind kind, const absl::Status& status) const;

  pg_conn* connection_;
  const absl::Duration answer_timeout_;
  const std::string settings_;  // for one transaction
  const std::shared_ptr<DatabaseErrors> errors_;
  bool pooled_ = false;
  bool leave_ = false;
  bool gave_up_ = false;
  bool warned_ = false;  // by the server, during the last statement
  std::unordered_set<const Statement*> prepared_;
  std::unordered_map<std::string, std::uint32_t> types_;
};

// To be part of a round trip.
extern const Statement kBegin;
extern const Statement kCommit;
extern const Statement kRollback;

}  // namespace windrow::store::postgres
