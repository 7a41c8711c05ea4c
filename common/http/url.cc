#include "common/http/url.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <locale.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

#include "common/base/status.h"
#include "common/http/address_rules.h"

namespace windrow::http {
namespace {

constexpr std::size_t kMaxBytes = 2048;
constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, 2.3.4, without the last dot
constexpr std::size_t kMaxLabelBytes = 63;

using UrlHandle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

absl::Status Refused(std::string_view why) {
  return absl::InvalidArgumentError(std::string(why));
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

std::vector<std::string_view> Labels(std::string_view host) {
  std::vector<std::string_view> labels;
  for (;;) {
    const std::size_t dot = host.find('.');
    labels.push_back(host.substr(0, dot));
    if (dot == std::string_view::npos) return labels;
    host.remove_prefix(dot + 1);
  }
}

// What a person pasted is told from what an attacker wrote by the byte's place.
absl::Status CheckBytes(std::string_view text) {
  if (text.empty()) return Refused("a URL is wanted; it is empty");
  if (text.size() > kMaxBytes) {
    return Refused(fmt::format("a URL has at most {} bytes; this one has {}", kMaxBytes,
                               text.size()));
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) {
      return Refused(fmt::format("control character 0x{:02x} at byte {}", c, i));
    }
    if (c == ' ') return Refused(fmt::format("space at byte {}; write it as %20", i));
    if (c == '\\') {
      return Refused(fmt::format("backslash at byte {}; write / or, in a query, %5C", i));
    }
  }
  return absl::OkStatus();
}

// Checked before libcurl sees the text: it takes one to three slashes, and would guess a
// scheme.
absl::StatusOr<std::string> CheckScheme(std::string_view text, const UrlRules& rules) {
  const std::size_t colon = text.find(':');
  const std::string scheme = Lower(text.substr(0, colon));
  const std::string_view wanted = rules.allow_http ? "https:// or http://" : "https://";
  if (colon == std::string_view::npos || !text.substr(colon).starts_with("://")) {
    return Refused(fmt::format("a URL starts with {}, then the host", wanted));
  }
  if (scheme == "http" && !rules.allow_http) {
    return Refused("http is not allowed here, only https; the operator may allow it");
  }
  if (scheme != "https" && scheme != "http") {
    return Refused(fmt::format("scheme \"{}\" is not supported; use {}", scheme, wanted));
  }
  return scheme;
}

// A URL's placeholders, taken out of libcurl's sight: it would escape what is not ASCII
// in them, and end a path at a `?` or `#` of theirs.
class Placeholders {
 public:
  // Each becomes "{{0}}", "{{1}}", …; one that is not closed stays as it is.
  std::string TakeOut(std::string_view text) {
    std::string out;
    for (;;) {
      const std::size_t open = text.find(kOpen);
      const std::size_t close =
          open == text.npos ? text.npos : text.find(kClose, open + kOpen.size());
      if (close == text.npos) return out += text;
      const std::size_t behind = close + kClose.size();
      out += fmt::format("{}{{{{{}}}}}", text.substr(0, open), taken_.size());
      taken_.emplace_back(text.substr(open, behind - open));
      text.remove_prefix(behind);
    }
  }

  std::string PutBack(std::string_view text) const {
    std::string out;
    for (;;) {
      const std::size_t open = text.find(kOpen);
      const std::size_t close = open == text.npos ? text.npos : text.find(kClose, open);
      if (close == text.npos) return out += text;
      std::size_t index = taken_.size();
      std::from_chars(text.data() + open + kOpen.size(), text.data() + close, index);
      out += text.substr(0, open);
      if (index < taken_.size()) out += taken_[index];
      text.remove_prefix(close + kClose.size());
    }
  }

 private:
  static constexpr std::string_view kOpen = "{{";
  static constexpr std::string_view kClose = "}}";

