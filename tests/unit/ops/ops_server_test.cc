#include "common/http/ops_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>

namespace windrow::http {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A raw client: what it sends may be anything.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval bound{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void Send(const std::string& text) {
    (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // Up to `end`, or to the close of the connection.
  std::string ReadUntil(const std::string& end) {
    std::string all;
    char c;
    while (end.empty() || !all.ends_with(end)) {
      if (::recv(fd_, &c, 1, 0) != 1) break;
      all += c;
    }
    return all;
  }
  std::string ReadAll() { return ReadUntil(""); }

 private:
  int fd_;
  bool connected_ = false;
};

class OpsServerTest : public ::testing::Test {
 protected:
  void Start(OpsOptions options = {}) {
    options.ready = [this] {
      return ready_ ? absl::OkStatus() : absl::UnavailableError("no database");
    };
    auto server = OpsServer::Start(std::move(options), registry_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::string Get(const std::string& path) {
    Client client(server_->port());
    client.Send("GET " + path + " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    return client.ReadAll();
  }

  metrics::Registry registry_;
  std::atomic<bool> ready_{true};
  std::unique_ptr<OpsServer> server_;
};

TEST_F(OpsServerTest, ServesMetrics) {
  registry_.AddCounter("windrow_sent_total", "Requests.").Increment(3);
  Start();
  EXPECT_THAT(Get("/metrics"), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                                     HasSubstr("text/plain; version=0.0.4"),
                                     HasSubstr("\r\n\r\n# HELP windrow_sent_total"),
                                     HasSubstr("windrow_sent_total 3\n")));
}

TEST_F(OpsServerTest, ReadinessFollowsTheCallbackAndHealthDoesNot) {
  Start();
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("ready\n")));
  ready_ = false;
  EXPECT_THAT(Get("/readyz?verbose"),
              AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("not ready: no database\n")));
  EXPECT_THAT(Get("/healthz"),
              AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\nok\n")));
}

TEST_F(OpsServerTest, OtherPathsAndMethodsAreRefused) {
  Start();
  EXPECT_THAT(Get("/"), AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("/metrics")));
  Client client(server_->port());
  client.Send("DELETE /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadAll(),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")));
}

TEST_F(OpsServerTest, HeadHasNoBody) {
  Start();
  Client client(server_->port());
  client.Send("HEAD /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadAll(),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Length: 3\r\n"),
                    EndsWith("\r\n\r\n")));
}

TEST_F(OpsServerTest, OneConnectionServesManyRequests) {
  Start();
  Client client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.Send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    EXPECT_THAT(client.ReadUntil("ok\n"), StartsWith("HTTP/1.1 200 "));
  }
}

TEST_F(OpsServerTest, ALongHeaderIsRefused) {
  Start({.max_header_bytes = 1024});
  Client client(server_->port());
  client.Send("GET /healthz HTTP/1.1\r\nx: " + std::string(5000, 'y') + "\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), AllOf(StartsWith("HTTP/1.1 431 "),
                                      HasSubstr("the header is over 1024 bytes")));
}

TEST_F(OpsServerTest, ABodyIsRefused) {
  Start();
  Client client(server_->port());
  client.Send("GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello");
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(OpsServerTest, WhatIsNotHttpIsRefused) {
  Start();
  Client client(server_->port());
  client.Send(std::string("\x16\x03\x01\x00\xff\r\n\r\n", 9));
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 400 "));
}

TEST_F(OpsServerTest, ASlowClientIsClosed) {
  Start({.client_timeout = absl::Milliseconds(50)});
  Client client(server_->port());
  client.Send("GET /healthz HTT");
  EXPECT_EQ(client.ReadAll(), "");  // returns because the server closed
}

TEST_F(OpsServerTest, ConnectionsOverTheLimitAreClosedAndPlacesComeBack) {
  Start({.max_connections = 2});
  auto first = std::make_unique<Client>(server_->port());
  Client second(server_->port());
  for (Client* client : {first.get(), &second}) {
    client->Send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    EXPECT_THAT(client->ReadUntil("ok\n"), StartsWith("HTTP/1.1 200 "));
  }
  Client third(server_->port());
  third.Send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_EQ(third.ReadAll(), "");
  first.reset();
  std::string answer;
  for (int i = 0; i < 1000 && answer.empty(); ++i) answer = Get("/healthz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
}

TEST_F(OpsServerTest, ATakenPortIsNamedWithTheWayOut) {
  Start();
  const std::string taken = "127.0.0.1:" + std::to_string(server_->port());
  const auto second = OpsServer::Start({.listen = taken}, registry_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              AllOf(StartsWith(taken), HasSubstr("set ops_listen to a free one")));
}

TEST_F(OpsServerTest, StopsWithClientsConnected) {
  Start();
  Client idle(server_->port());
  Client half(server_->port());
  half.Send("GET /heal");
  server_.reset();
  EXPECT_EQ(half.ReadAll(), "");
}

}  // namespace
}  // namespace windrow::http
