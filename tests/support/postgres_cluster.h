// A throw-away PostgreSQL for one run of a test program, and fresh databases in it.
//
// The server listens on a Unix socket in a temporary folder only, and runs as the user
// `postgres` where the test was started as root. It is started by the first use, and
// stopped and removed however the program ends (postgres_supervisor.sh).
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/status.h"

namespace windrow::testing {

// Thread-safe.
class PostgresCluster {
 public:
  // The one of this program. The status of the first start is kept.
  static absl::StatusOr<PostgresCluster*> Shared();
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  // Is removed with the server: a place for what else the tests leave.
  const std::string& folder() const { return folder_; }
  // "postgresql:///<database>?host=<folder>&user=postgres"
  std::string UrlOf(const std::string& database) const;
  // Crashes the server as a power cut would, and starts it again.
  absl::Status CrashAndRestart();
  // Signals the server itself (SIGSTOP, SIGCONT, …).
  absl::Status Signal(int signal);

 private:
  PostgresCluster() = default;
  static absl::StatusOr<std::unique_ptr<PostgresCluster>> Start();
  absl::Status MakeFolder();
  absl::Status SpawnSupervisor();
  absl::Status AwaitReady();
  absl::Status PgCtl(const std::vector<std::string>& args);

  std::string folder_;
  int supervisor_ = 0;   // its process id
  int keep_alive_ = -1;  // the supervisor lives until this is closed
  int answers_ = -1;
};

// A database of its own for one test; dropped at the end. Thread-safe to make, else used
// by one thread.
class TestDatabase {
 public:
  using Migrate = std::function<absl::Status(const std::string& url)>;

  // An empty one.
  static absl::StatusOr<std::unique_ptr<TestDatabase>> CreateEmpty();
  // A copy of a template, which the program's first call makes with `migrate`.
  static absl::StatusOr<std::unique_ptr<TestDatabase>> Create(const Migrate& migrate);
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& url() const { return url_; }
  using Rows = std::vector<std::vector<std::string>>;
  // Runs a statement over a connection of its own; NULL reads as an empty text.
  absl::StatusOr<Rows> Query(const std::string& sql) const;

 private:
  explicit TestDatabase(std::string name, std::string url);
  static absl::StatusOr<std::unique_ptr<TestDatabase>> CopyOf(const std::string& source);

  std::string name_;
  std::string url_;
};

// Runs one statement on the database at `url`.
absl::StatusOr<TestDatabase::Rows> QueryDatabase(const std::string& url,
                                                 const std::string& sql);

}  // namespace windrow::testing
