// How requests are signed: the API's fields and the domain's.
//
// Keys that are left out keep what is stored: nobody can read them to send them back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {

// The schemes in the order given; a number that is no scheme becomes one that the domain
// refuses.
std::vector<domain::SignatureScheme> SchemesFromProto(
    const google::protobuf::RepeatedField<int>& numbers);

// Puts webhook.signature_schemes into the profile, or the default where it is empty.
void PutSignatureSchemes(const v1::Webhook& webhook, Profile* profile);

// Each puts what was given, if anything, and ends a rotation's overlap where that is
// another one than the stored. Call behind PutSignatureSchemes: what is given for a
// scheme that the profile does not have is refused.
void PutSigningSecret(const v1::Webhook& webhook, Profile* profile,
                      Violations* violations);
void PutSigningKey(const v1::Webhook& webhook, Profile* profile, Violations* violations);

// A signing key in its stored spelling; none, and a violation at `field`, where it is not
// one.
std::optional<std::string> SigningKeyOf(const std::string& text, const std::string& field,
                                        Violations* violations);

// Makes the secret and the key that the profile's schemes want and it does not have.
void MakeMissingKeys(Profile* profile);

// Schemes, public keys and the ends of overlaps.
void SigningToProto(const store::StoredWebhook& webhook, v1::Webhook* proto);

}  // namespace windrow::control_plane
