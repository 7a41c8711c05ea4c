#include "cli/operator_database.h"

#include <CLI/CLI.hpp>

#include "common/base/status.h"
#include "common/store/postgres/access.h"

namespace windrow::cli {

void AddDatabaseUrl(CLI::App* app, std::string* url) {
  app->add_option("--database-url", *url,
                  "PostgreSQL, as for `windrow migrate`: do it there, as the operator")
      ->envname("WINDROW_DATABASE_URL")
      ->type_name("URL");
}

absl::StatusOr<std::unique_ptr<store::AccessStore>> OpenAccess(const std::string& url) {
  if (url.empty()) {
    return absl::InvalidArgumentError(
        "this is the operator's to do, with access to the database: give "
        "--database-url, or WINDROW_DATABASE_URL");
  }
  WINDROW_ASSIGN_OR_RETURN(auto access,
                           store::postgres::PostgresAccess::Open(url, "windrow-cli"));
  return access;
}

}  // namespace windrow::cli
