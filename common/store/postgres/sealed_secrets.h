// The sealed boxes of the database: under which keys they are, and how they come under
// another (`windrow keys`).
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/uuid.h"
#include "common/crypto/key_ring.h"
#include "common/store/postgres/connection.h"
#include "common/store/types.h"

namespace windrow::store::postgres {

// What binds the box of a webhook's secrets to its place (associated data): tenant,
// webhook and column. One that is copied to another does not open.
std::string SecretsPlace(TenantId tenant, const Uuid& webhook_id);

struct SealingKeyUse {
  std::uint32_t key_id = 0;
  std::int64_t webhooks = 0;  // whose secrets are sealed under it, deleted ones too
  std::vector<std::string> examples;  // ids of some of them, at most three
};

// By key id. Connects once, and refuses a schema that is not this build's.
absl::StatusOr<std::vector<SealingKeyUse>> CountSealingKeys(const std::string& url);

struct ResealOptions {
  int batch = 100;  // webhooks a transaction; a change of one of them waits for its end
  // Called after each transaction with how many boxes have been sealed anew so far.
  std::function<void(std::int64_t resealed)> progress;
};

// Seals every box under the ring's first key that is sealed under another, while servers
// and workers run. What has been done stays done where it is broken off, and a second run
// finds nothing to do. Answers how many boxes it sealed anew.
//
// FAILED_PRECONDITION (SECRETS_KEY_MISSING) before anything is changed where boxes are
// sealed under keys that the ring lacks: it names the keys, and some of the webhooks.
// DATA_LOSS, with the webhook's id, for a box that does not open.
absl::StatusOr<std::int64_t> ResealSecrets(const std::string& url,
                                           const crypto::KeyRing& ring,
                                           const ResealOptions& options);

}  // namespace windrow::store::postgres
