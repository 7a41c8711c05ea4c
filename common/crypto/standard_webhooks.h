// Standard Webhooks 1.0 signatures (https://www.standardwebhooks.com): what a receiver
// checks. The signed text is `id "." timestamp "." body`.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>
#include <string_view>

namespace windrow::crypto {

// A signing key for `v1` (HMAC-SHA256). Thread-safe once made; copies are independent.
class SigningKey {
 public:
  // Accepts `whsec_` and base64 of 24–64 bytes, as the specification has it.
  static absl::StatusOr<SigningKey> Parse(std::string_view secret);
  // 24 random bytes.
  static SigningKey Generate();

  // "whsec_…": to be shown once, to whoever will verify.
  std::string ToSecret() const;
  // "v1,<base64>". `timestamp` is in whole seconds since 1970.
  std::string Sign(std::string_view id, std::int64_t timestamp,
                   std::string_view body) const;

 private:
  explicit SigningKey(std::string key) : key_(std::move(key)) {}
  std::string key_;
};

}  // namespace windrow::crypto
