// Payload URLs: parsed once, by libcurl's URL API, and sent from that parse.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace windrow::http {

struct UrlRules {
  bool allow_http = false;  // where the operator allows it
};

// A URL that passed every rule that can be checked without a resolver.
struct WebhookUrl {
  std::string scheme;  // "https" or "http"
  std::string host;    // lower case, no trailing dot, IPv6 without brackets
  std::uint16_t port = 0;
  bool host_is_address = false;
  std::string user;      // percent-decoded; moves to Basic auth
  std::string password;  // likewise
  bool has_user = false;
  // What is sent and shown: scheme, host, port where not the default, path and query;
  // neither user info nor fragment.
  std::string text;
};

// Errors say which rule is broken and what to do: length (2,048 bytes, as given and once
// escaped), control characters, spaces and backslashes, non-ASCII hosts that are not IDNA
// names, scheme, missing host, port range, placeholders outside path and query. `{{…}}`
// in path and query passes as it is. Whether the address is allowed is AddressRules' to
// say.
absl::StatusOr<WebhookUrl> ParseWebhookUrl(std::string_view text, const UrlRules& rules);

}  // namespace windrow::http
