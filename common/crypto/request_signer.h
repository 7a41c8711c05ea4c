// The signatures of one webhook's requests: one of each key that is in force.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/crypto/ed25519_key.h"
#include "common/crypto/standard_webhooks.h"
#include "common/domain/signing_rules.h"

namespace windrow::crypto {

// Thread-safe once made.
class RequestSigner {
 public:
  // INVALID_ARGUMENT where a key is neither a `whsec_` nor a `whsk_` one; which it is,
  // the error does not show.
  static absl::StatusOr<RequestSigner> Of(const std::vector<domain::KeyInForce>& keys);

  // The value of webhook-signature: "v1,… v1a,…", in the order of the keys, without those
  // whose time was over at `now`. The timestamp that is signed is `now` in whole seconds.
  std::string Sign(std::string_view id, absl::Time now, std::string_view body) const;

 private:
  struct Entry {
    std::variant<SigningKey, Ed25519Key> key;
    absl::Time until;
  };
  std::vector<Entry> entries_;
};

}  // namespace windrow::crypto
