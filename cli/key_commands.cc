// `windrow keys generate|list|rotate`: the keys that secrets are sealed under at rest.
#include <absl/time/clock.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <ostream>

#include "cli/commands.h"
#include "cli/key_ring_file.h"
#include "cli/table.h"
#include "common/base/config.h"
#include "common/crypto/key_ring.h"
#include "common/store/postgres/sealed_secrets.h"

namespace windrow::cli {
namespace {

using store::postgres::SealingKeyUse;

struct KeyArguments {
  std::string database_url;
  std::string key_ring_file;
  std::string config;
  bool opens_only = false;
  int batch = 100;
};

absl::StatusOr<KeyConfig> Load(const KeyArguments& arguments, bool with_database) {
  ConfigSources sources = ProcessSources(0, nullptr);
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) sources.args.push_back(fmt::format("{}={}", flag, value));
  };
  add("--database-url", arguments.database_url);
  add("--key-ring-file", arguments.key_ring_file);
  add("--config", arguments.config);
  return LoadKeyConfig(sources, with_database);
}

absl::StatusOr<crypto::KeyRing> RingOf(const KeyConfig& config) {
  return config.key_ring_file.empty() ? crypto::KeyRing::Parse(config.key_ring)
                                      : crypto::KeyRing::Load(config.key_ring_file);
}

int FailKeys(const Session& session, std::string_view what, const absl::Status& status) {
  session.err << fmt::format("windrow: cannot {}: {}\n", what,
                             std::string(status.message()));
  return absl::IsUnavailable(status) ? kUnavailable : kFailed;
}

int Generate(const Session& session, const KeyArguments& arguments) {
  const auto config = Load(arguments, /*with_database=*/false);
  if (!config.ok()) {
    session.err << "windrow: " << ConfigErrorText(config.status());
    return kUsage;
  }
  if (config->key_ring_file.empty()) {
    session.err << "windrow: the key ring is given as a text: name a file with "
                   "--key-ring-file, and take the text from there\n";
    return kUsage;
  }
  const auto added = AddKeyTo(config->key_ring_file, arguments.opens_only);
  if (!added.ok()) return FailKeys(session, "add a key", added.status());
  session.out << fmt::format("key {}\n", added->id);
  session.err << (added->is_new_ring
                      ? "It is the first of a new key ring. Keep the file: without it no "
                        "secret can be read.\n"
                  : arguments.opens_only
                      ? "It opens, and seals once its line is the first of the file.\n"
                      : "It seals from now on. `windrow keys rotate` seals anew what is "
                        "sealed under the others.\n");
  return kOk;
}

struct KeyRow {
  bool in_ring = false;
  bool seals = false;
  std::int64_t webhooks = 0;
};

std::map<std::uint32_t, KeyRow> RowsOf(const crypto::KeyRing& ring,
                                       const std::vector<SealingKeyUse>& uses) {
  std::map<std::uint32_t, KeyRow> rows;
  for (const std::uint32_t id : ring.ids()) {
    rows[id] = {.in_ring = true, .seals = id == ring.sealing_id()};
  }
  for (const SealingKeyUse& use : uses) rows[use.key_id].webhooks = use.webhooks;
  return rows;
}

void Write(const Session& session, const std::map<std::uint32_t, KeyRow>& rows) {
  Table table({"KEY", "RING", "WEBHOOKS"});
  std::vector<std::string> lines;
  for (const auto& [id, row] : rows) {
    const char* ring = row.seals ? "SEALS" : row.in_ring ? "OPENS" : "MISSING";
    table.Add({fmt::to_string(id), ring, fmt::to_string(row.webhooks)});
    lines.push_back(fmt::format("{{\"key_id\":{},\"ring\":\"{}\",\"webhooks\":{}}}", id,
                                ring, row.webhooks));
  }
  if (session.output == OutputFormat::kTable) return table.Print(session.out);
  const bool is_array = session.output == OutputFormat::kJson;
  session.out << fmt::format("{}{}{}\n", is_array ? "[" : "",
                             fmt::join(lines, is_array ? "," : "\n"),
                             is_array ? "]" : "");
}

