// A real endpoint on loopback that does, byte by byte, what a test tells it to.
//
//   RawReceiver receiver([](RawConnection& peer) {
//     peer.ReadRequest();
//     peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
//   });
//   Post(receiver.Url("/hook"));
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/certificates.h"

namespace windrow::testing_support {

class RawReceiver;

// One accepted connection. The script's return closes it.
class RawConnection {
 public:
  // Counts from 0, in the order of accepting.
  int index() const { return index_; }

  // Whom the client's certificate names, or "".
  std::string ClientName() const;
  // A whole request, its body by content-length; nullopt where the peer has closed, or
  // the receiver stops, before. Also kept for RawReceiver::requests().
  std::optional<std::string> ReadRequest();
  // One byte at least; nullopt likewise.
  std::optional<std::string> ReadSome();
  // False where the peer is gone or the receiver stops.
  bool Send(std::string_view bytes);
  // Send, a byte at a time.
  bool SendSlowly(std::string_view bytes, std::chrono::milliseconds between);
  // False where the receiver stopped meanwhile.
  bool Pause(std::chrono::milliseconds time);
  // Until the peer closes or the receiver stops.
  void WaitForClose();
  // Ends with RST in place of FIN.
  void Reset();

 private:
  friend class RawReceiver;
  struct SslDeleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  RawConnection(RawReceiver* receiver, int socket, int index)
      : receiver_(receiver), socket_(socket), index_(index) {}
  bool Handshake(SSL_CTX* context);

  RawReceiver* receiver_;
  int socket_;
  int index_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  std::string unread_;
};

class RawReceiver {
 public:
  // Runs on a thread of its own for each connection.
  using Script = std::function<void(RawConnection&)>;

  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: a free one
    // Speaks TLS with it where set.
    const Certificate* certificate = nullptr;
    // Wants a client certificate that this one signed, where set.
    const Certificate* clients = nullptr;
    // The newest protocol it speaks, such as TLS1_1_VERSION; 0: OpenSSL's.
    int newest_tls = 0;
  };

  explicit RawReceiver(Script script) : RawReceiver(std::move(script), Options{}) {}
  RawReceiver(Script script, Options options);
  // Ends all connections and waits for their scripts.
  ~RawReceiver();
  RawReceiver(const RawReceiver&) = delete;
  RawReceiver& operator=(const RawReceiver&) = delete;

  std::uint16_t port() const { return port_; }
  // "http://127.0.0.1:40001/hook"; https where it has a certificate.
  std::string Url(std::string_view path = "/") const;
  // The same under another host.
  std::string UrlOf(std::string_view host, std::string_view path = "/") const;
  int connections() const { return connections_.load(); }
  std::vector<std::string> requests() const;
  // False where there are fewer after `limit`.
  bool WaitForRequests(std::size_t count,
                       std::chrono::milliseconds limit = std::chrono::seconds(10)) const;

 private:
  friend class RawConnection;
  struct Served {
    std::unique_ptr<RawConnection> connection;
    std::thread thread;
  };

  void Accept();
  void Serve(RawConnection* connection);
  void Keep(const std::string& request);

  const Script script_;
  const Options options_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool stopping_ = false;
  std::vector<std::string> requests_;
  std::list<Served> served_;
  std::thread acceptor_;
};

// "HTTP/1.1 200 OK" with a content-length, ready to send.
std::string OkResponse(std::string_view body = "");

}  // namespace windrow::testing_support
