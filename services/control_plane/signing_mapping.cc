#include "services/control_plane/signing_mapping.h"

#include <absl/time/clock.h>

#include "common/crypto/ed25519_key.h"
#include "common/crypto/standard_webhooks.h"
#include "common/domain/signing_rules.h"
#include "services/control_plane/proto_time.h"

namespace windrow::control_plane {
namespace {

using domain::SignatureScheme;

std::string PublicKeyOf(const std::string& signing_key) {
  const auto key = crypto::Ed25519Key::Parse(signing_key);
  return key.ok() ? key->PublicKey() : std::string();
}

}  // namespace

std::vector<SignatureScheme> SchemesFromProto(
    const google::protobuf::RepeatedField<int>& numbers) {
  constexpr int kMost = 3;  // one more than there are: the domain says so
  std::vector<SignatureScheme> schemes;
  for (const int number : numbers) {
    if (schemes.size() == kMost) break;
    schemes.push_back(v1::SignatureScheme_IsValid(number)
                          ? static_cast<SignatureScheme>(number)
                          : static_cast<SignatureScheme>(0xff));
  }
  return schemes;
}

void PutSignatureSchemes(const v1::Webhook& webhook, Profile* profile) {
  profile->spec.signature_schemes = webhook.signature_schemes().empty()
                                        ? domain::WebhookSpec().signature_schemes
                                        : SchemesFromProto(webhook.signature_schemes());
}

void PutSigningSecret(const v1::Webhook& webhook, Profile* profile,
                      Violations* violations) {
  domain::WebhookSecrets& secrets = profile->secrets;
  if (webhook.signing_secret().empty()) return;
  if (!domain::SignsWith(profile->spec, SignatureScheme::kHmacSha256)) {
    violations->Add("webhook.signing_secret",
                    "signature_schemes has no HMAC_SHA256: leave the secret out, or add "
                    "the scheme");
  }
  // The same once more changes nothing: it does not end a rotation's overlap either.
  if (webhook.signing_secret() == secrets.signing_secret) return;
  secrets.signing_secret = webhook.signing_secret();
  secrets.previous_signing_secret.clear();  // RotateSigningSecret keeps it
  secrets.previous_valid_until = absl::InfinitePast();
}

void PutSigningKey(const v1::Webhook& webhook, Profile* profile, Violations* violations) {
  domain::WebhookSecrets& secrets = profile->secrets;
  if (webhook.signing_key().empty()) return;
  if (!domain::SignsWith(profile->spec, SignatureScheme::kEd25519)) {
    violations->Add("webhook.signing_key",
                    "signature_schemes has no ED25519: leave the key out, or add the "
                    "scheme");
  }
  const auto key = SigningKeyOf(webhook.signing_key(), "webhook.signing_key", violations);
  if (!key || *key == secrets.signing_key) return;
  secrets.signing_key = *key;
  secrets.previous_signing_key.clear();
  secrets.previous_key_valid_until = absl::InfinitePast();
}

std::optional<std::string> SigningKeyOf(const std::string& text, const std::string& field,
                                        Violations* violations) {
  const auto key = crypto::Ed25519Key::Parse(text);
  if (key.ok()) return key->ToSecret();
  violations->Add(field, std::string(key.status().message()));
  return std::nullopt;
}

void MakeMissingKeys(Profile* profile) {
  domain::WebhookSecrets& secrets = profile->secrets;
  if (domain::SignsWith(profile->spec, SignatureScheme::kHmacSha256) &&
      secrets.signing_secret.empty()) {
    secrets.signing_secret = crypto::SigningKey::Generate().ToSecret();
  }
  if (domain::SignsWith(profile->spec, SignatureScheme::kEd25519) &&
      secrets.signing_key.empty()) {
    secrets.signing_key = crypto::Ed25519Key::Generate().ToSecret();
  }
}

void SigningToProto(const store::StoredWebhook& webhook, v1::Webhook* proto) {
  const domain::WebhookSecrets& secrets = webhook.secrets;
  for (const SignatureScheme scheme : webhook.spec.signature_schemes) {
    proto->add_signature_schemes(static_cast<v1::SignatureScheme>(scheme));
  }
  const absl::Time now = absl::Now();
  if (domain::SignsWith(webhook.spec, SignatureScheme::kHmacSha256) &&
      secrets.previous_valid_until > now) {
    TimeToProto(secrets.previous_valid_until,
                proto->mutable_previous_secret_expire_time());
  }
  if (!domain::SignsWith(webhook.spec, SignatureScheme::kEd25519)) return;
  proto->set_public_key(PublicKeyOf(secrets.signing_key));
  if (secrets.previous_key_valid_until > now) {
    proto->set_previous_public_key(PublicKeyOf(secrets.previous_signing_key));
    TimeToProto(secrets.previous_key_valid_until,
                proto->mutable_previous_public_key_expire_time());
  }
}

}  // namespace windrow::control_plane
