// The texts around settings: slips of the hand, passwords to hide, addresses to listen
// on.
#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

#include "common/base/settings.h"

namespace windrow::config {
namespace {

// Levenshtein's distance.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

constexpr std::size_t kLongestName = 64;

// The value that starts at `begin` in a "key=value" text: quoted, or up to white space.
std::size_t EndOfConninfoValue(std::string_view text, std::size_t begin) {
  const bool quoted = begin < text.size() && text[begin] == '\'';
  for (std::size_t i = quoted ? begin + 1 : begin; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (quoted ? text[i] == '\'' : text[i] == ' ') {
      return quoted ? i + 1 : i;
    }
  }
  return text.size();
}

// Replaces what stands behind each "password=" ("sslpassword=" among them).
std::string MaskAfterPasswordKey(std::string_view text, bool is_url) {
  constexpr std::string_view kKey = "password";
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t key = text.find(kKey, at);
    if (key == std::string_view::npos) break;
    std::size_t equals = key + kKey.size();
    while (equals < text.size() && text[equals] == ' ') ++equals;
    if (equals >= text.size() || text[equals] != '=') {
      out += text.substr(at, equals - at);
      at = equals;
      continue;
    }
    std::size_t begin = equals + 1;
    while (!is_url && begin < text.size() && text[begin] == ' ') ++begin;
    const std::size_t end = is_url ? std::min(text.find('&', begin), text.size())
                                   : EndOfConninfoValue(text, begin);
    out += text.substr(at, begin - at);
    out += "***";
    at = end;
  }
  out += text.substr(at);
  return out;
}

}  // namespace

std::optional<absl::Duration> ParseAge(std::string_view text) {
  absl::Duration age;
  if (text.ends_with('d')) {
    int days = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size() - 1, days);
    if (error != std::errc() || end != text.data() + text.size() - 1) return std::nullopt;
    return absl::Hours(24) * days;
  }
  if (!absl::ParseDuration(absl::string_view(text.data(), text.size()), &age)) {
    return std::nullopt;
  }
  return age;
}

std::string AgeText(absl::Duration age) {
  const absl::Duration day = absl::Hours(24);
  if (age % day != absl::ZeroDuration()) return absl::FormatDuration(age);
  return fmt::format("{}d", age / day);
}

std::optional<std::string> NearestName(std::string_view name,
                                       const std::vector<std::string>& known) {
  if (name.size() > kLongestName) return std::nullopt;
  std::optional<std::string> nearest;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = EditDistance(name, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string Suggestion(std::string_view name, const std::vector<std::string>& known) {
  const std::optional<std::string> nearest = NearestName(name, known);
  return nearest ? fmt::format(" (did you mean {}?)", *nearest) : "";
}

std::string MaskDatabaseUrl(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::string_view head = url.substr(0, scheme);
  if (scheme == std::string_view::npos || (head != "postgresql" && head != "postgres")) {
    return MaskAfterPasswordKey(url, false);
  }
  const std::size_t begin = scheme + 3;
  // A password may hold an '@' that should have been escaped: the last one counts.
  const std::size_t end = std::min(url.find_first_of("/?", begin), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  const std::size_t colon = url.find(':', begin);
  std::string masked(url);
  if (at != std::string_view::npos && at >= begin && colon < at) {
    masked = std::string(url.substr(0, colon + 1)) + "***" + std::string(url.substr(at));
  }
  return MaskAfterPasswordKey(masked, true);
}

absl::StatusOr<HostPort> HostPort::Parse(std::string_view text) {
  const absl::Status wrong = absl::InvalidArgumentError(fmt::format(
      "must be HOST:PORT such as 127.0.0.1:7470 or [::1]:7470, not '{}'", text));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong;
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return wrong;
  }
  const bool host_ok =
      host.size() <= 255 && std::all_of(host.begin(), host.end(), [](unsigned char c) {
        return c > ' ' && c < 0x7f && c != '/';
      });
  HostPort parsed{std::string(host)};
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), parsed.port);
  if (!host_ok || port_text.empty() || error != std::errc() ||
      end != port_text.data() + port_text.size()) {
    return wrong;
  }
  return parsed;
}

std::string HostPort::ToString() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

bool HostPort::IsLoopback() const {
  const bool v4 = host.starts_with("127.") &&
                  host.find_first_not_of("0123456789.") == std::string::npos;
  return v4 || host == "::1" || host == "localhost";
}

}  // namespace windrow::config
