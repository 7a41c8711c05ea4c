// `windrow config check`: what windrow-server and windrow-worker would run with.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/commands.h"
#include "common/base/config.h"
#include "common/crypto/key_ring.h"
#include "common/http/address_rules.h"
#include "common/json/document.h"

namespace windrow::cli {
namespace {

// What the programs check when they start, beside what loading checks.
void CheckDeeper(const CommonConfig& config, Violations* violations) {
  for (const std::string& rule : config.allow_addresses) {
    const absl::Status parsed = http::AllowRule::Parse(rule).status();
    if (!parsed.ok()) {
      violations->Add("allow_addresses",
                      fmt::format("'{}': {}", rule, std::string(parsed.message())));
    }
  }
  const absl::Status ring = config.key_ring.empty()
                                ? crypto::KeyRing::Load(config.key_ring_file).status()
                                : crypto::KeyRing::Parse(config.key_ring).status();
  if (!ring.ok()) {
    violations->Add(config.key_ring.empty() ? "key_ring_file" : "key_ring",
                    std::string(ring.message()));
  }
}

void Print(const Session& session, const std::string& program,
           const std::vector<config::SettingReport>& values) {
  if (session.output == OutputFormat::kTable) {
    session.out << "# windrow-" << program << '\n' << PrintConfig(values);
    return;
  }
  for (const config::SettingReport& value : values) {
    std::string line = "{\"program\":";
    json::AppendString("windrow-" + program, &line);
    line += ",\"name\":";
    json::AppendString(value.name, &line);
    line += ",\"value\":";
    json::AppendString(value.shown, &line);
    line += ",\"from\":";
    json::AppendString(value.origin, &line);
    session.out << line << "}\n";
  }
}

template <typename Config>
int Check(const Session& session, const std::string& program,
          absl::StatusOr<LoadedConfig<Config>> loaded) {
  absl::Status status = loaded.status();
  if (loaded.ok() && loaded->answer) {
    session.out << *loaded->answer;
    return kOk;
  }
  if (loaded.ok()) {
    Print(session, program, loaded->values);
    Violations violations;
    CheckDeeper(loaded->config, &violations);
    status = violations.ToStatus();
  }
  if (status.ok()) return kOk;
  session.err << "windrow-" << program << " would not start:\n"
              << ConfigErrorText(status);
  return kFailed;
}

}  // namespace

void AddConfig(CLI::App* app, Session* session) {
  CLI::App* group =
      app->add_subcommand("config", "Settings of the server and the worker");
  group->require_subcommand(1);
  CLI::App* check = group->add_subcommand(
      "check",
      "Print what is in force and where it comes from, secrets masked; exit status 1 "
      "where something is wrong. Takes the flags of windrow-server and windrow-worker");
  // What is left over are the programs' own flags; the global ones must not take them.
  check->fallthrough(false);
  check->allow_extras();
  auto program = std::make_shared<std::string>("both");
  check->add_option("--program", *program, "server, worker or both")
      ->check(CLI::IsMember({"server", "worker", "both"}))
      ->capture_default_str();
  check->callback([session, check, program] {
    const std::vector<std::string> args = check->remaining();
    session->action = [session, args, program] {
      ConfigSources sources = ProcessSources(0, nullptr);
      sources.args = args;
      int code = kOk;
      if (*program != "worker") {
        code = Check(*session, "server", LoadServerConfig(sources));
      }
      if (*program != "server") {
        code = std::max(code, Check(*session, "worker", LoadWorkerConfig(sources)));
      }
      return code;
    };
  });
}

}  // namespace windrow::cli
