#include "tests/support/certificates.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace windrow::testing_support {
namespace {

void Require(bool ok) {
  if (!ok) std::abort();
}

using Text = std::unique_ptr<BIO, int (*)(BIO*)>;

std::string StringOf(const Text& text) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Require(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Certificate Certificate::SelfSigned(Options options) { return Make(options, nullptr); }

Certificate Certificate::Issue(Options options) const { return Make(options, this); }

Certificate Certificate::Make(const Options& options, const Certificate* issuer) {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Body body(X509_new(), &X509_free);
  Require(key && body);
  X509* x509 = body.get();
  X509_set_version(x509, X509_VERSION_3);
  std::uint32_t serial = 0;
  Require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), options.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(x509), options.valid_until.count());
  X509_set_pubkey(x509, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(options.name.c_str()),
                             -1, -1, 0);
  X509_set_issuer_name(x509, X509_get_subject_name(issuer ? issuer->body_.get() : x509));
  AddExtension(x509, NID_basic_constraints,
               issuer && !options.signs ? "CA:FALSE" : "critical,CA:TRUE");
  AddExtension(x509, NID_subject_alt_name, "DNS:" + options.name);
  EVP_PKEY* signer = issuer ? issuer->key_.get() : key.get();
  Require(X509_sign(x509, signer, EVP_sha256()) > 0);
  return Certificate(key, body);
}

void Certificate::Install(SSL_CTX* context) const {
  Require(SSL_CTX_use_certificate(context, body_.get()) == 1 &&
          SSL_CTX_use_PrivateKey(context, key_.get()) == 1);
}

void Certificate::WantClients(SSL_CTX* context) const {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  Require(X509_STORE_add_cert(store, body_.get()) == 1);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

std::string Certificate::Pem(const std::vector<const Certificate*>& chain) const {
  const Text text(BIO_new(BIO_s_mem()), &BIO_free);
  Require(PEM_write_bio_X509(text.get(), body_.get()) == 1);
  for (const Certificate* signer : chain) {
    Require(PEM_write_bio_X509(text.get(), signer->body_.get()) == 1);
  }
  return StringOf(text);
}

std::string Certificate::KeyPem() const {
  const Text text(BIO_new(BIO_s_mem()), &BIO_free);
  Require(PEM_write_bio_PrivateKey(text.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                   nullptr) == 1);
  return StringOf(text);
}

std::string Certificate::WritePem() const {
  const char* folder = std::getenv("TMPDIR");
  std::string path = std::string(folder ? folder : "/tmp") + "/windrow-cert-XXXXXX";
  const int descriptor = mkstemp(path.data());
  Require(descriptor >= 0);
  FILE* file = fdopen(descriptor, "w");
  Require(file != nullptr && PEM_write_X509(file, body_.get()) == 1);
  std::fclose(file);
  return path;
}

}  // namespace windrow::testing_support
