#include "services/control_plane/server.h"

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/settings.h"
#include "common/base/status.h"
#include "services/control_plane/access.h"
#include "services/control_plane/api_key_service.h"
#include "services/control_plane/audit_service.h"
#include "services/control_plane/connection_acceptor.h"
#include "services/control_plane/database_watch.h"
#include "services/control_plane/delivery_service.h"
#include "services/control_plane/event_service.h"
#include "services/control_plane/event_type_service.h"
#include "services/control_plane/notice_loop.h"
#include "services/control_plane/operation_loop.h"
#include "services/control_plane/operation_service.h"
#include "services/control_plane/publish_stream.h"
#include "services/control_plane/stats_service.h"
#include "services/control_plane/unary.h"
#include "services/control_plane/webhook_service.h"

namespace windrow::control_plane {
namespace {

constexpr int kMaxMetadataBytes = 16 << 10;
constexpr int kHandshakeMs = 10'000;
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kMinClientPingMs = 10'000;
// Between the last answer of a stream and the end of its connection. A connection that is
// closed while its client still sends is reset, and a reset discards the answers that the
// client has not read yet; in this time it reads them, and stops sending.
constexpr absl::Duration kLinger = absl::Seconds(1);

// Says at start who is let in.
void TellAccess(const ServerOptions& options, bool has_keys) {
  const auto address = config::HostPort::Parse(options.listen);
  const bool loopback = address.ok() && address->IsLoopback();
  if (!loopback && !options.tls.enabled()) {
    Log(LogLevel::kWarn, "no_tls",
        {{"listen", options.listen},
         {"warning",
          "API keys and events travel in the clear: set tls_certificate_file and "
          "tls_key_file, or put a proxy with TLS before it"}});
  }
  if (has_keys || !options.tls.client_ca.empty()) {
    Log(LogLevel::kInfo, "access",
        {{"callers", "every caller needs an API key"}, {"has_keys", has_keys}});
    return;
  }
  const bool open = options.insecure_listen && !loopback;
  Log(open ? LogLevel::kWarn : LogLevel::kInfo, "access",
      {{"callers", open ? "there is no API key yet: whoever reaches this address may do "
                          "everything, since insecure_listen is set"
                        : "there is no API key yet: callers on this machine may do "
                          "everything in the tenant default, others nothing"},
       {"way_out",
        "`windrow api-key create` makes the first key; from then on every caller needs "
        "one"}});
}

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(std::min<std::int64_t>(absl::ToInt64Milliseconds(duration),
                                                 std::numeric_limits<int>::max()));
}

void SetLimits(const ServerOptions& options, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              kMinClientPingMs);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                              Milliseconds(options.max_connection_idle));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                              Milliseconds(options.max_connection_age));
  grpc::ResourceQuota quota("windrow");
  quota.Resize(static_cast<std::size_t>(options.max_memory));
  builder->SetResourceQuota(quota);
}

// gRPC's own form of a connection that was accepted outside of it.
ConnectionAcceptor::Take HandTo(
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> incoming) {
  const std::shared_ptr<grpc::experimental::ExternalConnectionAcceptor> shared =
      std::move(incoming);
  return [shared](int socket) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = socket;
    shared->HandleNewConnection(&connection);
  };
}

