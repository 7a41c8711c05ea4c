#include "common/http/special_ranges.h"

#include <charconv>
#include <cstring>
#include <vector>

namespace windrow::http {
namespace {

// Narrow before wide: the first match names the range.
constexpr SpecialRange kIpv4Ranges[] = {
    {"0.0.0.0/32", "the unspecified address"},
    {"0.0.0.0/8", "of \"this network\""},
    {"10.0.0.0/8", "a private address"},
    {"100.64.0.0/10", "of the shared address space"},
    {"127.0.0.0/8", "loopback"},
    {"168.63.129.16/32", "a cloud platform's address"},
    {"169.254.169.254/32", "cloud metadata"},
    {"169.254.0.0/16", "link-local"},
    {"172.16.0.0/12", "a private address"},
    {"192.0.0.0/24", "reserved for IETF protocols"},
    {"192.0.2.0/24", "reserved for documentation"},
    {"192.31.196.0/24", "AS112 anycast"},
    {"192.52.193.0/24", "AMT anycast"},
    {"192.88.99.0/24", "6to4 relay anycast"},
    {"192.168.0.0/16", "a private address"},
    {"192.175.48.0/24", "AS112 anycast"},
    {"198.18.0.0/15", "reserved for benchmarking"},
    {"198.51.100.0/24", "reserved for documentation"},
    {"203.0.113.0/24", "reserved for documentation"},
    {"224.0.0.0/4", "multicast"},
    {"255.255.255.255/32", "broadcast"},
    {"240.0.0.0/4", "reserved"},
};

constexpr SpecialRange kIpv6Ranges[] = {
    {"::/128", "the unspecified address"},
    {"::1/128", "loopback"},
    {"::/96", "an IPv4-compatible address"},
    {"64:ff9b:1::/48", "local NAT64"},
    {"100::/64", "discard-only"},
    {"2001::/32", "Teredo"},
    {"2001:2::/48", "reserved for benchmarking"},
    {"2001:10::/28", "ORCHID"},
    {"2001:20::/28", "ORCHIDv2"},
    {"2001::/23", "reserved for IETF protocols"},
    {"2001:db8::/32", "reserved for documentation"},
    {"2002::/16", "6to4"},
    {"2620:4f:8000::/48", "AS112 anycast"},
    {"3fff::/20", "reserved for documentation"},
    {"5f00::/16", "for segment routing"},
    {"fd00:ec2::254/128", "cloud metadata"},
    {"fc00::/7", "a unique local address"},
    {"fe80::/10", "link-local"},
    {"fec0::/10", "site-local"},
    {"ff00::/8", "multicast"},
};

constexpr SpecialRange kNotGlobal = {"outside 2000::/3", "not a global unicast address"};

struct ParsedRange {
  IpAddress network;
  int bits;
  const SpecialRange* range;
};

ParsedRange ParseRange(const SpecialRange& range) {
  const std::size_t slash = range.cidr.find('/');
  ParsedRange parsed{*IpAddress::Parse(range.cidr.substr(0, slash)), 0, &range};
  const std::string_view bits = range.cidr.substr(slash + 1);
  std::from_chars(bits.data(), bits.data() + bits.size(), parsed.bits);
  if (parsed.network.v4) parsed.bits += 96;
  return parsed;
}

template <std::size_t size>
std::vector<ParsedRange> ParseRanges(const SpecialRange (&ranges)[size]) {
  std::vector<ParsedRange> parsed;
  for (const SpecialRange& range : ranges) parsed.push_back(ParseRange(range));
  return parsed;
}

const SpecialRange* Find(const std::vector<ParsedRange>& ranges,
                         const IpAddress& address) {
  for (const ParsedRange& candidate : ranges) {
    if (SharesPrefix(address, candidate.network, candidate.bits)) return candidate.range;
  }
  return nullptr;
}

bool HasPrefix(const IpAddress& address, std::string_view prefix) {
  return std::memcmp(address.bytes.data(), prefix.data(), prefix.size()) == 0;
}

constexpr std::string_view kNat64("\x00\x64\xff\x9b\0\0\0\0\0\0\0\0", 12);
constexpr std::string_view k6to4("\x20\x02", 2);
constexpr std::string_view kTeredo("\x20\x01\0\0", 4);
constexpr std::string_view kCompatible("\0\0\0\0\0\0\0\0\0\0\0\0", 12);

IpAddress Ipv4At(const IpAddress& address, std::size_t offset, std::uint8_t mask) {
  IpAddress v4;
  v4.v4 = true;
  v4.bytes[10] = v4.bytes[11] = 0xff;
  for (std::size_t i = 0; i < 4; ++i) {
    v4.bytes[12 + i] = static_cast<std::uint8_t>(address.bytes[offset + i] ^ mask);
  }
  return v4;
}

}  // namespace

const SpecialRange* FindSpecialRange(const IpAddress& address) {
  static const std::vector<ParsedRange> ipv4 = ParseRanges(kIpv4Ranges);
  static const std::vector<ParsedRange> ipv6 = ParseRanges(kIpv6Ranges);
  if (address.v4) return Find(ipv4, address);
  if (const SpecialRange* range = Find(ipv6, address)) return range;
  const bool global = (address.bytes[0] & 0xe0) == 0x20;
  // Networks that reach IPv4 by DNS64 see every public IPv4 endpoint under this prefix;
  // what it leads to is for the caller to judge.
  return global || HasPrefix(address, kNat64) ? nullptr : &kNotGlobal;
}

std::optional<IpAddress> EmbeddedIpv4(const IpAddress& address) {
  if (address.v4) return std::nullopt;
  if (HasPrefix(address, kNat64)) return Ipv4At(address, 12, 0);
  // `::` and `::1` have this form, but a meaning of their own.
  if (HasPrefix(address, kCompatible) && address.bytes[12] != 0) {
    return Ipv4At(address, 12, 0);
  }
  if (HasPrefix(address, k6to4)) return Ipv4At(address, 2, 0);
  // RFC 4380, section 4: the client's address is stored with its bits inverted.
  if (HasPrefix(address, kTeredo)) return Ipv4At(address, 12, 0xff);
  return std::nullopt;
}

bool SharesPrefix(const IpAddress& a, const IpAddress& b, int bits) {
  const std::size_t whole = static_cast<std::size_t>(bits) / 8;
  if (std::memcmp(a.bytes.data(), b.bytes.data(), whole) != 0) return false;
  const int rest = bits % 8;
  return rest == 0 || ((a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest)) == 0;
}

}  // namespace windrow::http
