#include "tests/bench/sink_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace windrow::bench {
namespace {

constexpr std::size_t kMostHeadBytes = 64 * 1024;
constexpr std::size_t kMostBodyBytes = 16 << 20;
constexpr std::size_t kReadBytes = 16 * 1024;

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(2);
}

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::size_t> ToNumber(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  std::size_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

enum class Path { kUnknown, kOk, kFail, kHang, kStats, kLatencies };

}  // namespace

struct SinkServer::Connection {
  int socket = -1;
  std::string in;          // read and not yet answered
  std::size_t filled = 0;  // bytes of `in` that count
  std::string out;         // answers that the socket did not take yet
  bool hanging = false;
};

// The head of one request, borrowed from the connection's bytes.
struct SinkServer::Head {
  Path path = Path::kUnknown;
  std::size_t size = 0;  // with the empty line
  std::size_t body_size = 0;
  ReceivedRequest request;

  // False where it is none that this server understands.
  bool Parse(std::string_view text);

 private:
  bool ParsePath(std::string_view line);
  bool ParseField(std::string_view name, std::string_view value);
};

bool SinkServer::Head::ParsePath(std::string_view line) {
  if (!line.ends_with(" HTTP/1.1")) return false;
  line.remove_suffix(9);
  if (line == "GET /stats") return path = Path::kStats, true;
  if (line == "GET /latencies") return path = Path::kLatencies, true;
  constexpr std::pair<std::string_view, Path> kPaths[] = {{"POST /ok/", Path::kOk},
                                                          {"POST /fail/", Path::kFail},
                                                          {"POST /hang/", Path::kHang}};
  for (const auto& [prefix, kind] : kPaths) {
    if (!line.starts_with(prefix)) continue;
    const auto number = ToNumber(line.substr(prefix.size()));
    if (!number) return false;
    path = kind;
    request.webhook = *number;
    return true;
  }
  return false;
}

bool SinkServer::Head::ParseField(std::string_view name, std::string_view value) {
  if (SameName(name, "content-length")) {
    const auto number = ToNumber(value);
    if (!number || *number > kMostBodyBytes) return false;
    body_size = *number;
  } else if (SameName(name, "webhook-id")) {
    request.id = value;
  } else if (SameName(name, "webhook-timestamp")) {
    request.timestamp = value;
  } else if (SameName(name, "webhook-signature")) {
    request.signature = value;
  }
  return !SameName(name, "transfer-encoding") && !SameName(name, "expect");
}

bool SinkServer::Head::Parse(std::string_view text) {
  size = text.size();
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (line.empty()) break;
    if (first) {
      if (!ParsePath(line)) return false;
      first = false;
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    if (!ParseField(line.substr(0, colon), value)) return false;
  }
  return !first;
}

SinkServer::SinkServer(DeliveryCheck& check, const SharedPage& page, std::size_t webhooks,
                       std::size_t hosts)
    : check_(check),
      page_(page),
      webhooks_(webhooks),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  Listen(INADDR_LOOPBACK);
  for (std::size_t i = 0; i < hosts; ++i) {
    Listen(0x7f010000u + static_cast<std::uint32_t>(i));
  }
}

SinkServer::~SinkServer() {
  for (const int listener : listeners_) close(listener);
  for (const auto& connection : connections_) {
    if (connection != nullptr) close(connection->socket);
  }
  close(epoll_);
}

void SinkServer::Listen(std::uint32_t address) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(address);
  name.sin_port = htons(port_);
  socklen_t size = sizeof name;
  if (bind(listener, reinterpret_cast<sockaddr*>(&name), size) != 0) Die("bind");
  if (listen(listener, 4'096) != 0) Die("listen");
  getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size);
  port_ = ntohs(name.sin_port);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, listener, &event) != 0) Die("epoll_ctl");
  listeners_.insert(std::upper_bound(listeners_.begin(), listeners_.end(), listener),
                    listener);
}

