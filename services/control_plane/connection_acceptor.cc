#include "services/control_plane/connection_acceptor.h"

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/log.h"
#include "common/base/settings.h"
#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

constexpr int kBacklog = 1'024;
constexpr int kAcceptAtOnce = 256;  // then the other ports, and a stop, are looked at
// Data that the other end does not acknowledge: its machine is gone.
constexpr unsigned kUserTimeoutMs = 20'000;
constexpr absl::Duration kCountAgain = absl::Milliseconds(20);
constexpr absl::Duration kWarnAgain = absl::Seconds(10);
constexpr int kPauseMs = 50;

std::uint64_t InodeOf(int socket) {
  struct stat found {};
  return ::fstat(socket, &found) == 0 && S_ISSOCK(found.st_mode) ? found.st_ino : 0;
}

void SetOption(int socket, int level, int option, unsigned value) {
  ::setsockopt(socket, level, option, &value, sizeof value);
}

std::uint16_t PortOf(int listener) {
  sockaddr_in6 address{};
  socklen_t size = sizeof address;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);  // where sockaddr_in has it as well
}

}  // namespace

void OpenConnections::Add(int socket) { entries_.push_back({socket, InodeOf(socket)}); }

std::size_t OpenConnections::Count() {
  std::erase_if(entries_, [](const Entry& entry) {
    return entry.inode == 0 || InodeOf(entry.socket) != entry.inode;
  });
  return entries_.size();
}

ConnectionAcceptor::ConnectionAcceptor(int max_connections, metrics::Counter refused)
    : max_connections_(static_cast<std::size_t>(max_connections)), refused_(refused) {}

ConnectionAcceptor::~ConnectionAcceptor() { Stop(); }

absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> ConnectionAcceptor::Listen(
    const std::string& listen, int max_connections, metrics::Counter refused) {
  WINDROW_ASSIGN_OR_RETURN(const config::HostPort address,
                           config::HostPort::Parse(listen));
  auto acceptor = std::unique_ptr<ConnectionAcceptor>(
      new ConnectionAcceptor(max_connections, refused));
  const absl::Status listens = acceptor->ListenOn(address.host, address.port);
  if (!listens.ok()) {
    return absl::UnavailableError(fmt::format(
        "cannot listen on {} ({}): is another server running there? Stop it, or choose "
        "another address with --listen",
        listen, std::string(listens.message())));
  }
  acceptor->stop_event_ = ::eventfd(0, EFD_CLOEXEC);
  if (acceptor->stop_event_ < 0) return absl::UnavailableError("no descriptor is left");
  return acceptor;
}

absl::Status ConnectionAcceptor::ListenOn(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return absl::NotFoundError(::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found,
                                                                   &::freeaddrinfo);
  port_ = port;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    const int listener =
        ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) continue;  // a machine without IPv6 has names with such addresses
    listeners_.push_back(listener);
    SetOption(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    // Where port 0 was asked for, the first address has chosen one for all.
    const auto place = reinterpret_cast<sockaddr_in6*>(one->ai_addr);
    place->sin6_port = htons(port_);
    if (::bind(listener, one->ai_addr, one->ai_addrlen) != 0 ||
        ::listen(listener, kBacklog) != 0) {
      return absl::UnavailableError(std::strerror(errno));
    }
    port_ = PortOf(listener);
  }
  return listeners_.empty() ? absl::UnavailableError("no such address")
                            : absl::OkStatus();
}

void ConnectionAcceptor::Start(Take take) {
  take_ = std::move(take);
  thread_ = std::thread([this] { Run(); });
}

void ConnectionAcceptor::Stop() {
  if (thread_.joinable()) {
    ::eventfd_write(stop_event_, 1);
    thread_.join();
  }
  for (const int listener : std::exchange(listeners_, {})) ::close(listener);
  if (stop_event_ >= 0) ::close(std::exchange(stop_event_, -1));
}

void ConnectionAcceptor::Run() {
  sigset_t all;  // signals are the main thread's
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::vector<pollfd> waited = {{stop_event_, POLLIN, 0}};
  for (const int listener : listeners_) waited.push_back({listener, POLLIN, 0});
  while (waited.front().revents == 0) {
    if (::poll(waited.data(), waited.size(), -1) < 0) continue;
    for (const pollfd& one : waited) {
      if (one.fd != stop_event_ && one.revents != 0) AcceptSome(one.fd);
    }
  }
}

void ConnectionAcceptor::AcceptSome(int listener) {
  for (int i = 0; i < kAcceptAtOnce; ++i) {
    const int socket =
        ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      // Out of descriptors or memory, until something ends.
      Log(LogLevel::kWarn, "accept_failed", {{"error", std::strerror(errno)}});
      ::poll(nullptr, 0, kPauseMs);
      return;
    }
    if (!HasRoom()) {
      Refuse(socket);
      continue;
    }
    SetOption(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    SetOption(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
    open_.Add(socket);
    ++most_open_;
    take_(socket);
  }
}

bool ConnectionAcceptor::HasRoom() {
  if (most_open_ < max_connections_) return true;
  const absl::Time now = absl::Now();
  if (now - counted_at_ < kCountAgain) return false;
  counted_at_ = now;
  most_open_ = open_.Count();
  return most_open_ < max_connections_;
}

void ConnectionAcceptor::Refuse(int socket) {
  ::close(socket);
  refused_.Increment();
  const absl::Time now = absl::Now();
  if (now - warned_at_ < kWarnAgain) return;
  warned_at_ = now;
  Log(LogLevel::kWarn, "connections_refused",
      {{"max_connections", max_connections_},
       {"help", "more connect than may; see max_connections"}});
}

}  // namespace windrow::control_plane