// What may be done with the keys now, for a person.
void Tell(const Session& session, const std::map<std::uint32_t, KeyRow>& rows) {
  for (const auto& [id, row] : rows) {
    if (!row.in_ring) {
      session.err << fmt::format(
          "Key {} is missing: put it back in the ring, or these webhooks cannot send.\n",
          id);
    } else if (!row.seals && row.webhooks > 0) {
      session.err << fmt::format(
          "Key {} is still in use: `windrow keys rotate` seals those anew.\n", id);
    } else if (!row.seals) {
      session.err << fmt::format(
          "Key {} is used by no webhook: its line may be removed, but for backups that "
          "were made under it.\n",
          id);
    }
  }
}

int List(const Session& session, const KeyArguments& arguments) {
  const auto config = Load(arguments, /*with_database=*/true);
  if (!config.ok()) {
    session.err << "windrow: " << ConfigErrorText(config.status());
    return kUsage;
  }
  const auto ring = RingOf(*config);
  if (!ring.ok()) return FailKeys(session, "list the keys", ring.status());
  const auto uses = store::postgres::CountSealingKeys(config->database_url);
  if (!uses.ok()) return FailKeys(session, "list the keys", uses.status());
  const auto rows = RowsOf(*ring, *uses);
  Write(session, rows);
  Tell(session, rows);
  return kOk;
}

int Rotate(const Session& session, const KeyArguments& arguments) {
  const auto config = Load(arguments, /*with_database=*/true);
  if (!config.ok()) {
    session.err << "windrow: " << ConfigErrorText(config.status());
    return kUsage;
  }
  const auto ring = RingOf(*config);
  if (!ring.ok()) return FailKeys(session, "rotate", ring.status());
  const bool draws = ::isatty(STDERR_FILENO) == 1;
  const auto resealed = store::postgres::ResealSecrets(
      config->database_url, *ring,
      {.batch = arguments.batch, .progress = [&](std::int64_t count) {
         if (draws)
           session.err << fmt::format("\r{} webhooks sealed anew", count) << std::flush;
       }});
  if (draws) session.err << "\r\x1b[K";
  if (!resealed.ok()) return FailKeys(session, "rotate", resealed.status());
  session.out << fmt::format("{} webhooks sealed anew under key {}\n", *resealed,
                             ring->sealing_id());
  const auto uses = store::postgres::CountSealingKeys(config->database_url);
  if (!uses.ok()) return FailKeys(session, "count what is left", uses.status());
  Tell(session, RowsOf(*ring, *uses));
  return kOk;
}

void AddSources(CLI::App* command, KeyArguments* arguments, bool with_database) {
  command->add_option("--key-ring-file", arguments->key_ring_file,
                      "else WINDROW_KEY_RING_FILE, else the file's key_ring_file");
  command->add_option("--config", arguments->config,
                      "the YAML file; else WINDROW_CONFIG");
  if (!with_database) return;
  command->add_option("--database-url", arguments->database_url,
                      "PostgreSQL; else WINDROW_DATABASE_URL, else the file's "
                      "database_url");
}

using Verb = int (*)(const Session&, const KeyArguments&);

CLI::App* AddVerb(CLI::App* group, Session* session, const char* name, const char* help,
                  const std::shared_ptr<KeyArguments>& arguments, bool with_database,
                  Verb verb) {
  CLI::App* command = group->add_subcommand(name, help);
  AddSources(command, arguments.get(), with_database);
  command->callback([session, arguments, verb] {
    session->action = [session, arguments, verb] { return verb(*session, *arguments); };
  });
  return command;
}

}  // namespace

void AddKeys(CLI::App* app, Session* session) {
  CLI::App* group = app->add_subcommand(
      "keys", "The key ring, under which secrets are sealed in the database");
  group->require_subcommand(1);
  auto arguments = std::make_shared<KeyArguments>();
  CLI::App* generate = AddVerb(
      group, session, "generate",
      "Make a key ring, or add a key to it, under which secrets are sealed from then on",
      arguments, /*with_database=*/false, &Generate);
  generate->add_flag(
      "--opens-only", arguments->opens_only,
      "add it as the last line: it seals nothing yet, so that the ring can "
      "be brought to every machine first");
  AddVerb(group, session, "list",
          "Show the keys, and how many webhooks' secrets are sealed under each",
          arguments,
          /*with_database=*/true, &List);
  CLI::App* rotate = AddVerb(group, session, "rotate",
                             "Seal every secret anew under the first key of the ring, "
                             "while everything runs; may "
                             "be broken off and run again",
                             arguments, /*with_database=*/true, &Rotate);
  rotate->add_option("--batch", arguments->batch, "webhooks a transaction, 1-1000")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

}  // namespace windrow::cli
