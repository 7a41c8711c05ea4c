// `windrow migrate`: brings the database's schema to what this build serves.
#include "common/store/postgres/migrate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/flag_types.h"
#include "cli/rpc_errors.h"
#include "common/base/config.h"
#include "common/base/status.h"
#include "common/store/postgres/grants.h"

namespace windrow::cli {
namespace {

struct RoleFlags {
  std::string name;
  std::string password_file;
};

struct MigrateFlags {
  std::string url;
  std::string config_file;
  RoleFlags server;
  RoleFlags worker;
};

constexpr char kServerPassword[] = "WINDROW_SERVER_ROLE_PASSWORD";
constexpr char kWorkerPassword[] = "WINDROW_WORKER_ROLE_PASSWORD";

absl::StatusOr<store::postgres::ProgramRole> RoleOf(const RoleFlags& flags,
                                                    const ConfigSources& sources,
                                                    const char* password_variable) {
  store::postgres::ProgramRole role{.name = flags.name};
  if (!flags.password_file.empty()) {
    WINDROW_ASSIGN_OR_RETURN(role.password, ReadSecretFile(flags.password_file));
  } else {
    role.password = sources.env(password_variable).value_or("");
  }
  return role;
}

absl::StatusOr<store::postgres::ProgramRoles> RolesOf(const MigrateFlags& flags,
                                                      const ConfigSources& sources) {
  store::postgres::ProgramRoles roles;
  WINDROW_ASSIGN_OR_RETURN(roles.server, RoleOf(flags.server, sources, kServerPassword));
  WINDROW_ASSIGN_OR_RETURN(roles.worker, RoleOf(flags.worker, sources, kWorkerPassword));
  return roles;
}

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
  const auto roles = RolesOf(flags, sources);
  if (!roles.ok()) return FailUsage(session, std::string(roles.status().message()));
  std::vector<std::string> applied;
  const absl::Status status = MigrateAndGrant(*url, *roles, &applied);
  for (const std::string& line : applied) session.out << line << '\n';
  if (!status.ok()) {
    session.err << fmt::format("windrow: cannot migrate: {}\n",
                               std::string(status.message()));
    return absl::IsUnavailable(status) ? kUnavailable : kFailed;
  }
  if (applied.empty()) session.err << "The schema is up to date.\n";
  return kOk;
}

void AddRole(CLI::App* app, const std::string& program, const char* password_variable,
             RoleFlags* flags) {
  const std::string name = fmt::format("--{}-role", program);
  CLI::Option* role = app->add_option(
      name, flags->name,
      fmt::format(
          "PostgreSQL's role for windrow-{}: gets the rights it needs on Windrow's "
          "tables, and loses all others there. It exists, unless its password is "
          "given: then it is made",
          program));
  role->type_name("NAME");
  app->add_option(name + "-password-file", flags->password_file,
                  fmt::format("sets the role's password to what is in this file; else to "
                              "{}, where that is set",
                              password_variable))
      ->type_name("FILE")
      ->needs(role);
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
  AddRole(migrate, "server", kServerPassword, &flags->server);
  AddRole(migrate, "worker", kWorkerPassword, &flags->worker);
  migrate->callback([session, flags] {
    session->action = [session, flags] { return Migrate(*session, *flags); };
  });
}

}  // namespace windrow::cli
