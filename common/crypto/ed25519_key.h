// The asymmetric signatures of Standard Webhooks 1.0, `v1a`: Ed25519 (RFC 8032) over
// `id "." timestamp "." body`. Whoever verifies has the public key, and cannot sign.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace windrow::crypto {

// What verifies. Thread-safe once made; copies share their key.
class Ed25519PublicKey {
 public:
  // Accepts `whpk_` and base64 of 32 bytes.
  static absl::StatusOr<Ed25519PublicKey> Parse(std::string_view text);

  // True where `signature`, "v1a,<base64>", was made by this key's private half over
  // exactly this.
  bool Verify(std::string_view id, std::int64_t timestamp, std::string_view body,
              std::string_view signature) const;

 private:
  explicit Ed25519PublicKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // EVP_PKEY
};

// What signs. Thread-safe once made; copies share their key.
class Ed25519Key {
 public:
  // Accepts `whsk_` and base64 of the private key's 32 bytes, or of those and the 32 of
  // its public key, which must fit. Errors say nothing of the key.
  static absl::StatusOr<Ed25519Key> Parse(std::string_view text);
  static Ed25519Key Generate();

  // "whsk_…" of 64 bytes, the one spelling that is stored.
  std::string ToSecret() const;
  // "whpk_…": for everyone to see.
  std::string PublicKey() const;
  // "v1a,<base64>". `timestamp` is in whole seconds since 1970.
  std::string Sign(std::string_view id, std::int64_t timestamp,
                   std::string_view body) const;

 private:
  Ed25519Key(std::string seed, std::shared_ptr<void> key);
  static Ed25519Key OfSeed(std::string seed);

  std::string seed_;
  std::string public_;
  std::shared_ptr<void> key_;  // EVP_PKEY
};

}  // namespace windrow::crypto
