#include "services/control_plane/connection_acceptor.h"

#include <absl/time/clock.h>
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

namespace windrow::control_plane {
namespace {

using ::testing::HasSubstr;

constexpr int kLongMs = 10'000;

// A client's end of a connection.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Peer() { ::close(socket_); }
  bool connected() const { return connected_; }
  // Waits for the other end to close.
  bool IsClosed() const {
    pollfd waited{socket_, POLLIN, 0};
    char byte = 0;
    return ::poll(&waited, 1, kLongMs) == 1 && ::recv(socket_, &byte, 1, 0) <= 0;
  }

 private:
  int socket_;
  bool connected_ = false;
};

// Keeps what it is given, as gRPC would.
class Taker {
 public:
  ~Taker() { CloseAll(); }
  void Take(int socket) {
    std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    changed_.notify_all();
  }
  bool WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(kLongMs),
                             [&] { return sockets_.size() == count; });
  }
  void CloseAll() {
    std::lock_guard lock(mutex_);
    for (const int socket : std::exchange(sockets_, {})) ::close(socket);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> sockets_;
};

std::unique_ptr<ConnectionAcceptor> Start(Taker* taker, int max_connections) {
  auto acceptor = ConnectionAcceptor::Listen("127.0.0.1:0", max_connections, {});
  EXPECT_TRUE(acceptor.ok()) << acceptor.status();
  (*acceptor)->Start([taker](int socket) { taker->Take(socket); });
  return *std::move(acceptor);
}

TEST(ConnectionAcceptorTest, ConnectionsBeyondTheLimitAreClosedAndTheOthersKept) {
  Taker taker;
  const auto acceptor = Start(&taker, 2);
  const Peer first(acceptor->port());
  const Peer second(acceptor->port());
  ASSERT_TRUE(taker.WaitFor(2));
  const Peer third(acceptor->port());
  EXPECT_TRUE(third.IsClosed());
}

TEST(ConnectionAcceptorTest, OnesThatWereClosedMakeRoom) {
  Taker taker;
  const auto acceptor = Start(&taker, 2);
  const Peer first(acceptor->port());
  const Peer second(acceptor->port());
  ASSERT_TRUE(taker.WaitFor(2));
  taker.CloseAll();
  // What opened with the same number since is no connection of ours.
  const std::ifstream other("/proc/self/stat");
  const Peer third(acceptor->port());
  const Peer fourth(acceptor->port());
  EXPECT_TRUE(taker.WaitFor(2));
}

TEST(ConnectionAcceptorTest, OneWithoutADescriptorIsAcceptedOnceThereIsOne) {
  Taker taker;
  const auto acceptor = Start(&taker, 100);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  // One more for the peer, none for the other end.
  const rlimit tight{static_cast<rlim_t>(lowest_free) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const Peer peer(acceptor->port());
  EXPECT_TRUE(peer.connected());
  const absl::Time until = absl::Now() + absl::Milliseconds(120);
  while (absl::Now() < until) absl::SleepFor(absl::Milliseconds(10));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(taker.WaitFor(1));
}

TEST(ConnectionAcceptorTest, APortThatIsTakenIsNamed) {
  const auto first = ConnectionAcceptor::Listen("127.0.0.1:0", 1, {});
  ASSERT_TRUE(first.ok());
  const std::string address = "127.0.0.1:" + std::to_string((*first)->port());
  const auto second = ConnectionAcceptor::Listen(address, 1, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("cannot listen on " + address));
}

TEST(ConnectionAcceptorTest, StopClosesThePort) {
  Taker taker;
  const auto acceptor = Start(&taker, 1);
  acceptor->Stop();
  EXPECT_FALSE(Peer(acceptor->port()).connected());
}

}  // namespace
}  // namespace windrow::control_plane
