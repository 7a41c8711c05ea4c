// `windrow migrate`: brings the database's schema to what this build serves.
#include "common/store/postgres/migrate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/commands.h"
#include "common/base/config.h"

namespace windrow::cli {
namespace {

int Migrate(const Session& session, const std::string& flag_url,
            const std::string& config_file) {
  ConfigSources sources = ProcessSources(0, nullptr);
  if (!flag_url.empty()) sources.args.push_back("--database-url=" + flag_url);
  if (!config_file.empty()) sources.args.push_back("--config=" + config_file);
  const absl::StatusOr<std::string> url = LoadDatabaseUrl(sources);
  if (!url.ok()) {
    session.err << "windrow: " << ConfigErrorText(url.status());
    return kUsage;
  }
  std::vector<std::string> applied;
  const absl::Status status = store::postgres::Migrate(*url, &applied);
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
  auto url = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  migrate->add_option("--database-url", *url,
                      "PostgreSQL; else WINDROW_DATABASE_URL, else the file's "
                      "database_url");
  migrate->add_option("--config", *file, "the YAML file; else WINDROW_CONFIG");
  migrate->callback([session, url, file] {
    session->action = [session, url, file] { return Migrate(*session, *url, *file); };
  });
}

}  // namespace windrow::cli
