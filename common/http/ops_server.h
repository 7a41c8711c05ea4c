// The page for operators and orchestrators: GET /metrics, /healthz and /readyz over plain
// HTTP/1.1. One thread, loopback by default; it holds against slow and greedy clients,
// but has no access control: keep it off public networks.
//
//   /healthz  200 while the process runs
//   /readyz   200 where `ready` says OK, else 503 with its message
//   /metrics  Prometheus' text format
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/metrics.h"

namespace windrow::http {

struct OpsOptions {
  std::string listen = "127.0.0.1:0";  // HOST:PORT; port 0 takes a free one
  // Called on the ops thread for each /readyz: it must answer quickly, from what is
  // already known.
  std::function<absl::Status()> ready;
  std::size_t max_header_bytes = 8 * 1024;
  int max_connections = 64;  // more are closed at once
  // For a request's header to come, an answer to leave, and between two requests.
  absl::Duration client_timeout = absl::Seconds(10);
};

class OpsServer {
 public:
  // `registry` must outlive the server. UNAVAILABLE, with the address and the way out,
  // where it cannot be listened on.
  static absl::StatusOr<std::unique_ptr<OpsServer>> Start(
      OpsOptions options, const metrics::Registry& registry);
  // Closes every connection and joins the thread.
  ~OpsServer();

  std::uint16_t port() const;

 private:
  class Impl;
  explicit OpsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace windrow::http
