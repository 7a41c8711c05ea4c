// `windrow migrate`: brings the database's schema to what this build serves.
#include "common/store/postgres/migrate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/commands.h"
#include "common/base/config.h"
#include "common/base/status.h"
#include "common/store/postgres/grants.h"

namespace windrow::cli {
namespace {

struct MigrateFlags {
  std::string url;
  std::string config_file;
  store::postgres::ProgramRoles roles;
};

absl::Status MigrateAndGrant(const std::string& url,
                             const store::postgres::ProgramRoles& roles,
                             std::vector<std::string>* applied) {
  WINDROW_RETURN_IF_ERROR(store::postgres::Migrate(url, applied));
  return store::postgres::GrantRights(url, roles);
}

int Migrate(const Session& session, const MigrateFlags& flags) {
  ConfigSources sources = ProcessSources(0, nullptr);
  // Over a database_direct_url of the environment's too.
  if (!flags.url.empty()) sources.args.push_back("--database-direct-url=" + flags.url);
  if (!flags.config_file.empty()) sources.args.push_back("--config=" + flags.config_file);
  const absl::StatusOr<std::string> url = LoadDatabaseUrl(sources);
  if (!url.ok()) {
    session.err << "windrow: " << ConfigErrorText(url.status());
    return kUsage;
  }
  std::vector<std::string> applied;
  const absl::Status status = MigrateAndGrant(*url, flags.roles, &applied);
  for (const std::string& line : applied) session.out << line << '\n';
  if (!status.ok()) {
    session.err << fmt::format("windrow: cannot migrate: {}\n",
                               std::string(status.message()));
    return absl::IsUnavailable(status) ? kUnavailable : kFailed;
  }
  if (applied.empty()) session.err << "The schema is up to date.\n";
  return kOk;
}

}  // namespace

void AddMigrate(CLI::App* app, Session* session) {
  CLI::App* migrate = app->add_subcommand(
      "migrate", "Bring the database's schema to this version; prints what was applied");
  auto flags = std::make_shared<MigrateFlags>();
  migrate->add_option("--database-url", flags->url,
                      "PostgreSQL, without a pooler; else WINDROW_DATABASE_DIRECT_URL, "
                      "WINDROW_DATABASE_URL, or what the file has");
  migrate->add_option("--config", flags->config_file,
                      "the YAML file; else WINDROW_CONFIG");
  migrate->add_option(
      "--server-role", flags->roles.server,
      "a role that exists, for windrow-server: gets the rights it needs on "
      "Windrow's tables, and loses all others there");
  migrate->add_option("--worker-role", flags->roles.worker,
                      "likewise, for windrow-worker");
  migrate->callback([session, flags] {
    session->action = [session, flags] { return Migrate(*session, *flags); };
  });
}

}  // namespace windrow::cli
