// Which credentials a webhook may have (product.md, section 1).
#pragma once

#include <string>

#include "common/base/status.h"
#include "common/domain/webhook.h"

namespace windrow::domain {

// True where the sender writes the Authorization header.
bool WritesAuthorization(const WebhookSpec& spec);

// Adds a violation for each broken rule of basic_auth, bearer_auth, api_key and oauth2,
// with paths under `prefix`. That a request has one Authorization is told at those that
// come later in this order. Client certificates are checked when they come in
// (crypto::ReadClientCertificate), token URLs as the webhook's own.
void CheckAuth(const WebhookSpec& spec, const WebhookSecrets& secrets,
               const std::string& prefix, Violations* violations);

}  // namespace windrow::domain
