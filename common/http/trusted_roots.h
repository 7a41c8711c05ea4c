// The certificates that endpoints' certificates are verified against.
#pragma once

#include <absl/status/status.h>
#include <openssl/types.h>

#include <memory>
#include <string>

namespace windrow::http {

// Read once and shared by all connections: the system's certificates, and those of a PEM
// file in addition. libcurl by itself would read the whole bundle at every handshake.
class TrustedRoots {
 public:
  TrustedRoots();

  // Adds the certificates of a PEM file. NOT_FOUND or INVALID_ARGUMENT, with the path.
  absl::Status Add(const std::string& pem_path);
  // Makes `context` verify against these.
  void Install(SSL_CTX* context) const;

 private:
  std::unique_ptr<X509_STORE, void (*)(X509_STORE*)> store_;
};

}  // namespace windrow::http
