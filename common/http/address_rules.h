// Which addresses may be connected to. Checked when a webhook is saved (literal
// addresses and `localhost`) and again on the very socket address of every connection.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace windrow::http {

// An IPv4 or IPv6 address. IPv4 is kept as IPv4-mapped IPv6.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool v4 = false;

  static std::optional<IpAddress> FromSockaddr(const sockaddr* address);
  // Every spelling that inet_aton and inet_pton take: dotted, short, octal, hex,
  // decimal, IPv6 with or without a zone.
  static std::optional<IpAddress> Parse(std::string_view text);
  std::string ToString() const;
};

// An operator's rule: `10.0.0.0/8:8443`, `[fd00::/8]:443`, `127.0.0.1:*`. No prefix
// length means one address; port `*` or none means any port.
struct AllowRule {
  IpAddress network;
  int prefix_bits = 128;              // in the 16-byte form
  std::optional<std::uint16_t> port;  // none: any

  static absl::StatusOr<AllowRule> Parse(std::string_view text);
};

// Thread-safe once made.
class AddressRules {
 public:
  AddressRules() = default;
  explicit AddressRules(std::vector<AllowRule> allow) : allow_(std::move(allow)) {}

  // OK for public unicast addresses and for those an operator's rule allows; else
  // PERMISSION_DENIED naming the range ("127.0.0.1 is loopback (127.0.0.0/8)"). Ranges
  // are IANA's special-purpose registries for IPv4 and IPv6; addresses that embed an IPv4
  // address (mapped, compatible, NAT64, 6to4, Teredo) are judged by it as well.
  absl::Status Check(const IpAddress& address, std::uint16_t port) const;
  // For a host as written in a URL: literals in any spelling are checked as above;
  // `localhost` and names under it are refused unless 127.0.0.1 or ::1 is allowed at
  // that port; other names pass, since only their addresses at connect time count.
  absl::Status CheckHost(std::string_view host, std::uint16_t port) const;

 private:
  std::vector<AllowRule> allow_;
};

}  // namespace windrow::http
