#include "common/crypto/standard_webhooks.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "common/crypto/base64.h"

namespace windrow::crypto {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kMinKeyBytes = 24;
constexpr std::size_t kMaxKeyBytes = 64;
constexpr std::size_t kMacBytes = 32;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// HMAC-SHA256 that is looked up in OpenSSL once a thread and keyed anew for each
// signature: half the cost of HMAC(), which looks the digest up every time.
class HmacSha256 {
 public:
  HmacSha256() {
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(
        EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free);
    if (mac) context_.reset(EVP_MAC_CTX_new(mac.get()));
    if (!context_ || EVP_MAC_CTX_set_params(context_.get(), params) != 1) {
      std::abort();  // an OpenSSL without HMAC-SHA256: nothing could ever be signed
    }
  }

  void Start(std::string_view key) {
    Require(EVP_MAC_init(context_.get(), Bytes(key), key.size(), nullptr));
  }
  void Add(std::string_view text) {
    Require(EVP_MAC_update(context_.get(), Bytes(text), text.size()));
  }
  std::string_view Finish() {
    std::size_t size = 0;
    Require(EVP_MAC_final(context_.get(), mac_.data(), &size, mac_.size()));
    return {reinterpret_cast<const char*>(mac_.data()), size};
  }

 private:
  // These calls fail only where memory is out; a wrong signature must not leave.
  static void Require(int result) {
    if (result != 1) std::abort();
  }

  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context_{nullptr,
                                                                     &EVP_MAC_CTX_free};
  std::array<unsigned char, kMacBytes> mac_{};
};

}  // namespace

absl::StatusOr<SigningKey> SigningKey::Parse(std::string_view secret) {
  if (!secret.starts_with(kPrefix)) {
    return absl::InvalidArgumentError(
        "a signing secret starts with \"whsec_\", followed by base64");
  }
  std::optional<std::string> key = DecodeBase64(secret.substr(kPrefix.size()));
  if (!key) {
    return absl::InvalidArgumentError(
        "what follows \"whsec_\" is not base64 (padded, without spaces)");
  }
  if (key->size() < kMinKeyBytes || key->size() > kMaxKeyBytes) {
    return absl::InvalidArgumentError(
        fmt::format("a signing key has {} to {} bytes; this one has {}", kMinKeyBytes,
                    kMaxKeyBytes, key->size()));
  }
  return SigningKey(*std::move(key));
}

SigningKey SigningKey::Generate() {
  std::string key(kMinKeyBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()),
                 static_cast<int>(key.size())) != 1) {
    std::abort();  // without randomness no key may be made
  }
  return SigningKey(std::move(key));
}

std::string SigningKey::ToSecret() const {
  return fmt::format("{}{}", kPrefix, EncodeBase64(key_));
}

std::string SigningKey::Sign(std::string_view id, std::int64_t timestamp,
                             std::string_view body) const {
  static thread_local HmacSha256 hmac;
  const fmt::format_int seconds(timestamp);
  hmac.Start(key_);
  hmac.Add(id);
  hmac.Add(".");
  hmac.Add({seconds.data(), seconds.size()});
  hmac.Add(".");
  hmac.Add(body);
  std::string signature = "v1,";
  signature += EncodeBase64(hmac.Finish());
  return signature;
}

}  // namespace windrow::crypto
