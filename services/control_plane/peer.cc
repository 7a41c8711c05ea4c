#include "services/control_plane/peer.h"

#include <absl/strings/ascii.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include <algorithm>
#include <string>
#include <utility>

#include "common/http/address_rules.h"

namespace windrow::control_plane {
namespace {

constexpr std::size_t kMostNames = 100;

std::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

// gRPC has verified the certificate, or the connection would not be.
void ReadCertificate(const grpc::AuthContext& context, Credentials* credentials) {
  if (!context.IsPeerAuthenticated()) return;
  const auto add = [&](const char* property, std::string_view kind, bool fold) {
    for (const grpc::string_ref& value : context.FindPropertyValues(property)) {
      if (credentials->certificate_names.size() == kMostNames) return;
      std::string name(View(value));
      if (fold) absl::AsciiStrToLower(&name);
      credentials->certificate_names.push_back(std::string(kind) + name);
    }
  };
  add(GRPC_PEER_URI_PROPERTY_NAME, "uri:", false);
  add(GRPC_PEER_DNS_PROPERTY_NAME, "dns:", true);
  add(GRPC_X509_CN_PROPERTY_NAME, "cn:", false);
}

bool IsLoopback(const http::IpAddress& address) {
  const auto& b = address.bytes;
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                    0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), b.begin())) return b[12] == 127;
  return b.back() == 1 &&
         std::all_of(b.begin(), b.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

bool IsLoopbackPeer(std::string_view peer) {
  if (peer.starts_with("unix:") || peer.starts_with("unix-abstract:")) return true;
  const bool v6 = peer.starts_with("ipv6:");
  if (!v6 && !peer.starts_with("ipv4:")) return false;
  std::string_view host = peer.substr(5, peer.rfind(':') - 5);
  for (const std::string_view open : {"%5B", "["}) {
    if (host.starts_with(open)) host.remove_prefix(open.size());
  }
  for (const std::string_view close : {"%5D", "]"}) {
    if (host.ends_with(close)) host.remove_suffix(close.size());
  }
  const auto address = http::IpAddress::Parse(host);
  return address && IsLoopback(*address);
}

Credentials CredentialsOf(const grpc::ServerContextBase& context) {
  Credentials credentials;
  std::vector<std::string_view> values;
  const auto [begin, end] = context.client_metadata().equal_range("authorization");
  for (auto it = begin; it != end; ++it) values.push_back(View(it->second));
  ReadAuthorization(values, &credentials);
  if (const auto auth = context.auth_context(); auth != nullptr) {
    ReadCertificate(*auth, &credentials);
  }
  credentials.loopback = IsLoopbackPeer(context.peer());
  return credentials;
}

}  // namespace windrow::control_plane
