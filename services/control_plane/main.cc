// windrow-server: the control plane as a program.
#include <absl/synchronization/mutex.h>
#include <signal.h>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/config.h"
#include "common/base/descriptor_limit.h"
#include "common/base/fault_point.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/base/version.h"
#include "common/crypto/live_key_ring.h"
#include "common/http/address_rules.h"
#include "common/http/ops_server.h"
#include "common/store/postgres/access.h"
#include "common/store/postgres/postgres_store.h"
#include "services/control_plane/server.h"

namespace windrow {
namespace {

// Blocked before any thread starts, so that only WaitForStop gets them.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

void WaitForStop(const sigset_t& signals) {
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  Log(LogLevel::kInfo, "stopping", {{"signal", signal_number}});
}

absl::StatusOr<control_plane::UrlPolicy> Urls(const CommonConfig& config) {
  std::vector<http::AllowRule> rules;
  for (const std::string& text : config.allow_addresses) {
    WINDROW_ASSIGN_OR_RETURN(http::AllowRule rule, http::AllowRule::Parse(text));
    rules.push_back(std::move(rule));
  }
  return control_plane::UrlPolicy{.url = {.allow_http = config.allow_http},
                                  .addresses = http::AddressRules(std::move(rules))};
}

// Of max_connections, what there are descriptors for.
int ConnectionsFor(const ServerConfig& config) {
  constexpr std::size_t kForTheRest = 192;  // ops_listen, files, gRPC's own
  const std::size_t limit = RaiseDescriptorLimit();
  const std::size_t rest = kForTheRest + static_cast<std::size_t>(config.pool_size);
  const auto wanted = static_cast<std::size_t>(config.max_connections);
  if (limit >= rest + wanted) return config.max_connections;
  const int left = limit > rest ? static_cast<int>(limit - rest) : 1;
  Log(LogLevel::kWarn, "few_descriptors",
      {{"descriptors", limit},
       {"max_connections", left},
       {"help", "raise the limit of open files (ulimit -n, LimitNOFILE=) for more"}});
  return left;
}

absl::Status Serve(const ServerConfig& config, const sigset_t& signals) {
  WINDROW_ASSIGN_OR_RETURN(control_plane::UrlPolicy urls, Urls(config));
  WINDROW_ASSIGN_OR_RETURN(
      auto key_ring, crypto::LiveKeyRing::Load(config.key_ring_file, config.key_ring));
  metrics::Registry registry;
  registry.AddProcessMetrics("windrow-server", std::string(kVersion));
  WINDROW_ASSIGN_OR_RETURN(
      const auto store,
      store::postgres::PostgresStore::Open(
          {.url = config.database_url,
           .pool_size = config.pool_size,
           .application_name = "windrow-server",
           .errors = std::make_shared<store::postgres::DatabaseErrors>(&registry)},
          std::move(key_ring)));
  WINDROW_ASSIGN_OR_RETURN(const auto access, store::postgres::PostgresAccess::Open(
                                                  config.database_url, "windrow-server"));
  control_plane::ServerOptions options;
  options.listen = config.listen;
  options.insecure_listen = config.insecure_listen;
  options.tls = {.certificate = config.tls_certificate_file,
                 .key = config.tls_key_file,
                 .client_ca = config.tls_client_ca_file};
  options.urls = std::move(urls);
  options.executor_threads = config.pool_size;
  options.max_connections = ConnectionsFor(config);
  options.max_streams = config.max_streams;
  options.max_memory = config.max_memory;
  options.max_connection_idle = config.max_connection_idle;
  options.max_connection_age = config.max_connection_age;
  WINDROW_ASSIGN_OR_RETURN(const auto server,
                           control_plane::Server::Start(
                               {*store, *store, *store, *store, *store, *store, *store,
                                *store, *store, *access, [&] { return store->Ping(); }},
                               options, registry));
  std::unique_ptr<http::OpsServer> ops;
  if (!config.ops_listen.empty()) {
    WINDROW_ASSIGN_OR_RETURN(
        ops, http::OpsServer::Start(
                 {.listen = config.ops_listen, .ready = [&] { return server->Ready(); }},
                 registry));
  }
  Log(LogLevel::kInfo, "serving",
      {{"listen", config.listen},
       {"ops_listen", config.ops_listen},
       {"version", kVersion}});
  WaitForStop(signals);
  server->Shutdown(config.shutdown_timeout);
  Log(LogLevel::kInfo, "stopped");
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  const auto loaded = LoadServerConfig(ProcessSources(argc, argv));
  if (!loaded.ok()) {
    std::fputs(ConfigErrorText(loaded.status()).c_str(), stderr);
    return 2;
  }
  if (loaded->answer) {
    std::fputs(loaded->answer->c_str(), stdout);
    return 0;
  }
  SetLogLevel(loaded->config.log_level);
  if (const absl::Status armed = fault::ArmFromEnvironment(); !armed.ok()) {
    std::fprintf(stderr, "%s\n", std::string(armed.message()).c_str());
    return 2;
  }
  const absl::Status status = Serve(loaded->config, BlockStopSignals());
  if (status.ok()) return 0;
  std::fprintf(stderr, "windrow-server: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace
}  // namespace windrow

int main(int argc, char** argv) {
#ifdef NDEBUG
  // Abseil as packaged looks for cycles at each lock, those of gRPC too: tests do that.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  return windrow::Main(argc, argv);
}
