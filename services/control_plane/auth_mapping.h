// Credentials: the API's messages and the domain's.
//
// Secrets that are left out keep what is stored: nobody can read them to send them back.
#pragma once

#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {

// Each puts one field of `webhook` into the profile, or what there is without it, and
// adds what cannot be put.
void PutBearerAuth(const v1::Webhook& webhook, Profile* profile);
void PutApiKey(const v1::Webhook& webhook, Profile* profile, Violations* violations);
void PutOAuth2(const v1::Webhook& webhook, const UrlPolicy& policy, Profile* profile,
               Violations* violations);
// Certificates are judged by the time of now.
void PutClientCertificate(const v1::Webhook& webhook, Profile* profile,
                          Violations* violations);

// All that is not secret of the credentials, Basic authentication's included.
void AuthToProto(const domain::WebhookSpec& spec, v1::Webhook* proto);

}  // namespace windrow::control_plane