class GrpcServer final : public Server {
 public:
  GrpcServer(const ServerStores& stores, const ServerOptions& options,
             metrics::Registry& registry)
      : publish_metrics_(PublishMetrics::In(registry)),
        access_(stores.access,
                {.policy = {.client_certificates = !options.tls.client_ca.empty(),
                            .insecure_listen = options.insecure_listen}},
                AccessMetrics(registry)),
        committer_(stores.events, stores.event_types, stores.webhooks, options.committer,
                   publish_metrics_),
        streams_(access_, committer_.queue(), options.streams, publish_metrics_),
        notices_(stores.webhooks, committer_.queue(), options.notice_interval),
        operations_(stores.operations, stores.deliveries, options.operation_interval,
                    OperationMetrics::In(registry)),
        changes_(stores.changes, options.watch, WatchMetrics::In(registry)),
        executor_(options.executor_threads, options.max_queued_calls,
                  options.max_queued_bytes),
        calls_(access_, executor_, RpcMetrics(registry)),
        watch_(stores.ping, options.ping_interval,
               [this](const absl::Status& status) { SetServing(status.ok()); }),
        refused_connections_(registry.AddCounter(
            "windrow_refused_connections_total",
            "Connections that were closed at once, for max_connections were open.")) {
    services_.push_back(MakeWebhookService(calls_, stores.webhooks, stores.event_types,
                                           stores.events, options.urls));
    services_.push_back(MakeEventService(calls_, streams_, committer_.queue(),
                                         stores.events, stores.webhooks,
                                         publish_metrics_));
    services_.push_back(MakeEventTypeService(calls_, stores.event_types));
    services_.push_back(MakeOperationService(calls_, stores.operations, stores.webhooks));
    services_.push_back(MakeDeliveryService(access_, calls_, stores.deliveries,
                                            stores.control, changes_,
                                            RpcMetrics(registry)));
    services_.push_back(MakeStatsService(calls_, stores.stats));
    services_.push_back(MakeApiKeyService(calls_, stores.access, access_));
    services_.push_back(MakeAuditService(calls_, stores.audit));
  }

  ~GrpcServer() override { Shutdown(absl::ZeroDuration()); }

  absl::Status Listen(const ServerOptions& options) {
    WINDROW_ASSIGN_OR_RETURN(
        acceptor_, ConnectionAcceptor::Listen(options.listen, options.max_connections,
                                              refused_connections_));
    grpc::ServerBuilder builder;
    SetLimits(options, &builder);
    WINDROW_ASSIGN_OR_RETURN(const auto credentials, MakeServerCredentials(options.tls));
    auto incoming = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        credentials);
    for (const auto& service : services_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return absl::InternalError("gRPC did not start");
    SetServing(false);
    if (access_.Refresh().ok()) TellAccess(options, access_.HasKeys());
    access_.Start();
    acceptor_->Start(HandTo(std::move(incoming)));
    watch_.Start();
    notices_.Start();
    operations_.Start();
    changes_.Start();
    return absl::OkStatus();
  }

  int port() const override { return acceptor_->port(); }
  absl::Status Ready() const override { return watch_.status(); }

  void Shutdown(absl::Duration limit) override {
    if (server_ == nullptr) return;
    access_.Stop();
    watch_.Stop();
    notices_.Stop();
    operations_.Stop();
    changes_.Stop();
    SetServing(false);
    const absl::Time deadline = absl::Now() + limit;
    streams_.Stop();
    if (streams_.WaitUntilClosed(limit) > 0) {
      absl::SleepFor(std::min(kLinger, deadline - absl::Now()));
    }
    acceptor_->Stop();
    server_->Shutdown(absl::ToChronoTime(deadline));
    server_->Wait();
    server_.reset();
  }

 private:
  void SetServing(bool serving) {
    server_->GetHealthCheckService()->SetServingStatus(serving);
  }

  const PublishMetrics publish_metrics_;
  // In the order of need: what is below uses what is above, and ends before it.
  Access access_;
  PublishCommitter committer_;
  PublishStreams streams_;
  NoticeLoop notices_;
  OperationLoop operations_;
  DeliveryWatch changes_;
  Executor executor_;
  UnaryCalls calls_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  DatabaseWatch watch_;
  const metrics::Counter refused_connections_;
  std::unique_ptr<ConnectionAcceptor> acceptor_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerStores& stores,
                                                      const ServerOptions& options,
                                                      metrics::Registry& registry) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto server = std::make_unique<GrpcServer>(stores, options, registry);
  WINDROW_RETURN_IF_ERROR(server->Listen(options));
  return server;
}

}  // namespace windrow::control_plane
