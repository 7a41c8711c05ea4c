// URLs of webhooks, literal addresses in them, and the operator's rules.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "common/http/address_rules.h"
#include "common/http/url.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

using http::IpAddress;

// Networks of IPv4 that are nobody's business, told by their bytes.
bool IsPrivateIpv4(const std::uint8_t* b) {
  return b[0] == 0 || b[0] == 10 || b[0] == 127 || b[0] >= 224 ||
         (b[0] == 100 && b[1] >= 64 && b[1] < 128) || (b[0] == 169 && b[1] == 254) ||
         (b[0] == 172 && b[1] >= 16 && b[1] < 32) || (b[0] == 192 && b[1] == 168) ||
         (b[0] == 168 && b[1] == 63 && b[2] == 129 && b[3] == 16);
}

// 64:ff9b::/96, by which hosts with IPv6 only reach public IPv4 (RFC 6052).
bool IsNat64(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::array<std::uint8_t, 12> kPrefix = {0, 0x64, 0xff, 0x9b};
  return std::equal(kPrefix.begin(), kPrefix.end(), bytes.begin());
}

void CheckIpv6(const std::array<std::uint8_t, 16>& bytes, bool public_one) {
  if (!public_one) return;
  Require((bytes[0] & 0xe0) == 0x20 || IsNat64(bytes),
          "only 2000::/3 and the prefix of NAT64 pass of IPv6");
  Require(!IsNat64(bytes) || !IsPrivateIpv4(bytes.data() + 12),
          "no private IPv4 passes behind NAT64");
  const bool sixtofour = bytes[0] == 0x20 && bytes[1] == 0x02;
  Require(!sixtofour || !IsPrivateIpv4(bytes.data() + 2), "nor behind 6to4");
}

void CheckAddress(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  if (!address) return;
  const auto again = IpAddress::Parse(address->ToString());
  Require(again && again->bytes == address->bytes, "an address is read as itself");
  const bool public_one = http::AddressRules().Check(*address, 443).ok();
  const std::uint8_t* v4 = address->bytes.data() + 12;
  if (address->v4) Require(!public_one || !IsPrivateIpv4(v4), "no private IPv4 passes");
  if (!address->v4) CheckIpv6(address->bytes, public_one);
}

void CheckRule(std::string_view text) {
  const auto rule = http::AllowRule::Parse(text);
  if (!rule.ok()) return;
  const http::AddressRules rules({*rule});
  Require(rules.Check(rule->network, rule->port.value_or(443)).ok(),
          "a rule allows its own network");
  if (rule->port) {
    const std::uint16_t other = *rule->port == 443 ? 444 : 443;
    Require(rules.Check(rule->network, other).ok() ==
                http::AddressRules().Check(rule->network, other).ok(),
            "and no other port");
  }
}

void CheckUrl(std::string_view text, bool allow_http) {
  const http::UrlRules rules{.allow_http = allow_http};
  const auto url = http::ParseWebhookUrl(text, rules);
  if (!url.ok()) {
    Require(absl::IsInvalidArgument(url.status()), "a bad URL is bad input");
    return;
  }
  Require(url->text.size() <= 2048, "a URL has at most 2,048 bytes");
  Require(url->scheme == "https" || (allow_http && url->scheme == "http"), "the scheme");
  Require(url->port != 0 && !url->host.empty(), "a host and a port");
  Require(url->text.find("{{") != url->text.npos ||
              std::ranges::all_of(url->text, [](char c) { return c > 32 && c < 127; }),
          "what is sent is visible ASCII");
  Require(std::ranges::none_of(url->host, [](char c) { return c >= 'A' && c <= 'Z'; }),
          "a host is in lower case");
  const auto again = http::ParseWebhookUrl(url->text, rules);
  Require(again.ok() && again->text == url->text && again->host == url->host &&
              again->port == url->port && !again->has_user,
          "what is shown is read as itself");
  // Whatever a resolver would take for an address is one here.
  in_addr v4;
  in6_addr v6;
  const bool literal = inet_aton(url->host.c_str(), &v4) == 1 ||
                       inet_pton(AF_INET6, url->host.c_str(), &v6) == 1;
  Require(url->host_is_address == literal, "an address in any spelling is seen");
  CheckAddress(url->host);
  const bool passes = http::AddressRules().CheckHost(url->host, url->port).ok();
  if (url->host == "localhost") Require(!passes, "localhost is refused");
}

}  // namespace

WINDROW_FUZZ_TARGET(url) {
  CheckUrl(input, false);
  CheckUrl(input, true);
  CheckAddress(input);
  CheckRule(input);
  static_cast<void>(http::AddressRules().CheckHost(input, 443));
}

}  // namespace windrow::fuzz
