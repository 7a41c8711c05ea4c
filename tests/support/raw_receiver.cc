#include "tests/support/raw_receiver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace windrow::testing_support {
namespace {

void Require(bool ok, const char* what) {
  if (ok) return;
  perror(what);
  std::abort();
}

std::size_t ContentLength(std::string header) {
  std::transform(header.begin(), header.end(), header.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t at = header.find("\r\ncontent-length:");
  if (at == std::string::npos) return 0;
  return std::strtoul(header.c_str() + at + 17, nullptr, 10);
}

}  // namespace

std::optional<std::string> RawConnection::ReadSome() {
  if (!unread_.empty()) return std::exchange(unread_, {});
  char buffer[16 * 1024];
  const auto size = ssl_ ? SSL_read(ssl_.get(), buffer, sizeof(buffer))
                         : recv(socket_, buffer, sizeof(buffer), 0);
  if (size <= 0) return std::nullopt;
  return std::string(buffer, static_cast<std::size_t>(size));
}

std::optional<std::string> RawConnection::ReadRequest() {
  std::string read;
  std::size_t wanted = std::string::npos;
  while (read.size() < wanted) {
    std::optional<std::string> more = ReadSome();
    if (!more) return std::nullopt;
    read += *more;
    const std::size_t end = read.find("\r\n\r\n");
    if (end != std::string::npos) wanted = end + 4 + ContentLength(read.substr(0, end));
  }
  unread_ = read.substr(wanted);
  read.resize(wanted);
  receiver_->Keep(read);
  return read;
}

bool RawConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size =
        ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
             : send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

bool RawConnection::SendSlowly(std::string_view bytes,
                               std::chrono::milliseconds between) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!Send(bytes.substr(i, 1)) || !Pause(between)) return false;
  }
  return true;
}

bool RawConnection::Pause(std::chrono::milliseconds time) {
  std::unique_lock lock(receiver_->mutex_);
  return !receiver_->changed_.wait_for(lock, time,
                                       [this] { return receiver_->stopping_; });
}

std::string RawConnection::ClientName() const {
  const X509* client = ssl_ ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
  if (client == nullptr) return "";
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(client), NID_commonName, name,
                            sizeof(name));
  return name;
}

void RawConnection::WaitForClose() {
  while (ReadSome()) {
  }
}

void RawConnection::Reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

bool RawConnection::Handshake(SSL_CTX* context) {
  ssl_.reset(SSL_new(context));
  return ssl_ && SSL_set_fd(ssl_.get(), socket_) == 1 && SSL_accept(ssl_.get()) == 1;
}

RawReceiver::RawReceiver(Script script, Options options)
    : script_(std::move(script)),
      options_(std::move(options)),
      tls_(nullptr, &SSL_CTX_free) {
  signal(SIGPIPE, SIG_IGN);  // SSL_write has no MSG_NOSIGNAL
  if (options_.certificate != nullptr) {
    tls_.reset(SSL_CTX_new(TLS_server_method()));
    Require(tls_ != nullptr, "SSL_CTX_new");
    options_.certificate->Install(tls_.get());
    if (options_.newest_tls != 0) {
      SSL_CTX_set_min_proto_version(tls_.get(), TLS1_VERSION);
      SSL_CTX_set_max_proto_version(tls_.get(), options_.newest_tls);
      SSL_CTX_set_security_level(tls_.get(), 0);  // else it speaks no old one
    }
    if (options_.clients != nullptr) {
      options_.clients->WantClients(tls_.get());
      constexpr unsigned char kContext = 1;  // else no session is taken up again
      SSL_CTX_set_session_id_context(tls_.get(), &kContext, 1);
    }
  }
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  inet_pton(AF_INET, options_.address.c_str(), &address.sin_addr);
  socklen_t size = sizeof(address);
  Require(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
  Require(listen(listener_, 1024) == 0, "listen");
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

RawReceiver::~RawReceiver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Served& served : served_) shutdown(served.connection->socket_, SHUT_RDWR);
  }
  changed_.notify_all();
  shutdown(listener_, SHUT_RDWR);  // ends accept
  acceptor_.join();
  for (Served& served : served_) {
    served.thread.join();
    close(served.connection->socket_);
  }
  close(listener_);
}

std::string RawReceiver::Url(std::string_view path) const {
  return UrlOf(options_.address, path);
}

std::string RawReceiver::UrlOf(std::string_view host, std::string_view path) const {
  return fmt::format("{}://{}:{}{}", tls_ ? "https" : "http", host, port_, path);
}

std::vector<std::string> RawReceiver::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool RawReceiver::WaitForRequests(std::size_t count,
                                  std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return requests_.size() >= count; });
}

void RawReceiver::Keep(const std::string& request) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  changed_.notify_all();
}

void RawReceiver::Accept() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int one = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      close(socket);
      return;
    }
    const int index = connections_.fetch_add(1);
    Served& served = served_.emplace_back();
    served.connection.reset(new RawConnection(this, socket, index));
    served.thread = std::thread([this, peer = served.connection.get()] { Serve(peer); });
  }
}

void RawReceiver::Serve(RawConnection* connection) {
  if (!tls_ || connection->Handshake(tls_.get())) {
    script_(*connection);
    if (connection->ssl_) SSL_shutdown(connection->ssl_.get());
  }
  // The descriptor itself stays ours until the end: no other thread may get its number
  // while the destructor still shuts it down. RST needs a real close, though.
  linger now{};
  socklen_t size = sizeof(now);
  getsockopt(connection->socket_, SOL_SOCKET, SO_LINGER, &now, &size);
  if (now.l_onoff != 0) {
    const std::lock_guard lock(mutex_);
    const int socket = std::exchange(connection->socket_, -1);
    close(socket);
  } else {
    shutdown(connection->socket_, SHUT_RDWR);
  }
}

std::string OkResponse(std::string_view body) {
  return fmt::format("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", body.size(),
                     body);
}

}  // namespace windrow::testing_support
