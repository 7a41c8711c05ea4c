// Webhooks: the API's message and the domain's profile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/status.h"
#include "common/domain/webhook.h"
#include "common/http/address_rules.h"
#include "common/http/url.h"
#include "common/store/types.h"
#include "windrow/v1/webhook.pb.h"

namespace windrow::control_plane {

// Which URLs this installation lets a webhook have.
struct UrlPolicy {
  http::UrlRules url;
  http::AddressRules addresses;
};

// What a request may change of a webhook.
struct Profile {
  domain::WebhookSpec spec;
  domain::WebhookSecrets secrets;

  bool operator==(const Profile&) const = default;
};

// A new profile: every field of `webhook`, with the defaults where it has none. Output
// only fields are not looked at. Adds what cannot be put into a profile; the domain's
// rules are checked by CheckProfile.
Profile NewProfile(const v1::Webhook& webhook, const UrlPolicy& policy,
                   Violations* violations);

// Puts the fields that `mask` names into a stored profile (UpdateWebhookRequest says how
// an empty one and "*" are read). A field that is named but not set gets its default.
void EditProfile(const v1::Webhook& change, const google::protobuf::FieldMask& mask,
                 const UrlPolicy& policy, Profile* profile, Violations* violations);

// Normalizes, then checks every rule of the domain; `kinds` as it takes them.
void CheckProfile(Profile* profile, Violations* violations,
                  const domain::FieldKinds& kinds = {});

// Without secrets; without id, etag and times where it was not saved (version 0).
void WebhookToProto(const store::StoredWebhook& webhook, v1::Webhook* proto);

// The opaque text for a version.
std::string EtagOf(std::int32_t version);
// None for "", which asks for nothing; a version that no webhook has for a text that
// EtagOf never gave.
std::optional<std::int32_t> VersionOfEtag(const std::string& etag);

}  // namespace windrow::control_plane
