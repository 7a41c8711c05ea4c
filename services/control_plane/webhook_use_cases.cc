#include "services/control_plane/webhook_use_cases.h"

#include <utility>

#include "common/crypto/standard_webhooks.h"
#include "services/control_plane/profile_check.h"

namespace windrow::control_plane {
namespace {

// Times that an edit without an etag is made anew; each time another edit got through.
constexpr int kMaxEdits = 8;

}  // namespace

absl::StatusOr<store::StoredWebhook> WebhookUseCases::Create(store::TenantId tenant,
                                                             Profile profile,
                                                             Violations violations,
                                                             bool validate_only) {
  WINDROW_RETURN_IF_ERROR(
      CheckWithCatalogue(event_types_, tenant, nullptr, &profile, &violations));
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  if (validate_only) {
    return store::StoredWebhook{.tenant_id = tenant,
                                .spec = std::move(profile.spec),
                                .secrets = std::move(profile.secrets)};
  }
  if (profile.secrets.signing_secret.empty()) {
    profile.secrets.signing_secret = crypto::SigningKey::Generate().ToSecret();
  }
  return webhooks_.Create(tenant, std::move(profile.spec), std::move(profile.secrets));
}

absl::StatusOr<store::StoredWebhook> WebhookUseCases::Update(
    store::TenantId tenant, const Uuid& id, std::optional<std::int32_t> expected,
    const Edit& edit, bool validate_only) {
  auto saved = UpdateOnce(tenant, id, expected, edit, validate_only);
  for (int edits = 1; edits < kMaxEdits; ++edits) {
    if (expected || !absl::IsAborted(saved.status())) break;
    saved = UpdateOnce(tenant, id, expected, edit, validate_only);
  }
  return saved;
}

absl::StatusOr<store::StoredWebhook> WebhookUseCases::RotateSecret(
    store::TenantId tenant, const Uuid& id, std::optional<std::int32_t> expected,
    const Rotation& rotation) {
  const std::string secret = rotation.new_secret.empty()
                                 ? crypto::SigningKey::Generate().ToSecret()
                                 : rotation.new_secret;
  const absl::Time until =
      absl::FromUnixMillis(absl::ToUnixMillis(rotation.now + rotation.overlap));
  return Update(
      tenant, id, expected,
      [&](Profile* profile, Violations* violations) {
        if (rotation.overlap < absl::ZeroDuration() ||
            rotation.overlap > domain::kMaxSecretOverlap) {
          violations->Add("overlap", "must be 0 s – 7 d");
        }
        domain::WebhookSecrets& secrets = profile->secrets;
        if (secret == secrets.signing_secret) {
          violations->Add("signing_secret",
                          "is the one in force: leave it out, and one is made");
        }
        const bool overlaps = rotation.overlap > absl::ZeroDuration();
        secrets.previous_signing_secret = overlaps ? secrets.signing_secret : "";
        secrets.previous_valid_until = overlaps ? until : absl::InfinitePast();
        secrets.signing_secret = secret;
      },
      /*validate_only=*/false);
}

absl::StatusOr<store::StoredWebhook> WebhookUseCases::UpdateOnce(
    store::TenantId tenant, const Uuid& id, std::optional<std::int32_t> expected,
    const Edit& edit, bool validate_only) {
  WINDROW_ASSIGN_OR_RETURN(store::StoredWebhook current, webhooks_.Get(tenant, id));
  if (expected && *expected != current.version) {
    return WithReason(absl::AbortedError("the webhook was changed since its etag was "
                                         "read: get it again and redo the change"),
                      "ETAG_MISMATCH");
  }
  Profile profile{current.spec, current.secrets};
  Violations violations;
  edit(&profile, &violations);
  WINDROW_RETURN_IF_ERROR(
      CheckWithCatalogue(event_types_, tenant, &current.spec, &profile, &violations));
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  if (profile == Profile{current.spec, current.secrets}) return current;
  if (validate_only) {
    current.spec = std::move(profile.spec);
    current.version = 0;  // what it would become is not known
    return current;
  }
  return webhooks_.Update(tenant, id, current.version, std::move(profile.spec),
                          std::move(profile.secrets));
}

}  // namespace windrow::control_plane
