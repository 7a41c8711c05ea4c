// Who a caller is: the decision, as a pure function of what it sent and the keys there
// are.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/time/time.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/api_key.h"
#include "common/store/access_store.h"
#include "services/control_plane/caller.h"

namespace windrow::control_plane {

// What a call brings.
struct Credentials {
  bool has_authorization = false;
  std::optional<crypto::ParsedApiKey> key;  // none: the authorization was no key
  // Of a client certificate that was verified: "uri:…", "dns:…", "cn:…", in this order.
  std::vector<std::string> certificate_names;
  bool loopback = false;  // the connection's other end is this machine
};

// All values of the call's `authorization`: "Bearer windrow_…", once.
void ReadAuthorization(const std::vector<std::string_view>& values,
                       Credentials* credentials);

struct AccessPolicy {
  bool client_certificates = false;  // are asked for: nobody is let in without a key
  bool insecure_listen = false;      // others than loopback, while there is no key
};

// All keys at one time. Immutable.
class AccessSnapshot {
 public:
  struct Key {
    store::StoredApiKey stored;
    std::shared_ptr<KeyPace> pace;  // null: no limit
  };

  // What a key has used of its rate is taken over from `before`, which may be null.
  AccessSnapshot(store::AccessKeys keys, const AccessSnapshot* before);

  std::int64_t version() const { return version_; }
  bool any() const { return any_; }
  std::size_t size() const { return keys_.size(); }
  const Key* Find(std::string_view key_id) const;
  const Key* FindCertificate(std::string_view name) const;

 private:
  std::int64_t version_;
  bool any_;
  absl::flat_hash_map<std::string, Key> keys_;
  absl::flat_hash_map<std::string, std::string> certificates_;  // name → key id
};

enum class Refusal : std::uint8_t {
  kNone,
  kNotLoaded,  // the database did not answer yet
  kMissing,
  kMalformed,
  kUnknown,
  kWrongSecret,
  kRevoked,
  kExpired,
  kUnknownCertificate,
  kScope,
};

struct Decision {
  Refusal refusal = Refusal::kNone;
  const AccessSnapshot::Key* key = nullptr;  // null and not refused: anonymous
};

// `snapshot` may be null. That a key ended is told to nobody who has not its secret.
Decision Decide(const AccessSnapshot* snapshot, const AccessPolicy& policy,
                const Credentials& credentials, absl::Time now);
// Whether a caller that was let in may go on.
Refusal DecideAgain(const AccessSnapshot& snapshot, const Caller& caller, absl::Time now);

Caller CallerOf(const AccessSnapshot::Key* key);
// A word for metrics: "missing", "wrong_secret".
std::string_view RefusalText(Refusal refusal);
// What the caller is told. Not of kNone and kScope.
absl::Status ToStatus(Refusal refusal);
absl::Status ScopeNeeded(std::string_view method, domain::Scope has,
                         std::optional<domain::Scope> wanted);

}  // namespace windrow::control_plane
