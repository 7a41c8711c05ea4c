// What libcurl tells an exchange, and asks it, while the request is out.
#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>

#include "common/http/exchange.h"
#include "common/http/origin.h"

namespace windrow::http {
namespace {

constexpr std::size_t kMaxRefusedText = 500;

}  // namespace

bool Exchange::OnHeaderLine(std::string_view line) {
  switch (head_.Add(line)) {
    case ResponseHead::Step::kMore:
      return true;
    case ResponseHead::Step::kComplete:
      return OnHeaderEnd();
    case ResponseHead::Step::kTooLarge:
      break;
  }
  too_large_ = true;
  return false;
}

bool Exchange::OnHeaderEnd() {
  header_at_ = std::chrono::steady_clock::now();
  if (absl::FromChrono(header_at_ - pending_.started) > pending_.request.timeout) {
    header_late_ = true;
    return false;
  }
  header_complete_ = true;
  response_.status = head_.status();
  response_.headers = head_.TakeHeaders();
  response_.retry_after = head_.retry_after();
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
