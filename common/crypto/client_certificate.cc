#include "common/crypto/client_certificate.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <utility>
#include <vector>

namespace windrow::crypto {
namespace {

// What OpenSSL's security level 2, Debian's default, wants at least.
constexpr int kLeastSecurityBits = 112;

struct Deleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Deleter>;
using Certificate = std::unique_ptr<X509, Deleter>;
using Key = std::unique_ptr<EVP_PKEY, Deleter>;

Bio Reading(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Never asks a terminal; notes that a passphrase was wanted.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* wanted) {
  *static_cast<bool*>(wanted) = true;
  return -1;
}

// Collects violations of one field.
class Field {
 public:
  Field(std::string path, Violations* violations)
      : path_(std::move(path)), violations_(violations) {}
  void Refuse(std::string rule) { violations_->Add(path_, std::move(rule)); }
  bool Fits(std::string_view text, std::size_t most) {
    if (text.empty()) {
      Refuse(
          "is required, along with the other one: stored ones are never half replaced");
      return false;
    }
    if (text.size() <= most) return true;
    Refuse(fmt::format("has {} bytes: at most {} are allowed", text.size(), most));
    return false;
  }

 private:
  std::string path_;
  Violations* violations_;
};

std::vector<Certificate> ReadChain(std::string_view text, Field* field) {
  std::vector<Certificate> chain;
  if (!field->Fits(text, kMaxCertificateChainBytes)) return chain;
  const Bio bio = Reading(text);
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(next);
  }
  // Behind the last one nothing more begins.
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (chain.empty()) {
    field->Refuse(
        "holds no certificate in PEM form: it begins with "
        "-----BEGIN CERTIFICATE-----");
  } else if (!ended) {
    field->Refuse(fmt::format("certificate {} cannot be read", chain.size() + 1));
    chain.clear();
  } else if (chain.size() > kMaxChainCertificates) {
    field->Refuse(fmt::format("has {} certificates: at most {} are allowed", chain.size(),
                              kMaxChainCertificates));
    chain.clear();
  }
  return chain;
}

Key ReadKey(std::string_view text, Field* field) {
  if (!field->Fits(text, kMaxPrivateKeyBytes)) return nullptr;
  bool wanted = false;
  Key key(PEM_read_bio_PrivateKey(Reading(text).get(), nullptr, &NoPassphrase, &wanted));
  ERR_clear_error();
  if (key != nullptr) return key;
  field->Refuse(wanted ? "is encrypted: give it without a passphrase; it is stored "
                         "encrypted"
                       : "is no private key in PEM form: it begins with "
                         "-----BEGIN PRIVATE KEY-----");
  return nullptr;
}

absl::Time EndOf(const X509* certificate) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) {
    return absl::InfinitePast();
  }
  return absl::FromTM(end, absl::UTCTimeZone());
}

std::string SubjectOf(const X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

std::optional<CertificateFacts> ReadClientCertificate(std::string_view chain,
                                                      std::string_view key,
                                                      absl::Time now,
                                                      const std::string& prefix,
                                                      Violations* violations) {
  Field chain_field(prefix + ".certificate_chain", violations);
  Field key_field(prefix + ".private_key", violations);
  const std::vector<Certificate> certificates = ReadChain(chain, &chain_field);
  const Key private_key = ReadKey(key, &key_field);
  if (certificates.empty() || private_key == nullptr) return std::nullopt;

  const X509* own = certificates.front().get();
  const CertificateFacts facts{.subject = SubjectOf(own), .expires_at = EndOf(own)};
  bool good = true;
  const auto refuse = [&](Field* field, std::string rule) {
    field->Refuse(std::move(rule));
    good = false;
  };
  if (facts.expires_at <= now) {
    refuse(&chain_field, fmt::format("expired at {}: give one that is valid",
                                     absl::FormatTime(absl::RFC3339_sec, facts.expires_at,
                                                      absl::UTCTimeZone())));
  }
  if (X509_check_private_key(own, private_key.get()) != 1) {
    refuse(&key_field, "is not the key of the first certificate of the chain");
  }
  ERR_clear_error();
  if (EVP_PKEY_get_security_bits(private_key.get()) < kLeastSecurityBits) {
    refuse(&key_field, "is too weak for TLS: use RSA of 2,048 bits or more, or P-256");
  }
  if (!good) return std::nullopt;
  return facts;
}

}  // namespace windrow::crypto
