#include "services/control_plane/webhook_use_cases.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/crypto/ed25519_key.h"
#include "common/crypto/standard_webhooks.h"
#include "common/domain/signing_rules.h"
#include "services/control_plane/profile_check.h"
#include "services/control_plane/signing_mapping.h"

namespace windrow::control_plane {
namespace {

// Times that an edit without an etag is made anew; each time another edit got through.
constexpr int kMaxEdits = 8;

using domain::SignatureScheme;
using Rotation = WebhookUseCases::Rotation;

// One secret or key, and the one before it.
struct Rotated {
  std::string* current;
  std::string* previous;
  absl::Time* previous_until;
};

void PutNew(const std::string& made, std::string_view field, const Rotation& rotation,
            const Rotated& rotated, Violations* violations) {
  if (made == *rotated.current) {
    violations->Add(std::string(field),
                    "is the one in force: leave it out, and one is made");
  }
  const bool overlaps =
      rotation.overlap > absl::ZeroDuration() && !rotated.current->empty();
  // Stored in whole milliseconds.
  const absl::Time until =
      absl::FromUnixMillis(absl::ToUnixMillis(rotation.now + rotation.overlap));
  *rotated.previous = overlaps ? *rotated.current : "";
  *rotated.previous_until = overlaps ? until : absl::InfinitePast();
  *rotated.current = made;
}

bool Rotates(const Rotation& rotation, const domain::WebhookSpec& spec,
             SignatureScheme scheme) {
  return domain::SignsWith(spec, scheme) &&
         (rotation.schemes.empty() || std::ranges::count(rotation.schemes, scheme) > 0);
}

void CheckRotation(const Rotation& rotation, const domain::WebhookSpec& spec,
                   Violations* violations) {
  for (const SignatureScheme scheme : rotation.schemes) {
    if (domain::SignsWith(spec, scheme)) continue;
    violations->Add("signature_schemes",
                    "names one that the webhook does not sign with: leave it out");
    break;
  }
  const auto check_given = [&](const std::string& given, SignatureScheme scheme,
                               std::string_view field) {
    if (given.empty() || Rotates(rotation, spec, scheme)) return;
    violations->Add(std::string(field),
                    "is not of a scheme that is rotated here: leave it out");
  };
  check_given(rotation.new_secret, SignatureScheme::kHmacSha256, "signing_secret");
  check_given(rotation.new_key, SignatureScheme::kEd25519, "signing_key");
}

void Rotate(const Rotation& rotation, Profile* profile, Violations* violations) {
  domain::WebhookSecrets& secrets = profile->secrets;
  CheckRotation(rotation, profile->spec, violations);
  if (Rotates(rotation, profile->spec, SignatureScheme::kHmacSha256)) {
    const std::string secret = rotation.new_secret.empty()
                                   ? crypto::SigningKey::Generate().ToSecret()
                                   : rotation.new_secret;
    PutNew(secret, "signing_secret", rotation,
           {&secrets.signing_secret, &secrets.previous_signing_secret,
            &secrets.previous_valid_until},
           violations);
  }
  if (Rotates(rotation, profile->spec, SignatureScheme::kEd25519)) {
    const auto key = rotation.new_key.empty()
                         ? crypto::Ed25519Key::Generate().ToSecret()
                         : SigningKeyOf(rotation.new_key, "signing_key", violations);
    if (!key) return;
    PutNew(*key, "signing_key", rotation,
           {&secrets.signing_key, &secrets.previous_signing_key,
            &secrets.previous_key_valid_until},
           violations);
  }
}

}  // namespace

absl::StatusOr<store::StoredWebhook> WebhookUseCases::Create(const store::Author& author,
                                                             Profile profile,
                                                             Violations violations,
                                                             bool validate_only) {
  WINDROW_RETURN_IF_ERROR(
      CheckWithCatalogue(event_types_, author.tenant, nullptr, &profile, &violations));
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  if (validate_only) {
    return store::StoredWebhook{.tenant_id = author.tenant,
                                .spec = std::move(profile.spec),
                                .secrets = std::move(profile.secrets)};
  }
  MakeMissingKeys(&profile);
  return webhooks_.Create(author, std::move(profile.spec), std::move(profile.secrets));
}

absl::StatusOr<store::StoredWebhook> WebhookUseCases::Update(
    const store::Author& author, const Uuid& id, std::optional<std::int32_t> expected,
    const Edit& edit, bool validate_only) {
  auto saved = UpdateOnce(author, id, expected, edit, validate_only);
  for (int edits = 1; edits < kMaxEdits; ++edits) {
    if (expected || !absl::IsAborted(saved.status())) break;
    saved = UpdateOnce(author, id, expected, edit, validate_only);
  }
  return saved;
}

absl::StatusOr<store::StoredWebhook> WebhookUseCases::RotateSecret(
    const store::Author& author, const Uuid& id, std::optional<std::int32_t> expected,
    const Rotation& rotation) {
  return Update(
      author, id, expected,
      [&](Profile* profile, Violations* violations) {
        if (rotation.overlap < absl::ZeroDuration() ||
            rotation.overlap > domain::kMaxSecretOverlap) {
          violations->Add("overlap", "must be 0 s – 7 d");
        }
        Rotate(rotation, profile, violations);
      },
      /*validate_only=*/false);
}

absl::StatusOr<store::StoredWebhook> WebhookUseCases::UpdateOnce(
    const store::Author& author, const Uuid& id, std::optional<std::int32_t> expected,
    const Edit& edit, bool validate_only) {
  WINDROW_ASSIGN_OR_RETURN(store::StoredWebhook current,
                           webhooks_.Get(author.tenant, id));
  if (expected && *expected != current.version) {
    return WithReason(absl::AbortedError("the webhook was changed since its etag was "
                                         "read: get it again and redo the change"),
                      "ETAG_MISMATCH");
  }
  // To save would replace secrets that nobody read.
  WINDROW_RETURN_IF_ERROR(current.secrets_status);
  Profile profile{current.spec, current.secrets};
  Violations violations;
  edit(&profile, &violations);
  WINDROW_RETURN_IF_ERROR(CheckWithCatalogue(event_types_, author.tenant, &current.spec,
                                             &profile, &violations));
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  if (profile == Profile{current.spec, current.secrets}) return current;
  if (validate_only) {
    current.spec = std::move(profile.spec);
    current.version = 0;  // what it would become is not known
    return current;
  }
  MakeMissingKeys(&profile);
  return webhooks_.Update(author, id, current.version, std::move(profile.spec),
                          std::move(profile.secrets));
}

}  // namespace windrow::control_plane