  std::vector<std::string> taken_;
};

absl::Status CheckPlaceholders(std::string_view text, std::string_view authority) {
  constexpr std::string_view kOpen = "{{";
  constexpr std::string_view kOnly =
      "a {{placeholder}} may stand in the path and the query only";
  if (authority.find(kOpen) != std::string_view::npos) return Refused(kOnly);
  const std::size_t fragment = text.find('#');
  if (fragment != std::string_view::npos &&
      text.find(kOpen, fragment) != std::string_view::npos) {
    return Refused(kOnly);
  }
  return absl::OkStatus();
}

std::string Part(CURLU* url, CURLUPart part, unsigned flags, CURLUcode* code) {
  char* value = nullptr;
  *code = curl_url_get(url, part, &value, flags);
  // Also on failure: libcurl 7.88 leaves a copy here where a host is no IDNA name.
  const std::unique_ptr<char, decltype(&curl_free)> owned(value, &curl_free);
  return *code == CURLUE_OK ? std::string(value) : std::string();
}

std::string Part(CURLU* url, CURLUPart part) {
  CURLUcode ignored;
  return Part(url, part, 0, &ignored);
}

// libidn2 reads names in the thread's locale, which is "C" in a service that has not
// set one, and takes nothing but ASCII then.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) previous_ = uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    uselocale(previous_);
    freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_;
  locale_t previous_ = nullptr;
};

// IDNA maps look-alikes: full-width digits become an address, full-width letters another
// name. Such a host would be shown as one thing and reached as another, so each label
// with other letters than ASCII must stay one (xn--).
absl::StatusOr<std::string> ToAsciiHost(CURLU* url, const std::string& host) {
  if (IsAscii(host)) return Lower(host);
  const Utf8Locale utf8;
  CURLUcode code;
  const std::string ascii = Lower(Part(url, CURLUPART_HOST, CURLU_PUNYCODE, &code));
  const std::vector<std::string_view> before = Labels(host);
  const std::vector<std::string_view> after = Labels(ascii);
  bool kept = code == CURLUE_OK && IsAscii(ascii) && before.size() == after.size();
  for (std::size_t i = 0; kept && i < before.size(); ++i) {
    kept = IsAscii(before[i]) || after[i].starts_with("xn--");
  }
  if (!kept) {
    return Refused(fmt::format(
        "host \"{}\" is not an internationalized domain name; write it in ASCII", host));
  }
  return ascii;
}

absl::Status CheckName(std::string_view host) {
  if (host.size() > kMaxHostBytes) {
    return Refused(fmt::format("a host has at most {} bytes", kMaxHostBytes));
  }
  const std::vector<std::string_view> labels = Labels(host);
  for (std::string_view label : labels) {
    if (label.empty() || label.size() > kMaxLabelBytes) {
      return Refused(fmt::format("each part of a host between dots has 1 to {} bytes",
                                 kMaxLabelBytes));
    }
    for (char c : label) {
      const bool fine =
          (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      if (!fine) return Refused(fmt::format("host \"{}\" is not a name", host));
    }
  }
  // Resolvers differ on such names, and some read them as addresses.
  const std::string_view last = labels.back();
  const bool numeric =
      last.starts_with("0x") || last.find_first_not_of("0123456789") == last.npos;
  if (numeric) {
    return Refused(fmt::format("host \"{}\" is neither a name nor an address", host));
  }
  return absl::OkStatus();
}

absl::Status ReadHost(CURLU* handle, WebhookUrl* url) {
  std::string host = Part(handle, CURLUPART_HOST);
  if (host.empty()) return Refused("the URL has no host");
  if (!Part(handle, CURLUPART_ZONEID).empty()) {
    return Refused("a host with a zone id reaches this machine's links only");
  }
  WINDROW_ASSIGN_OR_RETURN(host, ToAsciiHost(handle, host));
  if (host.size() > 1 && host.ends_with('.')) host.pop_back();
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  if (std::optional<IpAddress> address = IpAddress::Parse(host)) {
    url->host_is_address = true;
    url->host = address->ToString();
    return absl::OkStatus();
  }
  WINDROW_RETURN_IF_ERROR(CheckName(host));
  url->host = std::move(host);
  return absl::OkStatus();
}

absl::Status ReadPort(CURLU* handle, WebhookUrl* url) {
  const std::string port = Part(handle, CURLUPART_PORT);
  url->port = url->scheme == "https" ? 443 : 80;
  if (port.empty()) return absl::OkStatus();
  // At most five digits: libcurl has refused the rest.
  const int value = std::stoi(port);
  if (value < 1 || value > 65535) return Refused("the port is not in 1-65535");
  url->port = static_cast<std::uint16_t>(value);
  return absl::OkStatus();
}

absl::Status ReadUser(CURLU* handle, WebhookUrl* url) {
  CURLUcode user_code, password_code;
  url->user = Part(handle, CURLUPART_USER, CURLU_URLDECODE, &user_code);
  url->password = Part(handle, CURLUPART_PASSWORD, CURLU_URLDECODE, &password_code);
  if (user_code == CURLUE_URLDECODE || password_code == CURLUE_URLDECODE) {
    return Refused("user or password hold a control character or a broken % escape");
  }
  url->has_user = !url->user.empty() || !url->password.empty();
  // RFC 7617, 2: the first colon ends the user.
  if (url->user.find(':') != std::string::npos) {
    return Refused("a user for Basic auth has no colon");
  }
  return absl::OkStatus();
}

std::string Text(CURLU* handle, const WebhookUrl& url) {
  std::string text = url.scheme + "://";
  const bool v6 = url.host.find(':') != std::string::npos;
  text += v6 ? fmt::format("[{}]", url.host) : url.host;
  if (url.port != (url.scheme == "https" ? 443 : 80)) {
    text += fmt::format(":{}", url.port);
  }
  text += Part(handle, CURLUPART_PATH);
  CURLUcode code;
  const std::string query = Part(handle, CURLUPART_QUERY, 0, &code);
  if (code == CURLUE_OK) text += "?" + query;
  return text;
}

absl::Status FromCurl(CURLUcode code) {
  switch (code) {
    case CURLUE_BAD_PORT_NUMBER:
      return Refused("the port is not in 1-65535");
    case CURLUE_NO_HOST:
      return Refused("the URL has no host");
    case CURLUE_BAD_IPV6:
      return Refused("the host in brackets is not an IPv6 address");
    case CURLUE_OUT_OF_MEMORY:
      return absl::ResourceExhaustedError("out of memory");
    default:
      return Refused(fmt::format("not a URL: {}", curl_url_strerror(code)));
  }
}

}  // namespace

absl::StatusOr<WebhookUrl> ParseWebhookUrl(std::string_view text, const UrlRules& rules) {
  WINDROW_RETURN_IF_ERROR(CheckBytes(text));
  WebhookUrl url;
  WINDROW_ASSIGN_OR_RETURN(url.scheme, CheckScheme(text, rules));
  const std::size_t start = text.find("://") + 3;
  const std::string_view authority =
      text.substr(start, std::min(text.find_first_of("/?#", start), text.size()) - start);
  if (authority.empty()) return Refused("the URL has no host");
  Placeholders placeholders;
  const std::string opaque = placeholders.TakeOut(text);
  WINDROW_RETURN_IF_ERROR(CheckPlaceholders(opaque, authority));

  const UrlHandle handle(curl_url(), &curl_url_cleanup);
  if (!handle) return absl::ResourceExhaustedError("out of memory");
  // URLENCODE escapes what is not ASCII in path and query.
  const CURLUcode code =
      curl_url_set(handle.get(), CURLUPART_URL, opaque.c_str(), CURLU_URLENCODE);
  if (code != CURLUE_OK) return FromCurl(code);
  WINDROW_RETURN_IF_ERROR(ReadHost(handle.get(), &url));
  WINDROW_RETURN_IF_ERROR(ReadPort(handle.get(), &url));
  WINDROW_RETURN_IF_ERROR(ReadUser(handle.get(), &url));
  url.text = placeholders.PutBack(Text(handle.get(), url));
  // Else what is shown could not be saved again.
  if (url.text.size() > kMaxBytes) {
    return Refused(
        fmt::format("a URL has at most {} bytes; this one has {} once what is "
                    "not ASCII is escaped",
                    kMaxBytes, url.text.size()));
  }
  return url;
}

}  // namespace windrow::http
