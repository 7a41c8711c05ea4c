#include "services/control_plane/access_decision.h"

#include <absl/strings/match.h>
#include <fmt/format.h>

#include <utility>

#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

constexpr std::string_view kScheme = "bearer ";

Refusal RefusalOf(const store::StoredApiKey& key, absl::Time now) {
  if (key.revoked_at) return Refusal::kRevoked;
  if (key.spec.expires_at && *key.spec.expires_at <= now) return Refusal::kExpired;
  return Refusal::kNone;
}

Decision DecideByKey(const AccessSnapshot& snapshot,
                     const std::optional<crypto::ParsedApiKey>& sent, absl::Time now) {
  if (!sent) return {Refusal::kMalformed};
  const AccessSnapshot::Key* key = snapshot.Find(sent->key_id);
  if (key == nullptr) return {Refusal::kUnknown};
  const bool same =
      crypto::SameSecret(sent->secret_sha256, key->stored.spec.secret_sha256);
  if (!same) return {Refusal::kWrongSecret};
  return {RefusalOf(key->stored, now), key};
}

absl::Status Unauthenticated(std::string_view message, std::string_view reason) {
  return WithReason(absl::UnauthenticatedError(std::string(message)), reason);
}

}  // namespace

void ReadAuthorization(const std::vector<std::string_view>& values,
                       Credentials* credentials) {
  credentials->has_authorization = !values.empty();
  if (values.size() != 1) return;
  const std::string_view value = values.front();
  if (!absl::EqualsIgnoreCase(
          absl::string_view(value.data(), std::min(value.size(), kScheme.size())),
          absl::string_view(kScheme.data(), kScheme.size()))) {
    return;
  }
  credentials->key = crypto::ParseApiKey(value.substr(kScheme.size()));
}

AccessSnapshot::AccessSnapshot(store::AccessKeys keys, const AccessSnapshot* before)
    : version_(keys.version), any_(keys.any || !keys.keys.empty()) {
  for (store::StoredApiKey& stored : keys.keys) {
    const std::string id = stored.key_id;
    const double rate = stored.spec.requests_per_second;
    Key key{.stored = std::move(stored)};
    const Key* same = before == nullptr ? nullptr : before->Find(id);
    if (rate > 0) {
      const bool keeps =
          same != nullptr && same->pace != nullptr && same->pace->per_second() == rate;
      key.pace = keeps ? same->pace : std::make_shared<KeyPace>(rate);
    }
    if (key.stored.spec.kind == domain::KeyKind::kCertificate && !key.stored.revoked_at) {
      certificates_[key.stored.spec.certificate_name] = id;
    }
    keys_.emplace(id, std::move(key));
  }
}

const AccessSnapshot::Key* AccessSnapshot::Find(std::string_view key_id) const {
  const auto found = keys_.find(absl::string_view(key_id.data(), key_id.size()));
  return found == keys_.end() ? nullptr : &found->second;
}

const AccessSnapshot::Key* AccessSnapshot::FindCertificate(std::string_view name) const {
  const auto found = certificates_.find(absl::string_view(name.data(), name.size()));
  return found == certificates_.end() ? nullptr : Find(found->second);
}

Decision Decide(const AccessSnapshot* snapshot, const AccessPolicy& policy,
                const Credentials& credentials, absl::Time now) {
  if (snapshot == nullptr) return {Refusal::kNotLoaded};
  if (credentials.has_authorization) return DecideByKey(*snapshot, credentials.key, now);
  for (const std::string& name : credentials.certificate_names) {
    const AccessSnapshot::Key* key = snapshot->FindCertificate(name);
    if (key != nullptr) return {RefusalOf(key->stored, now), key};
  }
  if (!credentials.certificate_names.empty()) return {Refusal::kUnknownCertificate};
  const bool open = !snapshot->any() && !policy.client_certificates &&
                    (credentials.loopback || policy.insecure_listen);
  return {open ? Refusal::kNone : Refusal::kMissing};
}

Refusal DecideAgain(const AccessSnapshot& snapshot, const Caller& caller,
                    absl::Time now) {
  if (caller.key_id.empty()) {
    return snapshot.any() ? Refusal::kMissing : Refusal::kNone;
  }
  const AccessSnapshot::Key* key = snapshot.Find(caller.key_id);
  return key == nullptr ? Refusal::kRevoked : RefusalOf(key->stored, now);
}

Caller CallerOf(const AccessSnapshot::Key* key) {
  if (key == nullptr) return {};
  const store::StoredApiKey& stored = key->stored;
  const bool secret = stored.spec.kind == domain::KeyKind::kSecret;
  return {.tenant = stored.tenant_id,
          .scope = stored.spec.scope,
          .name = secret ? "api_key:" + stored.key_id
                         : "certificate:" + stored.spec.certificate_name,
          .key_id = stored.key_id,
          .pace = key->pace};
}

std::string_view RefusalText(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      return "none";
    case Refusal::kNotLoaded:
      return "not_loaded";
    case Refusal::kMissing:
      return "missing";
    case Refusal::kMalformed:
      return "malformed";
    case Refusal::kUnknown:
      return "unknown";
    case Refusal::kWrongSecret:
      return "wrong_secret";
    case Refusal::kRevoked:
      return "revoked";
    case Refusal::kExpired:
      return "expired";
    case Refusal::kUnknownCertificate:
      return "unknown_certificate";
    case Refusal::kScope:
      return "scope";
  }
  return "none";
}

absl::Status ToStatus(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
    case Refusal::kScope:
      return absl::InternalError("not a refusal of a caller");
    case Refusal::kNotLoaded:
      return absl::UnavailableError("the API keys could not be read yet: try again");
    case Refusal::kMissing:
      return Unauthenticated(
          "an API key is needed: send it as metadata, `authorization: Bearer "
          "windrow_…`; `windrow api-key create` makes one",
          "API_KEY_REQUIRED");
    case Refusal::kMalformed:
      return Unauthenticated(
          "this is no API key: send `authorization: Bearer windrow_…` once, with the "
          "whole key as it was shown",
          "API_KEY_INVALID");
    // Both alike: which ids there are is nobody's to find out.
    case Refusal::kUnknown:
    case Refusal::kWrongSecret:
      return Unauthenticated("no such API key: `windrow api-key create` makes another",
                             "API_KEY_INVALID");
    case Refusal::kRevoked:
      return Unauthenticated(
          "the API key was revoked: `windrow api-key create` makes another",
          "API_KEY_REVOKED");
    case Refusal::kExpired:
      return Unauthenticated(
          "the API key has expired: `windrow api-key create` makes another",
          "API_KEY_EXPIRED");
    case Refusal::kUnknownCertificate:
      return Unauthenticated(
          "no API key is for this client certificate: the operator makes one with "
          "`windrow api-key create --certificate`, or send a key as metadata, "
          "`authorization: Bearer windrow_…`",
          "CERTIFICATE_UNKNOWN");
  }
  return absl::InternalError("unknown refusal");
}

absl::Status ScopeNeeded(std::string_view method, domain::Scope has,
                         std::optional<domain::Scope> wanted) {
  if (!wanted) {
    return WithReason(
        absl::PermissionDeniedError(fmt::format("{} is for nobody", method)),
        "SCOPE_NEEDED");
  }
  return WithReason(
      absl::PermissionDeniedError(fmt::format(
          "{} needs an API key of scope {}{}: this one is of scope {}", method,
          domain::ScopeText(*wanted), *wanted == domain::Scope::kAdmin ? "" : " or admin",
          domain::ScopeText(has))),
      "SCOPE_NEEDED");
}

}  // namespace windrow::control_plane
