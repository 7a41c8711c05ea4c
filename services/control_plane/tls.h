// TLS of the gRPC port.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

namespace windrow::control_plane {

// PEM files. All empty: no TLS.
struct TlsFiles {
  std::string certificate;  // the server's own, then those that signed it
  std::string key;
  // Authorities of client certificates, which are then asked for and verified; a caller
  // may still come without one, and send an API key. Empty: none is asked for.
  std::string client_ca;

  bool enabled() const { return !certificate.empty(); }
};

// TLS 1.2 or later. The files are looked at every five seconds, and used for connections
// from then on once they have changed. FAILED_PRECONDITION, naming the setting, where one
// cannot be read, or the key is not the certificate's.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files);

}  // namespace windrow::control_plane
