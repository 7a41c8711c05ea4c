#include "common/crypto/ed25519_key.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "common/crypto/base64.h"

namespace windrow::crypto {
namespace {

constexpr std::string_view kPrivatePrefix = "whsk_";
constexpr std::string_view kPublicPrefix = "whpk_";
constexpr std::string_view kSignaturePrefix = "v1a,";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

// These calls fail only where memory is out, or with an OpenSSL without Ed25519; a wrong
// signature must not leave.
void Require(bool ok) {
  if (!ok) std::abort();
}

EVP_PKEY* Key(const std::shared_ptr<void>& key) {
  return static_cast<EVP_PKEY*>(key.get());
}

std::shared_ptr<void> Owned(EVP_PKEY* key) {
  return {key, [](void* owned) { EVP_PKEY_free(static_cast<EVP_PKEY*>(owned)); }};
}

// Ed25519 reads what it signs twice, so it must lie in one piece.
std::string SignedText(std::string_view id, std::int64_t timestamp,
                       std::string_view body) {
  const fmt::format_int seconds(timestamp);
  std::string text;
  text.reserve(id.size() + seconds.size() + body.size() + 2);
  text.append(id).append(1, '.').append(seconds.data(), seconds.size());
  return text.append(1, '.').append(body);
}

}  // namespace

absl::StatusOr<Ed25519PublicKey> Ed25519PublicKey::Parse(std::string_view text) {
  std::optional<std::string> bytes;
  if (text.starts_with(kPublicPrefix)) {
    bytes = DecodeBase64(text.substr(kPublicPrefix.size()));
  }
  if (!bytes || bytes->size() != kKeyBytes) {
    return absl::InvalidArgumentError(
        "a public key is \"whpk_\" and base64 of 32 bytes (padded, without spaces)");
  }
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(*bytes),
                                              bytes->size());
  Require(key != nullptr);
  return Ed25519PublicKey(Owned(key));
}

bool Ed25519PublicKey::Verify(std::string_view id, std::int64_t timestamp,
                              std::string_view body, std::string_view signature) const {
  if (!signature.starts_with(kSignaturePrefix)) return false;
  const auto bytes = DecodeBase64(signature.substr(kSignaturePrefix.size()));
  if (!bytes || bytes->size() != kSignatureBytes) return false;
  const std::string text = SignedText(id, timestamp, body);
  const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, Key(key_)) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(*bytes), bytes->size(),
                          Bytes(std::string_view(text)), text.size()) == 1;
}

Ed25519Key::Ed25519Key(std::string seed, std::shared_ptr<void> key)
    : seed_(std::move(seed)), public_(kKeyBytes, '\0'), key_(std::move(key)) {
  std::size_t size = kKeyBytes;
  Require(EVP_PKEY_get_raw_public_key(Key(key_), Bytes(public_), &size) == 1);
}

Ed25519Key Ed25519Key::OfSeed(std::string seed) {
  EVP_PKEY* key = EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, Bytes(std::string_view(seed)), seed.size());
  Require(key != nullptr);
  return {std::move(seed), Owned(key)};
}

absl::StatusOr<Ed25519Key> Ed25519Key::Parse(std::string_view text) {
  std::optional<std::string> bytes;
  if (text.starts_with(kPrivatePrefix)) {
    bytes = DecodeBase64(text.substr(kPrivatePrefix.size()));
  }
  if (!bytes || (bytes->size() != kKeyBytes && bytes->size() != 2 * kKeyBytes)) {
    return absl::InvalidArgumentError(
        "a signing key is \"whsk_\" and base64 of its 32 bytes, or of those and the 32 "
        "of "
        "its public key (padded, without spaces)");
  }
  Ed25519Key key = OfSeed(bytes->substr(0, kKeyBytes));
  if (bytes->size() > kKeyBytes && bytes->substr(kKeyBytes) != key.public_) {
    return absl::InvalidArgumentError(
        "the last 32 bytes of the signing key are not the public key of the first 32");
  }
  return key;
}

Ed25519Key Ed25519Key::Generate() {
  std::string seed(kKeyBytes, '\0');
  // Without randomness no key may be made.
  Require(RAND_priv_bytes(Bytes(seed), static_cast<int>(seed.size())) == 1);
  return OfSeed(std::move(seed));
}

std::string Ed25519Key::ToSecret() const {
  return fmt::format("{}{}", kPrivatePrefix, EncodeBase64(seed_ + public_));
}

std::string Ed25519Key::PublicKey() const {
  return fmt::format("{}{}", kPublicPrefix, EncodeBase64(public_));
}

std::string Ed25519Key::Sign(std::string_view id, std::int64_t timestamp,
                             std::string_view body) const {
  const std::string text = SignedText(id, timestamp, body);
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Require(context != nullptr &&
          EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, Key(key_)) == 1 &&
          EVP_DigestSign(context.get(), Bytes(signature), &size,
                         Bytes(std::string_view(text)), text.size()) == 1 &&
          size == kSignatureBytes);
  return fmt::format("{}{}", kSignaturePrefix, EncodeBase64(signature));
}

}  // namespace windrow::crypto
