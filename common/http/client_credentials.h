// OAuth 2.0 client credentials (RFC 6749, 4.4): how an access token is asked for, and
// what the answer says.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>

namespace windrow::http {

struct Request;   // sender.h
struct Response;  // sender.h

struct ClientCredentials {
  std::string owner;      // tokens of different owners are kept apart
  std::string token_url;  // WebhookUrl::text
  std::string client_id;
  std::string client_secret;
  std::string scope;            // empty: not sent
  std::string audience;         // likewise
  bool secret_in_body = false;  // else in an Authorization header (RFC 6749, 2.3.1)

  bool operator==(const ClientCredentials&) const = default;
};

struct AccessToken {
  std::string value;  // visible ASCII, 1–kMaxAccessTokenBytes
  // From the answer on. Where it does not say: kDefaultTokenLife; never more than a day.
  absl::Duration lasts;
};

inline constexpr std::size_t kMaxAccessTokenBytes = 8'192;
inline constexpr absl::Duration kDefaultTokenLife = absl::Minutes(10);

// The request for a token.
Request TokenRequest(const ClientCredentials& credentials, absl::Duration timeout);

// The token in an answer to it. UNAVAILABLE with why there is none, for a person: it
// holds nothing that the server sent but its status and an error code that RFC 6749, 5.2,
// names, so no secret and no token.
absl::StatusOr<AccessToken> ReadToken(const Response& response);

}  // namespace windrow::http
