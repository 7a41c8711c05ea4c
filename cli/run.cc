#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>
#include <ostream>

#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/flag_types.h"
#include "common/base/settings.h"
#include "common/base/version.h"
#include "common/json/document.h"

namespace windrow::cli {
namespace {

constexpr char kFooter[] =
    "\nData goes to standard output, everything else to standard error.\n"
    "Exit status: 0 done; 1 failed; 2 wrong flags or arguments; 3 --keep-going, and "
    "some\n"
    "were refused; 4 not found; 5 the server could not be reached; 6 apply --dry-run, "
    "and\n"
    "something would change.\n";

void AddGlobals(CLI::App* app, Session* session) {
  app->add_option("--server", session->server, "HOST:PORT of windrow-server")
      ->envname("WINDROW_SERVER")
      ->capture_default_str();
  AddCredentials(app, &session->credentials);
  const std::map<std::string, OutputFormat> formats = {
      {"table", OutputFormat::kTable},
      {"json", OutputFormat::kJson},
      {"jsonl", OutputFormat::kJsonLines}};
  app->add_option_function<std::string>(
         "-o,--output",
         [session, formats](const std::string& text) {
           session->output = formats.at(text);
         },
         "table, json, or jsonl (one JSON object a line)")
      ->check(CLI::IsMember({"table", "json", "jsonl"}))
      ->type_name("FORMAT")
      ->default_str("table");
  AddDuration(app, "--deadline", &session->timeout,
              "how long one call to the server may take");
}

std::vector<std::string> FlagsOf(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* level = app; level != nullptr; level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::vector<std::string> VerbsOf(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app->get_subcommands(nullptr)) {
    names.push_back(verb->get_name());
  }
  return names;
}

// The innermost command that was understood.
const CLI::App* Innermost(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

int Usage(const CLI::App& app, const CLI::ParseError& error, Session* session) {
  const CLI::App* where = Innermost(&app);
  std::string hint;
  for (const std::string& extra : app.remaining(true)) {
    hint += config::Suggestion(extra.substr(0, extra.find('=')),
                               extra.starts_with("-") ? FlagsOf(where) : VerbsOf(where));
    if (!hint.empty()) break;
  }
  std::string command;
  for (const CLI::App* level = where; level != nullptr; level = level->get_parent()) {
    command = command.empty() ? level->get_name() : level->get_name() + " " + command;
  }
  session->err << "windrow: " << error.what() << hint << "\n"
               << "Run `" << command << " --help`.\n";
  return kUsage;
}

}  // namespace

int Run(int argc, const char* const* argv, Session* session) {
  CLI::App app("Windrow sends webhooks: this is its command line.", "windrow");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kFooter);
  app.set_version_flag("--version", fmt::format("windrow {}", kVersion));
  AddGlobals(&app, session);
  AddDev(&app, session);
  AddWebhook(&app, session);
  AddTrigger(&app, session);
  AddApply(&app, session);
  AddEvent(&app, session);
  AddEventType(&app, session);
  AddDelivery(&app, session);
  AddRedeliver(&app, session);
  AddOperation(&app, session);
  AddStats(&app, session);
  AddAudit(&app, session);
  AddPayload(&app, session);
  AddApiKey(&app, session);
  AddTenant(&app, session);
  AddMigrate(&app, session);
  AddKeys(&app, session);
  AddConfig(&app, session);
  AddHealth(&app, session);
  AddVersion(&app, session);
  // Requests are of UTF-8: what is none would be refused later, and less clearly.
  for (int i = 1; i < argc; ++i) {
    std::size_t at = 0;
    if (json::IsUtf8(argv[i], &at)) continue;
    session->err << fmt::format(
        "windrow: argument {} is not UTF-8: its byte {} begins no character\n", i,
        at + 1);
    return kUsage;
  }
  // CLI11 throws; its exceptions end here.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return Usage(app, error, session);
    return app.exit(error, session->out, session->err);
  }
  if (const absl::Status loaded = LoadCredentials(&session->credentials); !loaded.ok()) {
    session->err << fmt::format("windrow: {}\n", std::string(loaded.message()));
    return kUsage;
  }
  return session->action ? session->action() : static_cast<int>(kUsage);
}

}  // namespace windrow::cli
