// Client certificates for TLS: what of a PEM text can be told before it is used.
#pragma once

#include <absl/time/time.h>

#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace windrow::crypto {

inline constexpr std::size_t kMaxCertificateChainBytes = 64u << 10;
inline constexpr std::size_t kMaxPrivateKeyBytes = 16u << 10;
inline constexpr int kMaxChainCertificates = 10;

// Of the certificate itself, the first of its chain.
struct CertificateFacts {
  std::string subject;  // as RFC 2253 writes names: "CN=windrow,O=Example"
  absl::Time expires_at;

  bool operator==(const CertificateFacts&) const = default;
};

// Reads a chain of PEM certificates, the client's own first, and its private key in PEM,
// not encrypted. Adds a violation at `prefix`.certificate_chain or `prefix`.private_key
// for each broken rule, and gives nothing then: sizes, PEM, an expired certificate, a key
// that is not the certificate's, one under 112 bits of strength (RSA under 2,048), which
// TLS refuses. No rule quotes what it was given.
std::optional<CertificateFacts> ReadClientCertificate(std::string_view chain,
                                                      std::string_view key,
                                                      absl::Time now,
                                                      const std::string& prefix,
                                                      Violations* violations);

}  // namespace windrow::crypto
