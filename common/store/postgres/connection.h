// One connection to PostgreSQL. Statements are prepared on first use; several can go out
// in one round trip. docs/adr/0003 says why this is libpq and not libpqxx.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/store/postgres/params.h"
#include "common/store/postgres/result.h"
#include "common/store/postgres/statement.h"

struct pg_conn;

namespace windrow::store::postgres {

struct ConnectOptions {
  std::string url;  // postgresql://…, or "host=… dbname=…"
  // Off for the queue's connections: docs/adr/0004.
  bool synchronous_commit = true;
  std::string application_name = "windrow";
};

struct Call {
  const Statement* statement;
  Params params;
};

// Not thread-safe.
class Connection {
 public:
  // Sets timeouts (connect 5 s, statement 30 s, lock 10 s, idle in transaction 30 s) and
  // plans that do not hang on statistics: the queue's tables are empty one moment and
  // full the next, so its statements are planned once, for their indexes.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One statement, in a transaction of its own where none is open.
  absl::StatusOr<Result> Run(const Statement& statement, const Params& params = {});
  // Several in one round trip, as one transaction where none is open. The first error
  // ends it: nothing after it is run, and its status is the answer.
  absl::StatusOr<std::vector<Result>> RunAll(std::span<const Call> calls);
  // SQL made at run time.
  absl::StatusOr<Result> RunText(const std::string& sql);
  // Likewise, planned for these parameters: partitions that they leave out are not even
  // opened.
  absl::StatusOr<Result> RunPlanned(const std::string& sql, const Params& params);
  // Statements without parameters or results, several separated by semicolons.
  absl::Status RunScript(const std::string& sql);

  bool broken() const;
  pg_conn* raw() { return connection_; }

 private:
  // One result of a pipeline.
  struct Expected {
    const char* name;
    bool wanted;
    const Statement* prepares = nullptr;
  };

  explicit Connection(pg_conn* connection) : connection_(connection) {}
  absl::Status LastError(const char* statement) const;
  absl::StatusOr<Result> Collect(const char* statement, Result result) const;
  // Reads what was sent up to a sync: the wanted results, or the first error.
  absl::StatusOr<std::vector<Result>> Receive(const std::vector<Expected>& expected);
  pg_conn* connection_;
  std::unordered_set<const Statement*> prepared_;
};

// To be part of a round trip.
extern const Statement kBegin;
extern const Statement kCommit;
extern const Statement kRollback;

}  // namespace windrow::store::postgres
