// Checks Standard Webhooks signatures as a receiver does.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/crypto/ed25519_key.h"
#include "common/crypto/standard_webhooks.h"

namespace windrow::cli {

struct SignedHeaders {
  std::string id;         // webhook-id
  std::string timestamp;  // webhook-timestamp
  std::string signature;  // webhook-signature: "v1,… v1a,…"
};

// Not thread-safe.
class Verifier {
 public:
  using Key = std::variant<crypto::SigningKey, crypto::Ed25519PublicKey>;

  // Gives secrets and public keys when none of the known ones fits: webhooks come and go.
  using Source = std::function<absl::StatusOr<std::vector<std::string>>()>;

  // "whsec_…" secrets and "whpk_…" public keys.
  static absl::StatusOr<Verifier> Make(const std::vector<std::string>& secrets,
                                       Source source = nullptr);

  // OK where one of the secrets or keys signed exactly this, at most five minutes from
  // `now`; else UNAUTHENTICATED with why.
  absl::Status Verify(const SignedHeaders& headers, std::string_view body,
                      absl::Time now);

 private:
  Verifier(std::vector<Key> keys, Source source)
      : keys_(std::move(keys)), source_(std::move(source)) {}
  bool AnyFits(const SignedHeaders& headers, std::int64_t timestamp,
               std::string_view body) const;
  absl::Status Refresh();

  std::vector<Key> keys_;
  Source source_;
};

}  // namespace windrow::cli
