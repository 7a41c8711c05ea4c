#include "common/http/error_kind.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace windrow::http {
namespace {

Failure Reset(std::string_view text) {
  if (text.empty())
    text = "the connection was closed before the response header was complete";
  return {ErrorKind::kReset, std::string(text)};
}

Failure ConnectFailure(const TransferFacts& facts) {
  if (facts.sockets_opened == 0 && !facts.refused.empty()) {
    return {ErrorKind::kRefusedAddress, std::string(facts.refused)};
  }
  if (facts.socket_error != 0) {
    return {ErrorKind::kInternal,
            fmt::format("no socket: {}", std::strerror(facts.socket_error))};
  }
  // It was accepted and reset before libcurl looked at it: no other end says that.
  if (facts.connect_error == ECONNRESET) return Reset(facts.error_text);
  std::string detail(facts.error_text);
  if (facts.connect_error != 0) {
    detail += fmt::format(" ({})", std::strerror(facts.connect_error));
  }
  return {ErrorKind::kConnect, std::move(detail)};
}

}  // namespace

const char* ToString(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNone:
      return "none";
    case ErrorKind::kDns:
      return "dns";
    case ErrorKind::kRefusedAddress:
      return "refused address";
    case ErrorKind::kConnect:
      return "connect";
    case ErrorKind::kTls:
      return "tls";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kReset:
      return "reset";
    case ErrorKind::kTooLarge:
      return "too large";
    case ErrorKind::kProtocol:
      return "protocol";
    case ErrorKind::kInternal:
      return "internal";
    case ErrorKind::kToken:
      return "token";
  }
  return "unknown";
}

Failure Classify(const TransferFacts& facts) {
  const std::string text(facts.error_text);
  if (facts.header_too_large) {
    return {ErrorKind::kTooLarge, "the response header is over the limit"};
  }
  if (facts.header_late) {
    return {ErrorKind::kTimeout,
            "the response header was complete after the timeout only"};
  }
  switch (facts.code) {
    case CURLE_OK:  // libcurl takes a header that ends early for a whole one
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      return Reset(text);
    case CURLE_RECV_ERROR:
      // Debian's libcurl has a limit of its own on the whole header.
      if (text.starts_with("Too large response headers")) {
        return {ErrorKind::kTooLarge, text};
      }
      // TLS 1.3 tells of a client certificate that it misses, or does not take, once the
      // client takes the handshake for complete.
      if (text.find("SSL routines") != text.npos && text.find("alert") != text.npos) {
        return {ErrorKind::kTls, text};
      }
      return Reset(text);
    case CURLE_OUT_OF_MEMORY:
      // What libcurl says to a header line over 100 KiB, too.
      if (facts.header_begun) {
        return {ErrorKind::kTooLarge, "a line of the response header is over the limit"};
      }
      return {ErrorKind::kInternal, "out of memory"};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorKind::kDns, text};
    case CURLE_COULDNT_CONNECT:
    case CURLE_ABORTED_BY_CALLBACK:
      return ConnectFailure(facts);
    case CURLE_OPERATION_TIMEDOUT:
      if (facts.sockets_opened == 0 && !facts.refused.empty())
        return ConnectFailure(facts);
      return {ErrorKind::kTimeout, text};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
      return {ErrorKind::kTls, text};
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9, which has no header
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR:
    case CURLE_HTTP2:
      return {ErrorKind::kProtocol, text};
    default:
      return {ErrorKind::kInternal,
              text.empty() ? std::string(curl_easy_strerror(facts.code)) : text};
  }
}

}  // namespace windrow::http
