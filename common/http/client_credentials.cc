#include "common/http/client_credentials.h"

#include <absl/strings/match.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "common/http/sender.h"
#include "common/json/document.h"

namespace windrow::http {
namespace {

constexpr absl::Duration kLongestLife = absl::Hours(24);

// Of RFC 6749, 5.2, RFC 8707, and what servers answer with while they cannot.
constexpr std::string_view kErrorCodes[] = {
    "invalid_request",        "invalid_client",         "invalid_grant",
    "unauthorized_client",    "unsupported_grant_type", "invalid_scope",
    "invalid_target",         "access_denied",          "server_error",
    "temporarily_unavailable"};

// application/x-www-form-urlencoded.
void AppendFormEncoded(std::string_view text, std::string* out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                       (byte >= 'A' && byte <= 'Z') || c == '-' || c == '.' || c == '_' ||
                       c == '*';
    if (plain) {
      out->push_back(c);
    } else if (c == ' ') {
      out->push_back('+');
    } else {
      fmt::format_to(std::back_inserter(*out), "%{:02X}", byte);
    }
  }
}

std::string FormEncoded(std::string_view text) {
  std::string out;
  AppendFormEncoded(text, &out);
  return out;
}

void AppendParameter(std::string_view name, std::string_view value, std::string* form) {
  if (value.empty()) return;
  form->append("&").append(name).append("=");
  AppendFormEncoded(value, form);
}

absl::Status NoToken(std::string_view why) {
  return absl::UnavailableError(fmt::format("no access token: {}", why));
}

std::string_view ErrorCodeOf(const Response& response) {
  const auto document = json::Document::ParseObject(response.body);
  if (!document.ok()) return "";
  const auto error = document->root().Find("error");
  if (!error || error->type() != json::Type::kString) return "";
  const auto known = std::ranges::find(kErrorCodes, error->text());
  return known == std::end(kErrorCodes) ? "" : *known;
}

absl::Status Refusal(const Response& response) {
  const std::string_view code = ErrorCodeOf(response);
  const bool redirect = response.status >= 300 && response.status <= 399;
  return NoToken(fmt::format("the token server answered {}{}{}{}", response.status,
                             code.empty() ? "" : ": ", code,
                             redirect ? "; redirects are not followed" : ""));
}

bool IsBearer(const json::Value& value) {
  if (value.type() != json::Type::kString) return false;
  const std::string type = value.text();
  return absl::EqualsIgnoreCase(type, "bearer");
}

// Whole seconds, as a number or, as some servers have it, a text. None where it is
// neither.
std::optional<absl::Duration> LifeOf(const json::Value& value) {
  const std::string text =
      value.type() == json::Type::kString ? value.text() : std::string(value.raw());
  std::int64_t seconds = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range && !text.starts_with('-')) {
    return kLongestLife;
  }
  // 3600.0 is a number of seconds, too.
  if (error != std::errc() || (*end != '\0' && *end != '.')) return std::nullopt;
  return std::clamp(absl::Seconds(seconds), absl::ZeroDuration(), kLongestLife);
}

bool CanStandInAHeader(std::string_view token) {
  return !token.empty() && token.size() <= kMaxAccessTokenBytes &&
         std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
}

absl::StatusOr<AccessToken> TokenIn(const json::Value& answer) {
  const auto value = answer.Find("access_token");
  if (!value || value->type() != json::Type::kString) {
    return NoToken("the token server's answer has no access_token");
  }
  AccessToken token{.value = value->text(), .lasts = kDefaultTokenLife};
  if (!CanStandInAHeader(token.value)) {
    return NoToken(fmt::format(
        "the token server's access_token has {} bytes or characters that no header "
        "takes; at most {} bytes of visible ASCII are wanted",
        token.value.size(), kMaxAccessTokenBytes));
  }
  if (const auto type = answer.Find("token_type"); type && !IsBearer(*type)) {
    return NoToken("the token server's token_type is not Bearer");
  }
  if (const auto life = answer.Find("expires_in");
      life && life->type() != json::Type::kNull) {
    const std::optional<absl::Duration> lasts = LifeOf(*life);
    if (!lasts) return NoToken("the token server's expires_in is no number of seconds");
    token.lasts = *lasts;
  }
  return token;
}

}  // namespace

Request TokenRequest(const ClientCredentials& credentials, absl::Duration timeout) {
  Request request;
  request.url = credentials.token_url;
  request.timeout = timeout;
  request.headers = {"content-type: application/x-www-form-urlencoded",
                     "accept: application/json"};
  std::string body = "grant_type=client_credentials";
  AppendParameter("scope", credentials.scope, &body);
  AppendParameter("audience", credentials.audience, &body);
  if (credentials.secret_in_body) {
    AppendParameter("client_id", credentials.client_id, &body);
    AppendParameter("client_secret", credentials.client_secret, &body);
  } else {
    request.has_auth = true;
    request.user = FormEncoded(credentials.client_id);
    request.password = FormEncoded(credentials.client_secret);
  }
  request.body = std::make_shared<const std::string>(std::move(body));
  return request;
}

absl::StatusOr<AccessToken> ReadToken(const Response& response) {
  if (response.error != ErrorKind::kNone) {
    return NoToken(fmt::format("the token server could not be asked: {}: {}",
                               ToString(response.error), response.error_detail));
  }
  if (response.status < 200 || response.status > 299) return Refusal(response);
  if (response.body_bytes > static_cast<std::int64_t>(response.body.size())) {
    return NoToken(fmt::format("the token server's answer has more than {} bytes",
                               response.body.size()));
  }
  const auto document = json::Document::ParseObject(response.body);
  if (!document.ok()) return NoToken("the token server's answer is no JSON object");
  return TokenIn(document->root());
}

}  // namespace windrow::http
