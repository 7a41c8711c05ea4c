#include "common/domain/signing_rules.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace windrow::domain {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kKeyPrefix = "whsk_";

// The bytes behind the prefix, in their one spelling, as whoever signs and verifies reads
// them.
std::optional<std::string> KeyBytes(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  const std::string base64(text.substr(prefix.size()));
  std::string bytes;
  if (!absl::Base64Unescape(base64, &bytes) || absl::Base64Escape(bytes) != base64) {
    return std::nullopt;
  }
  return bytes;
}

bool IsKnown(SignatureScheme scheme) {
  return scheme == SignatureScheme::kHmacSha256 || scheme == SignatureScheme::kEd25519;
}

void CheckSchemes(const std::vector<SignatureScheme>& schemes, const std::string& field,
                  Violations* violations) {
  if (schemes.empty()) {
    violations->Add(field, "is empty: every webhook signs");
  } else if (!std::ranges::all_of(schemes, IsKnown)) {
    violations->Add(field, "must be of HMAC_SHA256 and ED25519");
  } else if (schemes.size() > 2 || (schemes.size() == 2 && schemes[0] == schemes[1])) {
    violations->Add(field, "names a scheme twice: keep one");
  }
}

}  // namespace

bool SignsWith(const WebhookSpec& spec, SignatureScheme scheme) {
  return std::ranges::find(spec.signature_schemes, scheme) !=
         spec.signature_schemes.end();
}

void CheckSigning(const WebhookSpec& spec, const WebhookSecrets& secrets,
                  const std::string& prefix, Violations* violations) {
  CheckSchemes(spec.signature_schemes, prefix + ".signature_schemes", violations);
  const auto secret = KeyBytes(secrets.signing_secret, kSecretPrefix);
  const bool secret_fits = secret && secret->size() >= 24 && secret->size() <= 64;
  if (!secrets.signing_secret.empty() && !secret_fits) {
    violations->Add(prefix + ".signing_secret",
                    "must be \"whsec_\" and base64 of 24–64 bytes, padded and without "
                    "spaces: leave it empty to have one made");
  }
  const auto key = KeyBytes(secrets.signing_key, kKeyPrefix);
  if (!secrets.signing_key.empty() && !(key && key->size() == 64)) {
    violations->Add(prefix + ".signing_key",
                    "must be \"whsk_\" and base64 of a key's 32 bytes, or of those and "
                    "its public key's 32: leave it empty to have one made");
  }
}

std::vector<KeyInForce> KeysInForce(const WebhookSpec& spec,
                                    const WebhookSecrets& secrets) {
  std::vector<KeyInForce> keys;
  const auto add = [&keys](const std::string& current, const std::string& previous,
                           absl::Time until) {
    keys.push_back({.text = current});
    if (!previous.empty()) keys.push_back({.text = previous, .until = until});
  };
  if (SignsWith(spec, SignatureScheme::kHmacSha256)) {
    add(secrets.signing_secret, secrets.previous_signing_secret,
        secrets.previous_valid_until);
  }
  if (SignsWith(spec, SignatureScheme::kEd25519)) {
    add(secrets.signing_key, secrets.previous_signing_key,
        secrets.previous_key_valid_until);
  }
  return keys;
}

}  // namespace windrow::domain
