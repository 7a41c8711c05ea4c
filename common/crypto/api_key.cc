#include "common/crypto/api_key.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdint>
#include <cstdlib>

namespace windrow::crypto {
namespace {

constexpr std::string_view kPrefix = "windrow_";
constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kIdCharacters = 12;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretCharacters = 52;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kChecksumCharacters = 7;

// Base32 (RFC 4648, section 6) in lower case, without padding.
std::string EncodeBase32(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (count += 8; count >= 5; count -= 5) text += kAlphabet[bits >> (count - 5) & 31];
  }
  if (count > 0) text += kAlphabet[bits << (5 - count) & 31];
  return text;
}

bool IsBase32(std::string_view text) {
  return text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(count)) != 1) {
    std::abort();  // without randomness no key may be made
  }
  return bytes;
}

std::string Sha256(std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string Checksum(std::string_view text) {
  return EncodeBase32(Sha256(text).substr(0, kChecksumBytes));
}

}  // namespace

std::string GenerateKeyId() {
  return EncodeBase32(RandomBytes(8)).substr(0, kIdCharacters);
}

NewApiKey GenerateApiKey() {
  NewApiKey key{.key_id = GenerateKeyId()};
  const std::string secret = EncodeBase32(RandomBytes(kSecretBytes));
  key.secret_sha256 = Sha256(secret);
  key.text.append(kPrefix).append(key.key_id).append("_").append(secret);
  key.text += Checksum(key.text);
  return key;
}

std::optional<ParsedApiKey> ParseApiKey(std::string_view text) {
  constexpr std::size_t kSecretAt = kPrefix.size() + kIdCharacters + 1;
  constexpr std::size_t kChecksumAt = kSecretAt + kSecretCharacters;
  if (text.size() != kChecksumAt + kChecksumCharacters) return std::nullopt;
  const std::string_view key_id = text.substr(kPrefix.size(), kIdCharacters);
  const std::string_view secret = text.substr(kSecretAt, kSecretCharacters);
  const bool fits = text.starts_with(kPrefix) && text[kSecretAt - 1] == '_' &&
                    IsBase32(key_id) && IsBase32(secret) &&
                    text.substr(kChecksumAt) == Checksum(text.substr(0, kChecksumAt));
  if (!fits) return std::nullopt;
  return ParsedApiKey{std::string(key_id), Sha256(secret)};
}

bool SameSecret(std::string_view a_sha256, std::string_view b_sha256) {
  return a_sha256.size() == b_sha256.size() &&
         CRYPTO_memcmp(a_sha256.data(), b_sha256.data(), a_sha256.size()) == 0;
}

}  // namespace windrow::crypto
