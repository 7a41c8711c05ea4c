// Secrets at rest: AES-256-GCM under a ring of named keys.
//
// A sealed box is `version(1) | key id(4, big endian) | nonce(12) | ciphertext |
// tag(16)`. The associated data binds a box to its place (tenant, webhook, column), so
// that one moved to another row does not open.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace windrow::crypto {

// Thread-safe once made.
class KeyRing {
 public:
  // The text form: one key a line, `<id>:<base64 of 32 bytes>`, id 1–4294967295, blank
  // lines and lines that start with `#` skipped. The first key seals, all of them open.
  static absl::StatusOr<KeyRing> Parse(std::string_view text);
  // Reads a file in that form. NOT_FOUND with the way to make one where it is missing.
  static absl::StatusOr<KeyRing> Load(const std::string& path);
  // The text form of a new ring with one random key.
  static std::string GenerateText();
  // A line of the text form: a new random key of that id, with a line feed.
  static std::string GenerateLine(std::uint32_t id);
  // Under which key a box was sealed; none where it is no box. Needs no key.
  static std::optional<std::uint32_t> SealedBy(std::string_view box);

  // The key that seals, and all of them in rising order.
  std::uint32_t sealing_id() const { return sealing_id_; }
  std::vector<std::uint32_t> ids() const;
  bool Has(std::uint32_t id) const { return keys_.contains(id); }

  std::string Seal(std::string_view plain, std::string_view associated) const;
  // FAILED_PRECONDITION (SECRETS_KEY_MISSING) where the ring lacks the box's key, which
  // it names, DATA_LOSS where the box was altered or moved.
  absl::StatusOr<std::string> Open(std::string_view box,
                                   std::string_view associated) const;

 private:
  std::uint32_t sealing_id_ = 0;
  std::map<std::uint32_t, std::string> keys_;
};

}  // namespace windrow::crypto
