#include <fmt/format.h>
#include <libpq-fe.h>

#include <utility>

#include "tests/support/postgres_cluster.h"

namespace windrow::testing {
namespace {

constexpr char kAdminDatabase[] = "postgres";
constexpr char kTemplate[] = "windrow_template";

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};

absl::Status MakeTemplate(PostgresCluster& cluster,
                          const TestDatabase::Migrate& migrate) {
  WINDROW_RETURN_IF_ERROR(QueryDatabase(cluster.UrlOf(kAdminDatabase),
                                        fmt::format("CREATE DATABASE {}", kTemplate))
                              .status());
  return migrate(cluster.UrlOf(kTemplate));
}

}  // namespace

absl::StatusOr<TestDatabase::Rows> QueryDatabase(const std::string& url,
                                                 const std::string& sql) {
  const std::unique_ptr<PGconn, CloseConnection> connection(PQconnectdb(url.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return absl::UnavailableError(PQerrorMessage(connection.get()));
  }
  const std::unique_ptr<PGresult, ClearResult> result(
      PQexec(connection.get(), sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    return absl::InternalError(PQresultErrorMessage(result.get()));
  }
  TestDatabase::Rows rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const int r = static_cast<int>(row);
      rows[row].emplace_back(
          PQgetvalue(result.get(), r, column),
          static_cast<std::size_t>(PQgetlength(result.get(), r, column)));
    }
  }
  return rows;
}

TestDatabase::TestDatabase(std::string name, std::string url)
    : name_(std::move(name)), url_(std::move(url)) {}

TestDatabase::~TestDatabase() {
  const absl::StatusOr<PostgresCluster*> cluster = PostgresCluster::Shared();
  if (!cluster.ok()) return;
  // Best effort: the whole cluster is removed in the end.
  QueryDatabase((*cluster)->UrlOf(kAdminDatabase),
                fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", name_))
      .IgnoreError();
}

absl::StatusOr<std::unique_ptr<TestDatabase>> TestDatabase::CopyOf(
    const std::string& source) {
  // CREATE DATABASE refuses a template that another connection uses: one at a time.
  static std::mutex one_at_a_time;
  static int last = 0;
  std::lock_guard lock(one_at_a_time);
  WINDROW_ASSIGN_OR_RETURN(PostgresCluster* const cluster, PostgresCluster::Shared());
  const std::string name = fmt::format("test_{}", ++last);
  WINDROW_RETURN_IF_ERROR(
      QueryDatabase(cluster->UrlOf(kAdminDatabase),
                    fmt::format("CREATE DATABASE {} TEMPLATE {}", name, source))
          .status());
  return std::unique_ptr<TestDatabase>(new TestDatabase(name, cluster->UrlOf(name)));
}

absl::StatusOr<std::unique_ptr<TestDatabase>> TestDatabase::CreateEmpty() {
  return CopyOf("template0");
}

absl::StatusOr<std::unique_ptr<TestDatabase>> TestDatabase::Create(
    const Migrate& migrate) {
  WINDROW_ASSIGN_OR_RETURN(PostgresCluster* const cluster, PostgresCluster::Shared());
  static const absl::Status made = MakeTemplate(*cluster, migrate);
  WINDROW_RETURN_IF_ERROR(made);
  return CopyOf(kTemplate);
}

absl::StatusOr<TestDatabase::Rows> TestDatabase::Query(const std::string& sql) const {
  return QueryDatabase(url_, sql);
}

}  // namespace windrow::testing
