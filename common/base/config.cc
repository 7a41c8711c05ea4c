#include "common/base/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "common/base/version.h"

namespace windrow {
namespace {

using config::Given;
using config::Masking;
using config::Setting;
using config::SettingReport;
using config::SettingTable;

constexpr std::size_t kMaxFileBytes = 1u << 20;

void AddCommon(CommonConfig* c, SettingTable* table) {
  table->AddText({"database_url",
                  "PostgreSQL: postgresql://user:password@host:5432/windrow, or "
                  "host=/run/postgresql dbname=windrow. Required"},
                 &c->database_url, Masking::kDatabasePassword);
  table->AddText({"database_direct_url",
                  "the same database without a pooler: for LISTEN and for windrow "
                  "migrate, where database_url leads to PgBouncer in transaction mode"},
                 &c->database_direct_url, Masking::kDatabasePassword);
  table->AddText({"key_ring_file",
                  "the keys that secrets are encrypted with: lines of id:base64 of 32 "
                  "bytes. Required, or key_ring"},
                 &c->key_ring_file);
  table->AddText({"key_ring", "the same as a text; prefer the file"}, &c->key_ring,
                 Masking::kWhole);
  table->AddBool({"allow_http", "webhooks may have http URLs"}, &c->allow_http);
  table->AddList({"allow_addresses",
                  "private addresses that may be sent to: 10.0.0.0/8:8443, "
                  "127.0.0.1:7490, [fd00::/8]:443"},
                 &c->allow_addresses);
  table->AddLogLevel({"log_level", "the least level that is logged"}, &c->log_level);
  table->AddListen({"ops_listen", "HTTP with /metrics, /healthz and /readyz"},
                   &c->ops_listen, true);
  table->AddDuration({"shutdown_timeout", "how long a stop waits for what is under way"},
                     &c->shutdown_timeout, absl::Seconds(1), absl::Minutes(10));
  table->AddInt({"pool_size", "connections to PostgreSQL"}, &c->pool_size, 2, 200,
                "connections");
}

SettingTable TableOf(ServerConfig* c) {
  SettingTable table;
  AddCommon(c, &table);
  table.AddListen({"listen", "gRPC"}, &c->listen, false);
  table.AddBool(
      {"insecure_listen",
       "while there is no API key, callers that are not on this machine may do "
       "everything too, and not only those on loopback: where the network keeps "
       "strangers out"},
      &c->insecure_listen);
  table.AddText({"tls_certificate_file",
                 "PEM file of the server's certificate, then of those that signed it; "
                 "none: no TLS. Read again when it changes"},
                &c->tls_certificate_file);
  table.AddText({"tls_key_file", "PEM file of its private key, without a passphrase"},
                &c->tls_key_file);
  table.AddText({"tls_client_ca_file",
                 "PEM file of authorities: client certificates are asked for and "
                 "verified, and API keys may be for them"},
                &c->tls_client_ca_file);
  table.AddInt({"max_connections", "connections at once; those beyond are closed"},
               &c->max_connections, 1, 100'000, "connections");
  table.AddInt({"max_streams", "calls at once on one connection"}, &c->max_streams, 1,
               100'000, "calls");
  table.AddBytes({"max_memory", "that gRPC may take for what callers send"},
                 &c->max_memory, 16LL << 20, 64LL << 30);
  table.AddDuration({"max_connection_idle", "an idle connection is closed after this"},
                    &c->max_connection_idle, absl::Seconds(10), absl::Hours(24));
  table.AddDuration({"max_connection_age", "a connection is asked to end after this"},
                    &c->max_connection_age, absl::Minutes(1), absl::Hours(24 * 7));
  return table;
}

SettingTable TableOf(WorkerConfig* c) {
  SettingTable table;
  AddCommon(c, &table);
  table.AddInt({"concurrency", "requests at once to one webhook"}, &c->concurrency, 1,
               10'000, "requests");
  table.AddInt({"max_in_flight", "requests at once in all"}, &c->max_in_flight, 1, 20'000,
               "requests");
  table.AddBytes({"max_bytes_in_flight", "bodies held at once in all"},
                 &c->max_bytes_in_flight, 4LL << 20, 64LL << 30);
  table.AddInt({"breaker_failures",
                "failures in a row after which a webhook is sent nothing for a while; 0: "
                "always go on"},
               &c->breaker_failures, 0, 1'000, "failures");
  table.AddDuration(
      {"lease_slack", "how much longer than a request's timeout a worker owns it"},
      &c->lease_slack, absl::Seconds(1), absl::Minutes(10));
  table.AddText(
      {"ca_bundle", "PEM file of more trusted certificates; none: the system's"},
      &c->ca_bundle);
  table.AddAge({"retention_bodies",
                "how long requests and what was answered to them are kept; deliveries "
                "older than this cannot be sent again"},
               &c->keep.bodies, kLeastKept, kMostKept);
  table.AddAge({"retention_records",
                "how long deliveries and their attempts are kept; no less than "
                "retention_bodies"},
               &c->keep.records, kLeastKept, kMostKept);
  table.AddAge({"retention_events",
                "how long events are kept; longer where an unfinished delivery needs "
                "them"},
               &c->keep.events, kLeastKept, kMostKept);
  table.AddAge({"retention_stats", "how long counts and latencies by the hour are kept"},
               &c->keep.stats, kLeastKept, kMostKept);
  table.AddAge(
      {"retention_audit", "how long entries of the audit log are kept: who changed what"},
      &c->keep.audit, kLeastKept, kMostKept);
  table.AddList({"tenant_retention",
                 "tenants that keep less than the others: acme:bodies=2d, "
                 "acme:records=7d, acme:events=7d. The same for all workers"},
                &c->tenant_retention);
  return table;
}

std::string HelpText(std::string_view program, std::string_view what,
                     const SettingTable& table) {
  std::string out = fmt::format(
      "{}: {}\n\nUsage: {} [--config FILE] [--name VALUE ...]\n\n"
      "Values come from, each over the one before: defaults, the YAML file (--config or\n"
      "WINDROW_CONFIG), the environment, flags. `windrow config check` shows the "
      "result.\n"
      "Exit status: 0 stopped as asked, 1 failed, 2 a setting is wrong.\n\n",
      program, what, program);
  for (const Setting& setting : table.settings()) {
    out += fmt::format("  {}  {}\n      {}", setting.FlagName(), setting.EnvName(),
                       setting.help);
    if (!setting.range.empty()) out += fmt::format(". {}", setting.range);
    if (!setting.default_text.empty()) {
      out += fmt::format(". Default: {}", setting.default_text);
    }
    out += '\n';
  }
  return out;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError("cannot be opened; is the path right?");
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return absl::NotFoundError("cannot be read; is it a file?");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) return absl::NotFoundError("is over 1 MiB");
  return text;
}

std::vector<Given> FromEnvironment(const ConfigSources& sources,
                                   const SettingTable& table) {
  std::vector<Given> given;
  for (const Setting& setting : table.settings()) {
    // An empty one counts as unset: Compose files pass ${NAME:-} on.
    std::optional<std::string> value = sources.env(setting.EnvName());
    if (value && !value->empty()) {
      given.push_back({setting.name, *std::move(value), setting.EnvName()});
    }
  }
  return given;
}

std::vector<Given> FromFile(const std::string& path, std::string_view wanted,
                            Violations* violations) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) {
    violations->Add(path, std::string(text.status().message()));
    return {};
  }
  ServerConfig server;
  WorkerConfig worker;
  const SettingTable server_table = TableOf(&server);
  const SettingTable worker_table = TableOf(&worker);
  return config::ParseYaml(*text, path,
                           {{"server", &server_table}, {"worker", &worker_table}}, wanted,
                           violations);
}

void AddMissingDatabase(Violations* violations) {
  violations->Add("database_url",
                  "is required: set WINDROW_DATABASE_URL, or database_url in the file");
}

void CheckKeyRing(const CommonConfig& c, Violations* violations) {
  if (c.key_ring.empty() == c.key_ring_file.empty()) {
    violations->Add("key_ring_file", c.key_ring.empty()
                                         ? "is required: set WINDROW_KEY_RING_FILE to a "
                                           "file that `windrow keys generate` makes"
                                         : "and key_ring are both given; keep one");
  }
}

void CheckCommon(const CommonConfig& c, Violations* violations) {
  if (c.database_url.empty()) AddMissingDatabase(violations);
  CheckKeyRing(c, violations);
}

void Check(const ServerConfig& c, Violations* violations) {
  CheckCommon(c, violations);
  if (c.tls_certificate_file.empty() != c.tls_key_file.empty()) {
    violations->Add(c.tls_key_file.empty() ? "tls_key_file" : "tls_certificate_file",
                    "is required where the other one is set: a certificate and its key");
  }
  if (!c.tls_client_ca_file.empty() && c.tls_certificate_file.empty()) {
    violations->Add("tls_client_ca_file",
                    "needs TLS: set tls_certificate_file and tls_key_file");
  }
}

void Check(const WorkerConfig& c, Violations* violations) {
  CheckCommon(c, violations);
  if (c.concurrency > c.max_in_flight) {
    violations->Add("concurrency", fmt::format("{} is more than max_in_flight, {}",
                                               c.concurrency, c.max_in_flight));
  }
  if (c.keep.records < c.keep.bodies) {
    violations->Add(
        "retention_records",
        fmt::format("{} is less than retention_bodies, {}",
                    config::AgeText(c.keep.records), config::AgeText(c.keep.bodies)));
  }
  (void)ParseTenantKeeps(c.tenant_retention, c.keep, violations);
}

std::vector<SettingReport> Gather(const ConfigSources& sources,
                                  const config::ParsedFlags& flags,
                                  const SettingTable& table, std::string_view section,
                                  Violations* violations) {
  std::string path = flags.config_file;
  if (path.empty()) path = sources.env("WINDROW_CONFIG").value_or("");
  std::vector<Given> from_file;
  if (!path.empty()) from_file = FromFile(path, section, violations);
  return config::Apply(
      table, {std::move(from_file), FromEnvironment(sources, table), flags.given},
      violations);
}

template <typename Config>
absl::StatusOr<LoadedConfig<Config>> Load(const ConfigSources& sources,
                                          std::string_view section,
                                          std::string_view what) {
  LoadedConfig<Config> loaded;
  const SettingTable table = TableOf(&loaded.config);
  Violations violations;
  const config::ParsedFlags flags = config::ParseFlags(sources.args, table, &violations);
  if (flags.help || flags.version) {
    const std::string program = fmt::format("windrow-{}", section);
    loaded.answer = flags.help ? HelpText(program, what, table)
                               : fmt::format("{} {}\n", program, kVersion);
    return loaded;
  }
  loaded.values = Gather(sources, flags, table, section, &violations);
  Check(loaded.config, &violations);
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  return loaded;
}

// Plain where YAML reads it back as the same text, else quoted.
std::string YamlScalar(const std::string& text) {
  const bool plain = !text.empty() && text.find(": ") == std::string::npos &&
                     text.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789._/:@=?+-") == std::string::npos &&
                     text.front() != '-' && text.front() != '?' && text.front() != '@' &&
                     text.front() != ':' && text.front() != '=' && text.back() != ':';
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c == '\n' ? ' ' : c;
  }
  return quoted + "'";
}

}  // namespace

ConfigSources ProcessSources(int argc, char** argv) {
  ConfigSources sources;
  sources.args.assign(argv + std::min(argc, 1), argv + argc);
  sources.env = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  return sources;
}

absl::StatusOr<LoadedConfig<ServerConfig>> LoadServerConfig(
    const ConfigSources& sources) {
  return Load<ServerConfig>(sources, "server", "takes events in over gRPC");
}

absl::StatusOr<LoadedConfig<WorkerConfig>> LoadWorkerConfig(
    const ConfigSources& sources) {
  return Load<WorkerConfig>(sources, "worker", "sends deliveries");
}

absl::StatusOr<std::string> LoadDatabaseUrl(const ConfigSources& sources) {
  ServerConfig server;
  const SettingTable table = TableOf(&server);
  Violations violations;
  const config::ParsedFlags flags = config::ParseFlags(sources.args, table, &violations);
  Gather(sources, flags, table, "server", &violations);
  if (!server.database_direct_url.empty()) return server.database_direct_url;
  if (!server.database_url.empty()) return server.database_url;
  if (violations.empty()) AddMissingDatabase(&violations);
  return violations.ToStatus();
}

absl::StatusOr<KeyConfig> LoadKeyConfig(const ConfigSources& sources,
                                        bool with_database) {
  ServerConfig server;
  const SettingTable table = TableOf(&server);
  Violations violations;
  const config::ParsedFlags flags = config::ParseFlags(sources.args, table, &violations);
  Gather(sources, flags, table, "server", &violations);
  if (with_database && server.database_url.empty() && violations.empty()) {
    AddMissingDatabase(&violations);
  }
  CheckKeyRing(server, &violations);
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  return KeyConfig{.database_url = server.database_url,
                   .key_ring_file = server.key_ring_file,
                   .key_ring = server.key_ring};
}

std::string PrintConfig(const std::vector<SettingReport>& values) {
  std::string out;
  for (const SettingReport& value : values) {
    out +=
        fmt::format("{}: {}  # {}\n", value.name, YamlScalar(value.shown), value.origin);
  }
  return out;
}

std::string ConfigErrorText(const absl::Status& status) {
  const std::vector<Violation> violations = ViolationsOf(status);
  if (violations.empty()) {
    return std::string(status.message().data(), status.message().size()) + "\n";
  }
  std::string out;
  for (const Violation& violation : violations) {
    out += fmt::format("{}: {}\n", violation.field, violation.rule);
  }
  return out;
}

}  // namespace windrow
