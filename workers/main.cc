// windrow-worker: delivers, and keeps the tables ready. Any number may run beside each
// other; they share nothing but the database.
#include <absl/synchronization/mutex.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/config.h"
#include "common/base/descriptor_limit.h"
#include "common/base/fault_point.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/base/version.h"
#include "common/crypto/live_key_ring.h"
#include "common/http/address_rules.h"
#include "common/http/oauth_sender.h"
#include "common/http/ops_server.h"
#include "common/http/sender.h"
#include "common/store/postgres/postgres_store.h"
#include "workers/delivery/worker.h"
#include "workers/maintenance/maintenance_loop.h"
#include "workers/maintenance/stats_loop.h"
#include "workers/runtime/loop_thread.h"
#include "workers/runtime/stop_signals.h"

namespace {

using windrow::Log;
using windrow::LogLevel;
using windrow::WorkerConfig;
using windrow::store::postgres::PostgresOptions;
using windrow::store::postgres::PostgresStore;

std::string WorkerName() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return fmt::format("{}:{}", host, getpid());
}

absl::StatusOr<std::unique_ptr<windrow::http::HttpSender>> MakeSender(
    const WorkerConfig& config) {
  std::vector<windrow::http::AllowRule> rules;
  for (const std::string& text : config.allow_addresses) {
    WINDROW_ASSIGN_OR_RETURN(auto rule, windrow::http::AllowRule::Parse(text));
    rules.push_back(rule);
  }
  windrow::http::SenderOptions options;
  options.address_rules = windrow::http::AddressRules(std::move(rules));
  options.max_in_flight = static_cast<std::size_t>(config.max_in_flight);
  // Webhooks may share a host: one must not wait for another's connections.
  options.max_connections_per_host =
      std::max<long>(options.max_connections_per_host, config.max_in_flight);
  options.ca_bundle = config.ca_bundle;
  options.user_agent = fmt::format("Windrow/{}", windrow::kVersion);
  return std::make_unique<windrow::http::OAuthSender>(
      windrow::http::MakeCurlSender(std::move(options)), &windrow::SystemClock());
}

// Waits for a database that is not there yet; none where a stop was asked for meanwhile.
absl::StatusOr<std::unique_ptr<PostgresStore>> OpenStore(
    const PostgresOptions& options,
    const std::shared_ptr<windrow::crypto::LiveKeyRing>& key_ring,
    const windrow::worker::StopSignals& signals) {
  windrow::worker::Backoff backoff(absl::Milliseconds(200), absl::Seconds(5),
                                   windrow::worker::ThreadRandom());
  while (true) {
    auto store = PostgresStore::Open(options, key_ring);
    if (store.ok() || !absl::IsUnavailable(store.status())) return store;
    Log(LogLevel::kWarn, "database_unavailable", {{"error", store.status().message()}});
    if (signals.WaitFor(backoff.Next())) return std::unique_ptr<PostgresStore>();
  }
}

windrow::delivery::DeliveryOptions OptionsOf(const WorkerConfig& config) {
  return {.worker_name = WorkerName(),
          .allow_http = config.allow_http,
          .concurrency = config.concurrency,
          .max_in_flight = config.max_in_flight,
          .max_bytes = static_cast<std::size_t>(config.max_bytes_in_flight),
          .breaker_failures = config.breaker_failures,
          .lease_slack = config.lease_slack,
          .shutdown_timeout = config.shutdown_timeout};
}

windrow::store::Retention RetentionOf(const windrow::KeepFor& keep) {
  return {.bodies = keep.bodies,
          .records = keep.records,
          .events = keep.events,
          .stats = keep.stats,
          .audit = keep.audit};
}

windrow::store::RetentionPolicy RetentionOf(const WorkerConfig& config) {
  windrow::store::RetentionPolicy policy{.keep = RetentionOf(config.keep)};
  windrow::Violations none;  // they were checked with the other settings
  for (const windrow::TenantKeep& tenant :
       windrow::ParseTenantKeeps(config.tenant_retention, config.keep, &none)) {
    policy.tenants.push_back({tenant.tenant, RetentionOf(tenant.keep)});
  }
  return policy;
}

