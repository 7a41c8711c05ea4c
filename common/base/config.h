// What windrow-server and windrow-worker are told: one struct a program, read and checked
// once. Where values come from: settings.h.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/log.h"
#include "common/base/retention_settings.h"
#include "common/base/settings.h"

namespace windrow {

// What both programs have.
struct CommonConfig {
  std::string database_url;
  std::string database_direct_url;  // empty: database_url
  // Exactly one of the two is set: a file in KeyRing's text form, or that text itself.
  std::string key_ring_file;
  std::string key_ring;
  bool allow_http = false;
  // Rules as http::AllowRule::Parse reads them; their syntax is checked there.
  std::vector<std::string> allow_addresses;
  LogLevel log_level = LogLevel::kInfo;
  std::string ops_listen;  // empty: off
  absl::Duration shutdown_timeout = absl::Seconds(30);
  int pool_size = 8;
};

struct ServerConfig : CommonConfig {
  std::string listen = "127.0.0.1:7470";
  bool insecure_listen = false;
  // PEM files. The first two are both set or neither; the third only with them.
  std::string tls_certificate_file;
  std::string tls_key_file;
  std::string tls_client_ca_file;
  int max_connections = 1'000;
  int max_streams = 256;
  std::int64_t max_memory = 512LL << 20;
  absl::Duration max_connection_idle = absl::Minutes(15);
  absl::Duration max_connection_age = absl::Hours(1);

  ServerConfig() { ops_listen = "127.0.0.1:7471"; }
};

struct WorkerConfig : CommonConfig {
  int concurrency = 64;
  int max_in_flight = 2000;
  std::int64_t max_bytes_in_flight = 256LL << 20;
  int breaker_failures = 5;  // 0: none opens
  absl::Duration lease_slack = absl::Seconds(15);
  std::string ca_bundle;
  KeepFor keep;  // of every tenant
  // "NAME:bodies=2d": for tenants that keep less, as ParseTenantKeeps reads them.
  std::vector<std::string> tenant_retention;

  WorkerConfig() {
    ops_listen = "127.0.0.1:7472";
    pool_size = 4;
  }
};

struct ConfigSources {
  std::vector<std::string> args;  // without the program's name
  std::function<std::optional<std::string>(const std::string& name)> env;
};
// The process' own arguments and environment.
ConfigSources ProcessSources(int argc, char** argv);

template <typename Config>
struct LoadedConfig {
  Config config;
  std::vector<config::SettingReport> values;
  // --help or --version was asked for: print this on standard output and exit with 0.
  // The config is not checked then.
  std::optional<std::string> answer;
};

// INVALID_ARGUMENT with one violation for each thing that is wrong, its field being the
// place (a file and line, a variable, a flag).
absl::StatusOr<LoadedConfig<ServerConfig>> LoadServerConfig(const ConfigSources& sources);
absl::StatusOr<LoadedConfig<WorkerConfig>> LoadWorkerConfig(const ConfigSources& sources);

// The database alone, without a pooler, for programs that need nothing else. The other
// settings are not checked.
absl::StatusOr<std::string> LoadDatabaseUrl(const ConfigSources& sources);

// What `windrow keys` needs: the database, and the key ring as CommonConfig has it. The
// database may be empty where `with_database` is not set.
struct KeyConfig {
  std::string database_url;
  std::string key_ring_file;
  std::string key_ring;
};
absl::StatusOr<KeyConfig> LoadKeyConfig(const ConfigSources& sources, bool with_database);

// "pool_size: 8  # default", one line a setting, secrets masked; itself valid YAML.
std::string PrintConfig(const std::vector<config::SettingReport>& values);

// A load error for standard error: one line a violation.
std::string ConfigErrorText(const absl::Status& status);

}  // namespace windrow
