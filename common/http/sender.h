// Sends HTTP requests: many at once, from one thread, over kept-alive connections.
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/http/address_rules.h"
#include "common/http/client_credentials.h"
#include "common/http/name_lookup.h"

namespace windrow::http {

// What TLS proves the sender with, where the endpoint asks for it.
struct ClientCertificate {
  std::string chain;  // PEM, the client's own first
  std::string key;    // PEM, not encrypted
};

struct Request {
  std::string method = "POST";
  std::string url;                   // WebhookUrl::text
  std::vector<std::string> headers;  // "name: value" lines, checked by the caller
  std::string user, password;        // Basic auth where has_auth
  bool has_auth = false;
  // What gets it an access token (oauth_sender.h); not along with has_auth. The sender
  // over libcurl does not look at it.
  std::shared_ptr<const ClientCredentials> oauth;
  // Asked, where set, when the request has its token: false where it must not start any
  // more. From any thread; must not block.
  std::function<bool()> may_start;
  // Connections are shared by requests with the same certificate only.
  std::shared_ptr<const ClientCertificate> client_certificate;
  // Not copied on its way to the socket; null: none.
  std::shared_ptr<const std::string> body;
  absl::Duration timeout = absl::Seconds(30);  // the whole exchange
};

enum class ErrorKind : std::uint8_t {
  kNone = 0,            // a complete response header arrived, of any status
  kDns = 1,             // no such name, or no answer in time
  kRefusedAddress = 2,  // every address of the name is in a refused range
  kConnect = 3,         // connection refused or unreachable
  kTls = 4,             // handshake or certificate
  kTimeout = 5,         // the profile's timeout, or connecting took over 5 s
  kReset = 6,           // closed before the header was complete
  kTooLarge = 7,        // response header over the limit
  kProtocol = 8,        // not HTTP
  kInternal = 9,        // ours, not the endpoint's: out of memory or descriptors
  kToken = 12,          // no access token, so that nothing was sent; 10 and 11 are the
                        // store's (store::AttemptError)
};
const char* ToString(ErrorKind kind);

struct Response {
  ErrorKind error = ErrorKind::kNone;
  std::string error_detail;     // one line, for a person; no secret
  int status = 0;               // 0: none was received
  std::string headers;          // "name: value\r\n" lines of the final response
  std::string body;             // the first max_kept_body bytes
  std::int64_t body_bytes = 0;  // received in all, before we stopped reading
  std::optional<std::string> retry_after;  // the header's value
  std::string remote_address;              // "203.0.113.7:443", or empty
  absl::Time started_at;
  // From the start; zero where the step was not reached.
  absl::Duration name_lookup, connect, tls, first_byte, total;
};

struct SenderOptions {
  AddressRules address_rules;
  std::size_t max_in_flight = 10'000;
  long max_connections_per_host = 256;
  long max_cached_connections = 4'096;
  std::size_t max_kept_body = 16 * 1024;
  std::size_t max_header_bytes = 256 * 1024;
  // After the header a body is read at most this long and this far; then the exchange
  // counts as complete and the connection is closed.
  absl::Duration max_body_time = absl::Seconds(5);
  std::int64_t max_body_bytes = 1 << 20;
  absl::Duration connect_timeout = absl::Seconds(5);
  std::string ca_bundle;  // more trusted certificates (PEM file); empty: the system's
  std::string user_agent = "Windrow/0.1";
  // Where names are looked up; null: as the system does. No answer within
  // connect_timeout is a kDns failure.
  std::shared_ptr<NameLookup> name_lookup;
  LookupLimits lookups;
};

// An interface so that worker tests can answer requests themselves.
class HttpSender {
 public:
  using Done = std::function<void(Response)>;
  virtual ~HttpSender() = default;
  // Starts a request. Never blocks. `done` is called exactly once, on the sender's
  // thread, and must not block either. At the in-flight limit `done` gets kInternal.
  // Thread-safe.
  virtual void Send(Request request, Done done) = 0;
  virtual std::size_t in_flight() const = 0;
};

// libcurl's multi interface on one thread with epoll. No proxy from the environment, no
// redirects, no Expect, no signals; certificates are always verified, TLS 1.2 at least.
// A request on a kept-alive connection that the endpoint had already closed is sent once
// more on a new one, where not one line was answered. The destructor ends what is in
// flight with kInternal "shutting down".
std::unique_ptr<HttpSender> MakeCurlSender(SenderOptions options);

}  // namespace windrow::http
