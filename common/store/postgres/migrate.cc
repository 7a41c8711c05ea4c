#include "common/store/postgres/migrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "common/base/status.h"
#include "common/store/postgres/migrations.h"
#include "common/store/postgres/sql_status.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

// FNV-1a, 64 bits: tells an edited migration from the one that was applied.
std::int64_t Checksum(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ull;
  for (unsigned char c : text) hash = (hash ^ c) * 1'099'511'628'211ull;
  return static_cast<std::int64_t>(hash);
}

absl::Status Mismatch(std::string text) {
  return WithReason(absl::FailedPreconditionError(std::move(text)), "SCHEMA_MISMATCH");
}

int NewestVersion() { return std::rbegin(kMigrations)->version; }

// Version → checksum of what is applied; empty where the table is not there yet.
absl::StatusOr<std::map<int, std::int64_t>> ReadApplied(Connection* connection) {
  WINDROW_ASSIGN_OR_RETURN(
      Result exists,
      connection->RunText("SELECT to_regclass('schema_migrations') IS NOT NULL"));
  std::map<int, std::int64_t> applied;
  if (!exists.Bool(0, 0)) return applied;
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      connection->RunText("SELECT version, checksum FROM schema_migrations"));
  for (int i = 0; i < rows.rows(); ++i) applied[rows.Int4(i, 0)] = rows.Int8(i, 1);
  return applied;
}

absl::Status CheckNotNewer(const std::map<int, std::int64_t>& applied) {
  if (!applied.empty() && applied.rbegin()->first > NewestVersion()) {
    return Mismatch(fmt::format(
        "the database's schema is version {}, newer than the {} of this build: start the "
        "newer release instead",
        applied.rbegin()->first, NewestVersion()));
  }
  return absl::OkStatus();
}

absl::Status Apply(Connection* connection, const Migration& migration) {
  std::string script = fmt::format(
      "BEGIN;\n{};\nINSERT INTO schema_migrations (version, name, checksum) VALUES "
      "({}, '{}', {});\nCOMMIT;",
      migration.sql, migration.version, migration.name, Checksum(migration.sql));
  absl::Status status = connection->RunScript(script);
  if (status.ok()) return status;
  (void)connection->RunScript("ROLLBACK");
  return absl::Status(status.code(),
                      fmt::format("migration V{:04} {}: {}", migration.version,
                                  migration.name, std::string(status.message())));
}

}  // namespace

absl::Status Migrate(const std::string& url, std::vector<std::string>* applied_lines) {
  WINDROW_ASSIGN_OR_RETURN(
      std::unique_ptr<Connection> connection,
      Connection::Open(
          {.url = url,
           .application_name = "windrow migrate",
           .timeouts = {.statement = absl::ZeroDuration(), .lock = absl::Minutes(1)}}));
  if (connection->pooled()) {
    return absl::FailedPreconditionError(
        "this leads to a pooler in transaction mode, which cannot hold the lock of a "
        "migration: give the database's own address (database_direct_url)");
  }
  // Held until the connection closes.
  WINDROW_RETURN_IF_ERROR(connection->RunScript(
      "SELECT pg_advisory_lock(7471, 0); "
      "CREATE TABLE IF NOT EXISTS schema_migrations (version int4 PRIMARY KEY, "
      "name text NOT NULL, checksum int8 NOT NULL, "
      "applied_at timestamptz NOT NULL DEFAULT now())"));
  WINDROW_ASSIGN_OR_RETURN(auto applied, ReadApplied(connection.get()));
  WINDROW_RETURN_IF_ERROR(CheckNotNewer(applied));
  for (const Migration& migration : kMigrations) {
    const auto found = applied.find(migration.version);
    if (found == applied.end()) {
      WINDROW_RETURN_IF_ERROR(Apply(connection.get(), migration));
      applied_lines->push_back(
          fmt::format("V{:04} {}", migration.version, migration.name));
    } else if (found->second != Checksum(migration.sql)) {
      return Mismatch(fmt::format(
          "migration V{:04} {} was applied with other contents than this build has",
          migration.version, migration.name));
    }
  }
  return connection->Run(kMakePartitions, Params().Int4(7)).status();
}

absl::Status CheckSchema(Connection* connection) {
  WINDROW_ASSIGN_OR_RETURN(auto applied, ReadApplied(connection));
  WINDROW_RETURN_IF_ERROR(CheckNotNewer(applied));
  const int current = applied.empty() ? 0 : applied.rbegin()->first;
  if (current < NewestVersion()) {
    return Mismatch(fmt::format(
        "the database's schema is version {}, this build needs {}: run `windrow migrate`",
        current, NewestVersion()));
  }
  return absl::OkStatus();
}

absl::Status CheckTakesWrites(Connection* connection) {
  WINDROW_ASSIGN_OR_RETURN(const Result rows, connection->Run(kTakesWrites));
  if (rows.Bool(0, 0)) return absl::OkStatus();
  connection->SetUnusable();
  return StatusFromSqlState("25006", "it takes no writes", kTakesWrites.name);
}

}  // namespace windrow::store::postgres
