// What libcurl tells an exchange, and asks it, while the request is out.
#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>

#include "common/http/exchange.h"
#include "common/http/header_text.h"
#include "common/http/origin.h"

namespace windrow::http {
namespace {

// Where a header has more lines than any real one, its bytes alone are no measure of
// what it costs.
constexpr std::size_t kMaxHeaderLines = 1000;
constexpr std::size_t kMaxRefusedText = 500;

std::string_view TrimSpace(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

int StatusOf(std::string_view status_line) {
  const std::size_t space = status_line.find(' ');
  int status = 0;
  if (space != std::string_view::npos) {
    std::from_chars(status_line.data() + space + 1,
                    status_line.data() + status_line.size(), status);
  }
  return status;
}

}  // namespace

bool Exchange::OnHeaderLine(std::string_view line) {
  header_bytes_ += line.size();
  ++header_lines_;
  if (header_complete_) return true;  // a chunked body's trailer
  // Interim responses count, too: a flood of them is no way around the limits.
  if (header_bytes_ > context_->options.max_header_bytes ||
      header_lines_ > kMaxHeaderLines) {
    too_large_ = true;
    return false;
  }
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return OnHeaderEnd();
  if (response_.status == 0) {
    response_.status = StatusOf(line);
    // 101 ends HTTP on this connection; nothing final would follow it.
    interim_ =
        response_.status >= 100 && response_.status < 200 && response_.status != 101;
    return true;
  }
  if (interim_) return true;
  response_.headers.append(line).append("\r\n");
  constexpr std::string_view kRetryAfter = "retry-after:";
  if (StartsWithIgnoringCase(line, kRetryAfter) && !response_.retry_after) {
    response_.retry_after = std::string(TrimSpace(line.substr(kRetryAfter.size())));
  }
  return true;
}

bool Exchange::OnHeaderEnd() {
  if (interim_) {
    response_.status = 0;
    interim_ = false;
    return true;
  }
  header_at_ = std::chrono::steady_clock::now();
  if (absl::FromChrono(header_at_ - pending_.started) > pending_.request.timeout) {
    header_late_ = true;
    return false;
  }
  header_complete_ = true;
  std::list<Exchange*>& reading = context_->reading_bodies;
  reading.splice(reading.end(), link_, place_);
  linked_ = true;
  return true;
}

void Exchange::Unlink() {
  if (!linked_) return;
  link_.splice(link_.end(), context_->reading_bodies, place_);
  linked_ = false;
}

std::size_t Exchange::OnBody(std::string_view bytes) {
  const SenderOptions& options = context_->options;
  response_.body_bytes += static_cast<std::int64_t>(bytes.size());
  if (response_.body.size() < options.max_kept_body) {
    response_.body.append(bytes.substr(0, options.max_kept_body - response_.body.size()));
  }
  if (response_.body_bytes < options.max_body_bytes) return bytes.size();
  body_cut_ = true;
  return CURL_WRITEFUNC_ERROR;
}

curl_socket_t Exchange::OnOpenSocket(const curl_sockaddr& address) {
  const std::optional<IpAddress> ip = IpAddress::FromSockaddr(&address.addr);
  if (!ip) return CURL_SOCKET_BAD;
  const absl::Status allowed =
      context_->options.address_rules.Check(*ip, origin_->url.port);
  if (!allowed.ok()) {
    if (!refused_.empty()) refused_ += "; ";
    if (refused_.size() < kMaxRefusedText) refused_ += std::string(allowed.message());
    return CURL_SOCKET_BAD;
  }
  const int socket = ::socket(
      address.family, address.socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.protocol);
  if (socket < 0) {
    socket_error_ = errno;
    return CURL_SOCKET_BAD;
  }
  ++sockets_opened_;
  opened_since_send_ = true;
  return socket;
}

bool Exchange::OnBeforeSend(const char* ip, int port) {
  ++sends_;
  // libcurl sends once more where a kept-alive connection was closed under the request,
  // and would go on to the next kept-alive one, five times. One resend is what is
  // promised, and it goes over a new connection.
  if (sends_ > 1 && !opened_since_send_) {
    resend_wanted_ = true;
    return false;
  }
  opened_since_send_ = false;
  const std::optional<IpAddress> address = IpAddress::Parse(ip);
  const absl::Status allowed =
      address ? context_->options.address_rules.Check(*address,
                                                      static_cast<std::uint16_t>(port))
              : absl::PermissionDeniedError(fmt::format("{} is no address", ip));
  if (allowed.ok()) return true;
  refused_ = std::string(allowed.message());
  sockets_opened_ = 0;
  return false;
}

std::size_t Exchange::HeaderCallback(char* data, std::size_t size, std::size_t count,
                                     void* self) {
  const bool go_on = static_cast<Exchange*>(self)->OnHeaderLine({data, size * count});
  return go_on ? size * count : CURL_WRITEFUNC_ERROR;
}

std::size_t Exchange::BodyCallback(char* data, std::size_t size, std::size_t count,
                                   void* self) {
  return static_cast<Exchange*>(self)->OnBody({data, size * count});
}

curl_socket_t Exchange::OpenSocketCallback(void* self, curlsocktype /*purpose*/,
                                           curl_sockaddr* address) {
  return static_cast<Exchange*>(self)->OnOpenSocket(*address);
}

int Exchange::CloseSocketCallback(void* poller, curl_socket_t socket) {
  static_cast<SocketPoller*>(poller)->Close(socket);
  return 0;
}

int Exchange::BeforeSendCallback(void* self, char* remote_ip, char* /*local_ip*/,
                                 int remote_port, int /*local_port*/) {
  const bool go_on = static_cast<Exchange*>(self)->OnBeforeSend(remote_ip, remote_port);
  return go_on ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

CURLcode Exchange::TlsCallback(CURL* /*easy*/, void* tls, void* self) {
  static_cast<Exchange*>(self)->context_->roots.Install(static_cast<SSL_CTX*>(tls));
  return CURLE_OK;
}

}  // namespace windrow::http
