// The sample receiver: takes deliveries on any path, verifies them, and prints a line for
// each. For trying things out; examples/receiver shows one for production.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <iosfwd>
#include <memory>

#include "cli/dev/verifier.h"
#include "common/base/settings.h"

namespace windrow::cli {

struct ReceiverOptions {
  config::HostPort listen;  // port 0: a free one
  std::size_t max_body_bytes = 4u << 20;
  std::size_t max_header_bytes = 64u << 10;
  int max_connections = 512;  // more are closed at once
  absl::Duration client_timeout = absl::Seconds(30);
};

// Answers 204 to what is verified, also when it comes again, and 401 to the rest. GET
// /healthz answers 200. One thread.
class Receiver {
 public:
  // `out` takes the lines, on the receiver's thread, and must outlive it.
  static absl::StatusOr<std::unique_ptr<Receiver>> Start(const ReceiverOptions& options,
                                                         Verifier verifier,
                                                         std::ostream& out);
  ~Receiver();
  std::uint16_t port() const;

 private:
  class Impl;
  explicit Receiver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// "3 items: ticket.created, ticket.closed" of a delivery's body.
std::string BodySummary(const std::string& body);

}  // namespace windrow::cli
