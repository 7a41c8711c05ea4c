// The ranges of IPv4 and IPv6 that are not for everybody: IANA's special-purpose
// registries (https://www.iana.org/assignments/iana-ipv4-special-registry and
// iana-ipv6-special-registry), multicast, and what clouds keep for themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/http/address_rules.h"

namespace windrow::http {

struct SpecialRange {
  std::string_view cidr;
  std::string_view name;  // completes "… is …": "loopback", "a private address"
};

// The most specific special range that holds `address`, or null where it is a public
// unicast address. IPv6 outside 2000::/3 is special as a whole.
const SpecialRange* FindSpecialRange(const IpAddress& address);

// The IPv4 address that `address` leads to through NAT64, 6to4, Teredo or the
// IPv4-compatible form; nullopt for all others, IPv4 included.
std::optional<IpAddress> EmbeddedIpv4(const IpAddress& address);

// Whether the first `bits` bits are the same.
bool SharesPrefix(const IpAddress& a, const IpAddress& b, int bits);

}  // namespace windrow::http
