// The gRPC server: the services, health and reflection, with their limits.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/metrics.h"
#include "common/store/access_store.h"
#include "common/store/audit_store.h"
#include "common/store/change_store.h"
#include "common/store/delivery_control.h"
#include "common/store/delivery_store.h"
#include "common/store/event_store.h"
#include "common/store/event_type_store.h"
#include "common/store/operation_store.h"
#include "common/store/stats_store.h"
#include "common/store/webhook_store.h"
#include "services/control_plane/delivery_watch.h"
#include "services/control_plane/publish_committer.h"
#include "services/control_plane/publish_stream.h"
#include "services/control_plane/tls.h"
#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {

// What a server needs, and must be outlived by.
struct ServerStores {
  store::WebhookStore& webhooks;
  store::EventTypeStore& event_types;
  store::EventStore& events;
  store::DeliveryStore& deliveries;
  store::DeliveryControl& control;
  store::OperationStore& operations;
  store::StatsStore& stats;
  store::ChangeStore& changes;
  store::AuditStore& audit;
  store::AccessStore& access;
  std::function<absl::Status()> ping;  // OK where the database answers
};

struct ServerOptions {
  std::string listen = "127.0.0.1:0";  // HOST:PORT; port 0 takes a free one
  TlsFiles tls;
  UrlPolicy urls;
  CommitterOptions committer;
  int executor_threads = 8;
  std::size_t max_queued_calls = 1'000;
  std::size_t max_queued_bytes = 64u << 20;  // of their requests
  StreamLimits streams;
  int max_connections = 1'000;            // those beyond are closed at once
  int max_streams = 256;                  // calls at once on one connection
  std::int64_t max_memory = 512LL << 20;  // of gRPC's buffers
  absl::Duration max_connection_idle = absl::InfiniteDuration();
  absl::Duration max_connection_age = absl::InfiniteDuration();  // open calls go on
  // Whether callers that are not of loopback are let in while there is no API key.
  bool insecure_listen = false;
  absl::Duration ping_interval = absl::Seconds(1);
  absl::Duration notice_interval = absl::Seconds(2);
  absl::Duration operation_interval = absl::Milliseconds(500);
  WatchLimits watch;
};

// The largest message that is taken: 1,000 small events, or one of the largest size.
inline constexpr int kMaxReceiveBytes = (4 << 20) + (64 << 10);

class Server {
 public:
  // UNAVAILABLE, with the way out, where the address cannot be listened on.
  // FAILED_PRECONDITION where the files of TLS do not do.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerStores& stores,
                                                       const ServerOptions& options,
                                                       metrics::Registry& registry);
  // As Shutdown, at once.
  virtual ~Server() = default;

  virtual int port() const = 0;
  // OK while the database answers; what grpc.health.v1 says as well. Never blocks.
  virtual absl::Status Ready() const = 0;
  // Takes no new calls, answers what streams have published, ends them with UNAVAILABLE,
  // and waits for calls under way, at most for `limit`; then they are cut off.
  virtual void Shutdown(absl::Duration limit) = 0;
};

}  // namespace windrow::control_plane