// Beyond it, requests fail for want of a descriptor.
void CheckDescriptors(const WorkerConfig& config) {
  constexpr std::size_t kForTheRest = 192;  // ops_listen, files, name look-ups
  const std::size_t limit = windrow::RaiseDescriptorLimit();
  const std::size_t wanted =
      kForTheRest + static_cast<std::size_t>(config.pool_size + config.max_in_flight);
  if (limit >= wanted) return;
  Log(LogLevel::kWarn, "few_descriptors",
      {{"descriptors", limit},
       {"wanted", wanted},
       {"help",
        "raise the limit of open files (ulimit -n, LimitNOFILE=), or lower "
        "max_in_flight"}});
}

absl::Status Run(const WorkerConfig& config) {
  CheckDescriptors(config);
  const windrow::worker::StopSignals signals;
  WINDROW_ASSIGN_OR_RETURN(
      const auto key_ring,
      windrow::crypto::LiveKeyRing::Load(config.key_ring_file, config.key_ring));
  WINDROW_ASSIGN_OR_RETURN(auto sender, MakeSender(config));
  windrow::metrics::Registry registry;
  registry.AddProcessMetrics("windrow-worker", std::string(windrow::kVersion));
  const PostgresOptions database{
      .url = config.database_url,
      .direct_url = config.database_direct_url,
      .pool_size = config.pool_size,
      .application_name = "windrow-worker",
      .errors = std::make_shared<windrow::store::postgres::DatabaseErrors>(&registry)};
  WINDROW_ASSIGN_OR_RETURN(const std::unique_ptr<PostgresStore> store,
                           OpenStore(database, key_ring, signals));
  if (store == nullptr) return absl::OkStatus();

  windrow::delivery::DeliveryWorker worker(
      OptionsOf(config), store.get(),
      windrow::store::postgres::MakeQueueListener(database), std::move(sender),
      &windrow::SystemClock(), windrow::delivery::DeliveryMetrics(&registry));
  std::unique_ptr<windrow::http::OpsServer> ops;
  if (!config.ops_listen.empty()) {
    windrow::http::OpsOptions options{.listen = config.ops_listen,
                                      .ready = [&worker] { return worker.Health(); }};
    WINDROW_ASSIGN_OR_RETURN(
        ops, windrow::http::OpsServer::Start(std::move(options), registry));
  }
  windrow::maintenance::MaintenanceLoop maintenance(
      {.retention = RetentionOf(config)}, store.get(), store.get(),
      windrow::maintenance::MaintenanceMetrics(&registry),
      windrow::worker::ThreadRandom());
  windrow::worker::WakeSignal maintenance_wake;
  windrow::worker::LoopThread maintenance_thread(
      "maintenance", [&maintenance] { return maintenance.RunOnce(); }, &maintenance_wake);
  windrow::maintenance::StatsLoop stats(
      {}, store.get(),
      registry.AddCounter("windrow_counted_changes_total",
                          "Rows of the log of changes that were added up."),
      windrow::worker::ThreadRandom());
  windrow::worker::WakeSignal stats_wake;
  windrow::worker::LoopThread stats_thread(
      "statistics", [&stats] { return stats.RunOnce(); }, &stats_wake);
  worker.Start();

  Log(LogLevel::kInfo, "worker_started", {{"version", windrow::kVersion}});
  const int signal = signals.Wait();
  Log(LogLevel::kInfo, "stop_asked", {{"signal", signal}});
  signals.ExitOnNext();
  maintenance_thread.Stop();
  stats_thread.Stop();
  if (!worker.Stop()) {
    return absl::UnavailableError(
        "outcomes were not recorded: the database cannot be reached; what they belong to "
        "is sent again");
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
#ifdef NDEBUG
  // Abseil as packaged looks for cycles at each lock, those of gRPC too: tests do that.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  const auto loaded = windrow::LoadWorkerConfig(windrow::ProcessSources(argc, argv));
  if (!loaded.ok()) {
    std::fputs(windrow::ConfigErrorText(loaded.status()).c_str(), stderr);
    return 2;
  }
  if (loaded->answer) {
    std::fputs(loaded->answer->c_str(), stdout);
    return 0;
  }
  windrow::SetLogLevel(loaded->config.log_level);
  if (const absl::Status armed = windrow::fault::ArmFromEnvironment(); !armed.ok()) {
    std::fprintf(stderr, "%s\n", std::string(armed.message()).c_str());
    return 2;
  }
  const absl::Status status = Run(loaded->config);
  if (status.ok()) return 0;
  Log(LogLevel::kError, "worker_failed", {{"error", status.message()}});
  return 1;
}
