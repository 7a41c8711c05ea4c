#include "common/http/address_rules.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "common/base/status.h"
#include "common/http/special_ranges.h"

namespace windrow::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0,    0,
                                                        0, 0, 0, 0, 0xff, 0xff};

IpAddress FromIpv4(const in_addr& address) {
  IpAddress ip;
  ip.v4 = true;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), ip.bytes.begin());
  std::memcpy(ip.bytes.data() + 12, &address, 4);
  return ip;
}

IpAddress FromIpv6(const in6_addr& address) {
  IpAddress ip;
  std::memcpy(ip.bytes.data(), &address, 16);
  ip.v4 = std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), ip.bytes.begin());
  return ip;
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text, T max) {
  T value = 0;
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || value > max) return std::nullopt;
  return value;
}

std::string_view WithoutBrackets(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

std::string_view WithoutTrailingDot(std::string_view host) {
  if (host.size() > 1 && host.ends_with('.')) host.remove_suffix(1);
  return host;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? x + ('a' - 'A') : x) == y;
  });
}

bool IsLocalhost(std::string_view host) {
  constexpr std::string_view kName = "localhost";
  if (host.size() < kName.size()) return false;
  if (!EqualsIgnoringCase(host.substr(host.size() - kName.size()), kName)) return false;
  return host.size() == kName.size() || host[host.size() - kName.size() - 1] == '.';
}

absl::Status NotARule(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format(
      "\"{}\" is not an address rule: {}; write it like 10.0.0.0/8:8443, [fd00::/8]:443 "
      "or 127.0.0.1:*",
      text, why));
}

struct RuleParts {
  std::string_view network;  // address, or address and prefix length
  std::string_view port;     // empty: any
};

// The port follows `]`, or the only colon.
std::optional<RuleParts> SplitRule(std::string_view text) {
  std::size_t search_from = 0;
  if (text.starts_with('[')) {
    search_from = text.find(']');
    if (search_from == std::string_view::npos) return std::nullopt;
  } else if (std::count(text.begin(), text.end(), ':') > 1) {
    return RuleParts{text, {}};
  }
  const std::size_t colon = text.find(':', search_from);
  if (colon == std::string_view::npos) return RuleParts{text, {}};
  if (colon + 1 == text.size()) return std::nullopt;
  return RuleParts{text.substr(0, colon), text.substr(colon + 1)};
}

// Only the usual spellings: a rule that opens a network must read as it works.
std::optional<IpAddress> ParseUsualSpelling(std::string_view text) {
  std::optional<IpAddress> address = IpAddress::Parse(text);
  if (!address || text.find('%') != std::string_view::npos) return std::nullopt;
  in_addr strict;
  const bool dotted = inet_pton(AF_INET, std::string(text).c_str(), &strict) == 1;
  if (!dotted && text.find(':') == std::string_view::npos) return std::nullopt;
  return address;
}

bool HasBitsBeyond(const IpAddress& address, int prefix_bits) {
  for (int bit = prefix_bits; bit < 128; ++bit) {
    const std::size_t byte = static_cast<std::size_t>(bit) / 8;
    if (address.bytes[byte] >> (7 - bit % 8) & 1) return true;
  }
  return false;
}

bool Allows(const AllowRule& rule, const IpAddress& address, std::uint16_t port) {
  return (!rule.port || *rule.port == port) && rule.network.v4 == address.v4 &&
         SharesPrefix(rule.network, address, rule.prefix_bits);
}

}  // namespace

std::optional<IpAddress> IpAddress::FromSockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof(in));
    return FromIpv4(in.sin_addr);
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in6;
    std::memcpy(&in6, address, sizeof(in6));
    return FromIpv6(in6.sin6_addr);
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  // inet_aton takes anything after a space, and both stop at a NUL.
  constexpr std::string_view kNever(" \t\n\v\f\r\0", 7);
  if (text.empty() || text.find_first_of(kNever) != std::string_view::npos) {
    return std::nullopt;
  }
  if (text.find(':') == std::string_view::npos) {
    in_addr v4;
    if (inet_aton(std::string(text).c_str(), &v4) == 0) return std::nullopt;
    return FromIpv4(v4);
  }
  const std::string without_zone(text.substr(0, text.find('%')));
  in6_addr v6;
  if (inet_pton(AF_INET6, without_zone.c_str(), &v6) != 1) return std::nullopt;
  return FromIpv6(v6);
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  if (v4) {
    inet_ntop(AF_INET, bytes.data() + 12, text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, bytes.data(), text, sizeof(text));
  }
  return text;
}

absl::StatusOr<AllowRule> AllowRule::Parse(std::string_view text) {
  const std::optional<RuleParts> parts = SplitRule(text);
  if (!parts) return NotARule(text, "its port or its bracket is missing");

  AllowRule rule;
  if (!parts->port.empty() && parts->port != "*") {
    rule.port = ParseNumber<std::uint16_t>(parts->port, 65535);
    if (!rule.port || *rule.port == 0)
      return NotARule(text, "the port is not in 1-65535");
  }
  // Both `[fd00::/8]:443` and `[fd00::]/8:443` are written by people.
  std::string_view network = WithoutBrackets(parts->network);
  const std::size_t slash = network.find('/');
  std::optional<IpAddress> address =
      ParseUsualSpelling(WithoutBrackets(network.substr(0, slash)));
  if (!address) return NotARule(text, "no IPv4 or IPv6 address stands in front");
  rule.network = *address;
  if (slash == std::string_view::npos) return rule;

  const bool dotted = network.find(':') == std::string_view::npos;
  std::optional<int> bits =
      ParseNumber<int>(network.substr(slash + 1), dotted ? 32 : 128);
  if (!bits || *bits < 0) return NotARule(text, "the prefix length is out of range");
  rule.prefix_bits = dotted ? *bits + 96 : *bits;
  if (rule.network.v4 && rule.prefix_bits < 96) {
    return NotARule(text, "a mapped IPv4 network has at least 96 bits of prefix");
  }
  if (HasBitsBeyond(rule.network, rule.prefix_bits)) {
    return NotARule(text, "the address has bits beyond the prefix length");
  }
  return rule;
}

absl::Status AddressRules::Check(const IpAddress& address, std::uint16_t port) const {
  for (const AllowRule& rule : allow_) {
    if (Allows(rule, address, port)) return absl::OkStatus();
  }
  const std::optional<IpAddress> embedded = EmbeddedIpv4(address);
  if (embedded) {
    if (const SpecialRange* range = FindSpecialRange(*embedded)) {
      return absl::PermissionDeniedError(
          fmt::format("{} leads to {}, which is {} ({})", address.ToString(),
                      embedded->ToString(), range->name, range->cidr));
    }
  }
  if (const SpecialRange* range = FindSpecialRange(address)) {
    return absl::PermissionDeniedError(
        fmt::format("{} is {} ({})", address.ToString(), range->name, range->cidr));
  }
  return absl::OkStatus();
}

absl::Status AddressRules::CheckHost(std::string_view host, std::uint16_t port) const {
  const std::string_view name = WithoutTrailingDot(host);
  if (std::optional<IpAddress> address = IpAddress::Parse(WithoutBrackets(name))) {
    return Check(*address, port);
  }
  if (!IsLocalhost(name)) return absl::OkStatus();
  for (const char* loopback : {"127.0.0.1", "::1"}) {
    if (Check(*IpAddress::Parse(loopback), port).ok()) return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      fmt::format("{} is loopback (127.0.0.0/8, ::1/128)", name));
}

}  // namespace windrow::http
