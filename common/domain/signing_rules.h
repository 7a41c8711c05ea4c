// How requests are signed: the rules of a profile's schemes and keys, and which keys
// sign.
#pragma once

#include <absl/time/time.h>

#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/domain/webhook.h"

namespace windrow::domain {

bool SignsWith(const WebhookSpec& spec, SignatureScheme scheme);

// Adds a violation under `prefix` for each broken rule of signature_schemes,
// signing_secret and signing_key. A secret or key that is empty is one still to be made.
// Whether a key fits its own public half is for crypto::Ed25519Key to say.
void CheckSigning(const WebhookSpec& spec, const WebhookSecrets& secrets,
                  const std::string& prefix, Violations* violations);

// A key of the profile that signs requests; its text says of which scheme it is.
struct KeyInForce {
  std::string text;  // "whsec_…" or "whsk_…"; empty: not made yet
  absl::Time until = absl::InfiniteFuture();  // the one before a rotation: its end

  bool operator==(const KeyInForce&) const = default;
};

// The keys of the profile's schemes, v1 first; the one before a rotation stands behind
// the one that took its place, whether or not its time is over.
std::vector<KeyInForce> KeysInForce(const WebhookSpec& spec,
                                    const WebhookSecrets& secrets);

}  // namespace windrow::domain
