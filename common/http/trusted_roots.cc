#include "common/http/trusted_roots.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include <cstdlib>

namespace windrow::http {

TrustedRoots::TrustedRoots() : store_(X509_STORE_new(), &X509_STORE_free) {
  if (!store_) std::abort();
  X509_STORE_set_default_paths(store_.get());
  // An operator may trust an intermediate or one endpoint's own certificate.
  X509_STORE_set_flags(store_.get(), X509_V_FLAG_PARTIAL_CHAIN);
}

absl::Status TrustedRoots::Add(const std::string& pem_path) {
  if (access(pem_path.c_str(), R_OK) != 0) {
    return absl::NotFoundError(
        fmt::format("the certificate file {} is not there or not readable", pem_path));
  }
  if (X509_STORE_load_file(store_.get(), pem_path.c_str()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        fmt::format("{} holds no certificate in PEM form", pem_path));
  }
  return absl::OkStatus();
}

void TrustedRoots::Install(SSL_CTX* context) const {
  SSL_CTX_set1_cert_store(context, store_.get());
}

}  // namespace windrow::http
