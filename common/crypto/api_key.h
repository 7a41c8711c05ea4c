// The text of an API key: windrow_<key id>_<secret and checksum>.
//
// All of it is lower-case letters, digits and "_", so that a double click takes it whole
// and scanners find it: windrow_[a-z2-7]{12}_[a-z2-7]{59}. The id is public, the secret
// 32 random bytes, and the checksum finds what was cut off or mistyped.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace windrow::crypto {

struct NewApiKey {
  std::string key_id;
  std::string secret_sha256;  // 32 bytes, to be stored
  std::string text;           // to be shown once, and kept nowhere
};

// Of the system's random numbers.
NewApiKey GenerateApiKey();
// An id as those of keys, for what has no secret.
std::string GenerateKeyId();

struct ParsedApiKey {
  std::string key_id;
  std::string secret_sha256;
};

// Nothing where `text` is no key, or its checksum is wrong.
std::optional<ParsedApiKey> ParseApiKey(std::string_view text);

// In a time that tells nothing of where they differ.
bool SameSecret(std::string_view a_sha256, std::string_view b_sha256);

}  // namespace windrow::crypto
