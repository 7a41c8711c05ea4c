// Checks Standard Webhooks signatures as a receiver does.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/standard_webhooks.h"

namespace windrow::cli {

struct SignedHeaders {
  std::string id;         // webhook-id
  std::string timestamp;  // webhook-timestamp
  std::string signature;  // webhook-signature: "v1,… v1,…"
};

// Not thread-safe.
class Verifier {
 public:
  // Gives secrets when none of the known ones fits: webhooks come and go.
  using Source = std::function<absl::StatusOr<std::vector<std::string>>()>;

  static absl::StatusOr<Verifier> Make(const std::vector<std::string>& secrets,
                                       Source source = nullptr);

  // OK where one of the secrets signed exactly this, at most five minutes from `now`;
  // else UNAUTHENTICATED with why.
  absl::Status Verify(const SignedHeaders& headers, std::string_view body,
                      absl::Time now);

 private:
  Verifier(std::vector<crypto::SigningKey> keys, Source source)
      : keys_(std::move(keys)), source_(std::move(source)) {}
  bool AnyFits(const SignedHeaders& headers, std::int64_t timestamp,
               std::string_view body) const;
  absl::Status Refresh();

  std::vector<crypto::SigningKey> keys_;
  Source source_;
};

}  // namespace windrow::cli
