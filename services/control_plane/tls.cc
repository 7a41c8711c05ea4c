#include "services/control_plane/tls.h"

#include <fmt/format.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>
#include <iterator>

#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

constexpr unsigned kLookSeconds = 5;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

absl::Status Wrong(std::string_view setting, const std::string& file,
                   std::string_view what) {
  ERR_clear_error();
  return absl::FailedPreconditionError(fmt::format("{}: {} {}", setting, file, what));
}

absl::StatusOr<Bio> Open(std::string_view setting, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in || text.empty()) return Wrong(setting, file, "cannot be read, or is empty");
  Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  BIO_write(bio.get(), text.data(), static_cast<int>(text.size()));
  return bio;
}

absl::StatusOr<Certificate> ReadCertificate(std::string_view setting,
                                            const std::string& file) {
  WINDROW_ASSIGN_OR_RETURN(const Bio bio, Open(setting, file));
  Certificate read(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  if (read == nullptr) return Wrong(setting, file, "holds no PEM certificate");
  return read;
}

// Never asks at a terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

absl::StatusOr<Key> ReadKey(std::string_view setting, const std::string& file) {
  WINDROW_ASSIGN_OR_RETURN(const Bio bio, Open(setting, file));
  Key read(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, nullptr),
           &EVP_PKEY_free);
  if (read == nullptr) {
    return Wrong(setting, file, "holds no PEM private key, or one with a passphrase");
  }
  return read;
}

absl::Status Check(const TlsFiles& files) {
  WINDROW_ASSIGN_OR_RETURN(const Certificate certificate,
                           ReadCertificate("tls_certificate_file", files.certificate));
  WINDROW_ASSIGN_OR_RETURN(const Key key, ReadKey("tls_key_file", files.key));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Wrong(
        "tls_key_file", files.key,
        fmt::format("is not the key of the certificate in {}", files.certificate));
  }
  if (files.client_ca.empty()) return absl::OkStatus();
  return ReadCertificate("tls_client_ca_file", files.client_ca).status();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files) {
  namespace tls = grpc::experimental;
  if (!files.enabled()) return grpc::InsecureServerCredentials();
  WINDROW_RETURN_IF_ERROR(Check(files));
  tls::TlsServerCredentialsOptions options(
      std::make_shared<tls::FileWatcherCertificateProvider>(
          files.key, files.certificate, files.client_ca, kLookSeconds));
  options.watch_identity_key_cert_pairs();
  if (!files.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls::TlsServerCredentials(options);
}

}  // namespace windrow::control_plane