void SinkServer::Accept(int listener) {
  while (true) {
    const int socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      if (errno == EAGAIN) return;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      Die("accept");
    }
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto index = static_cast<std::size_t>(socket);
    if (connections_.size() <= index) connections_.resize(index + 1);
    connections_[index] = std::make_unique<Connection>();
    connections_[index]->socket = socket;
    epoll_event event{.events = EPOLLIN | EPOLLRDHUP, .data = {.fd = socket}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) Die("epoll_ctl");
  }
}

void SinkServer::Run(int stop) {
  epoll_event stop_event{.events = EPOLLIN, .data = {.fd = stop}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, stop, &stop_event) != 0) Die("epoll_ctl");
  epoll_event events[256];
  while (true) {
    const int count = epoll_wait(epoll_, events, static_cast<int>(std::size(events)), -1);
    if (count < 0 && errno != EINTR) Die("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const int socket = events[i].data.fd;
      if (socket == stop) return;
      if (std::binary_search(listeners_.begin(), listeners_.end(), socket)) {
        Accept(socket);
        continue;
      }
      Connection* connection = connections_[static_cast<std::size_t>(socket)].get();
      if (!Serve(connection)) Close(socket);
    }
  }
}

void SinkServer::Close(int socket) {
  close(socket);
  connections_[static_cast<std::size_t>(socket)].reset();
}

bool SinkServer::Serve(Connection* connection) {
  while (true) {
    std::string& in = connection->in;
    if (in.size() - connection->filled < kReadBytes) {
      in.resize(std::max(in.size() * 2, 2 * kReadBytes));
    }
    const std::size_t room = in.size() - connection->filled;
    const ssize_t got = recv(connection->socket, in.data() + connection->filled, room, 0);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    connection->filled += static_cast<std::size_t>(got);
    if (!AnswerAll(connection)) return false;
    if (static_cast<std::size_t>(got) < room) return true;
  }
}

// Answers each request that is complete; keeps what is left of the bytes.
bool SinkServer::AnswerAll(Connection* connection) {
  std::string_view text(connection->in.data(), connection->filled);
  std::string& out = connection->out;
  while (!text.empty() && !connection->hanging) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      if (text.size() > kMostHeadBytes) return check_.CountProtocolFault(), false;
      break;
    }
    Head head;
    if (!head.Parse(text.substr(0, end + 4)) || head.request.webhook >= webhooks_) {
      return check_.CountProtocolFault(), false;
    }
    if (text.size() < head.size + head.body_size) break;
    Answer(head, text.substr(head.size, head.body_size), &out);
    connection->hanging = head.path == Path::kHang;
    text.remove_prefix(head.size + head.body_size);
  }
  if (text.size() != connection->filled) {
    std::copy(text.begin(), text.end(), connection->in.begin());
    connection->filled = text.size();
  }
  if (out.empty()) return true;
  // Answers are small and the peer waits for them: a full socket buffer is a broken peer.
  const ssize_t put = send(connection->socket, out.data(), out.size(), MSG_NOSIGNAL);
  const bool whole = put == static_cast<ssize_t>(out.size());
  out.clear();
  return whole;
}

bool SinkServer::IsAway(std::size_t webhook) const {
  return webhook < page_.away.load(std::memory_order_relaxed);
}

void SinkServer::Answer(const Head& head, std::string_view body, std::string* out) {
  if (head.path == Path::kStats || head.path == Path::kLatencies) {
    const std::string json =
        head.path == Path::kStats ? check_.ToJson() : check_.TakeLatencies();
    *out += "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " +
            std::to_string(json.size()) + "\r\n\r\n" + json;
    return;
  }
  check_.CountRequest();
  ReceivedRequest request = head.request;
  request.body = body;
  const bool away = IsAway(request.webhook);
  const bool taken =
      head.path == Path::kHang || away ? check_.Look(request) : check_.Take(request);
  if (head.path == Path::kHang) return;
  if (!taken) {
    *out += "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
  } else if (away) {
    *out += "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
  } else if (head.path == Path::kFail) {
    *out += "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";
  } else {
    *out +=
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n"
        "\r\n{\"ok\":true}";
  }
}

}  // namespace windrow::bench
