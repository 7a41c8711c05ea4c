// The signatures of Standard Webhooks 1.0.
#pragma once

#include <cstdint>

namespace windrow::domain {

// The numbers are those of the API.
enum class SignatureScheme : std::uint8_t {
  kHmacSha256 = 1,  // "v1,…": whoever verifies has the secret too
  kEd25519 = 2,     // "v1a,…": whoever verifies has a public key
};

}  // namespace windrow::domain
