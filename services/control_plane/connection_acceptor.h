// Listens for the gRPC server, and hands it as many connections as it may have.
//
// gRPC 1.51 by itself takes connections without end; and once accept() fails for want of
// a descriptor it never accepts again, until the process is restarted.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/metrics.h"

namespace windrow::control_plane {

// Sockets that belong to others by now, who do not tell when they close them. Not
// thread-safe.
class OpenConnections {
 public:
  // `socket` is open at this time.
  void Add(int socket);
  // Forgets those that were closed since; how many are left.
  std::size_t Count();

 private:
  // A descriptor's number is used again; a socket's inode number tells them apart.
  struct Entry {
    int socket;
    std::uint64_t inode;
  };
  std::vector<Entry> entries_;
};

class ConnectionAcceptor {
 public:
  // Owns the socket that it is given, which does not block.
  using Take = std::function<void(int socket)>;

  // Listens on every address of HOST:PORT; port 0 takes a free one. UNAVAILABLE, with the
  // way out, where that cannot be.
  static absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> Listen(
      const std::string& listen, int max_connections, metrics::Counter refused);
  // Stops.
  ~ConnectionAcceptor();

  std::uint16_t port() const { return port_; }
  // Hands connections to `take` from now on, on a thread of its own. Those beyond
  // max_connections are closed at once.
  void Start(Take take);
  // Closes the port. What was handed on is not touched.
  void Stop();

 private:
  ConnectionAcceptor(int max_connections, metrics::Counter refused);
  absl::Status ListenOn(const std::string& host, std::uint16_t port);
  void Run();
  // Takes of what waits at a port.
  void AcceptSome(int listener);
  bool HasRoom();
  void Refuse(int socket);

  const std::size_t max_connections_;
  const metrics::Counter refused_;
  std::uint16_t port_ = 0;
  std::vector<int> listeners_;
  int stop_event_ = -1;
  Take take_;
  OpenConnections open_;
  std::size_t most_open_ = 0;  // no fewer than are
  absl::Time counted_at_ = absl::InfinitePast();
  absl::Time warned_at_ = absl::InfinitePast();
  std::thread thread_;
};

}  // namespace windrow::control_plane
