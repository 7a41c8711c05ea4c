#include "services/control_plane/auth_mapping.h"

#include <absl/time/clock.h>

#include <string>
#include <string_view>

#include "common/crypto/client_certificate.h"
#include "services/control_plane/proto_time.h"

namespace windrow::control_plane {
namespace {

// The token URL in the form that is sent to, or "" where it breaks a rule.
std::string TokenUrl(const std::string& text, const UrlPolicy& policy,
                     Violations* violations) {
  const auto refuse = [&](std::string_view rule) {
    violations->Add("webhook.oauth2.token_url", std::string(rule));
    return std::string();
  };
  if (text.find("{{") != std::string::npos) {
    return refuse("holds {{…}}: it takes no event fields");
  }
  const auto url = http::ParseWebhookUrl(text, policy.url);
  if (!url.ok()) return refuse(std::string(url.status().message()));
  if (url->has_user) {
    return refuse("has user info: put it into client_id and client_secret");
  }
  const absl::Status allowed = policy.addresses.CheckHost(url->host, url->port);
  return allowed.ok() ? url->text : refuse(std::string(allowed.message()));
}

// Whether the client's secret goes into the body; a number that is not known is refused.
bool SecretInBody(int number, Violations* violations) {
  switch (number) {
    case v1::OAuth2ClientCredentials::CLIENT_AUTHENTICATION_UNSPECIFIED:
    case v1::OAuth2ClientCredentials::CLIENT_AUTHENTICATION_BASIC:
      return false;
    case v1::OAuth2ClientCredentials::CLIENT_AUTHENTICATION_BODY:
      return true;
  }
  violations->Add("webhook.oauth2.client_authentication", "must be BASIC or BODY");
  return false;
}

}  // namespace

void PutBearerAuth(const v1::Webhook& webhook, Profile* profile) {
  profile->spec.has_bearer_token = webhook.has_bearer_auth();
  std::string* token = &profile->secrets.bearer_token;
  if (!webhook.has_bearer_auth()) token->clear();
  if (!webhook.bearer_auth().token().empty()) *token = webhook.bearer_auth().token();
}

void PutApiKey(const v1::Webhook& webhook, Profile* profile, Violations* violations) {
  std::string* key = &profile->secrets.api_key;
  profile->spec.api_key_header = webhook.api_key().header();
  if (!webhook.has_api_key()) key->clear();
  if (!webhook.api_key().value().empty()) *key = webhook.api_key().value();
  if (webhook.has_api_key() && webhook.api_key().header().empty()) {
    violations->Add("webhook.api_key.header", "is required: the header that has it");
  }
}

void PutOAuth2(const v1::Webhook& webhook, const UrlPolicy& policy, Profile* profile,
               Violations* violations) {
  if (!webhook.has_oauth2()) {
    profile->spec.oauth2.reset();
    profile->secrets.oauth2_client_secret.clear();
    return;
  }
  const v1::OAuth2ClientCredentials& from = webhook.oauth2();
  profile->spec.oauth2 = {
      .token_url = TokenUrl(from.token_url(), policy, violations),
      .client_id = from.client_id(),
      .scope = from.scope(),
      .audience = from.audience(),
      .secret_in_body = SecretInBody(from.client_authentication(), violations)};
  if (!from.client_secret().empty()) {
    profile->secrets.oauth2_client_secret = from.client_secret();
  }
}

void PutClientCertificate(const v1::Webhook& webhook, Profile* profile,
                          Violations* violations) {
  domain::WebhookSecrets& secrets = profile->secrets;
  if (!webhook.has_client_certificate()) {
    profile->spec.client_certificate.reset();
    secrets.certificate_chain.clear();
    secrets.private_key.clear();
    return;
  }
  const v1::ClientCertificate& from = webhook.client_certificate();
  const bool keeps = from.certificate_chain().empty() && from.private_key().empty() &&
                     profile->spec.client_certificate.has_value();
  if (keeps) return;
  const auto facts = crypto::ReadClientCertificate(
      from.certificate_chain(), from.private_key(), absl::Now(),
      "webhook.client_certificate", violations);
  if (!facts) return;
  profile->spec.client_certificate = {.subject = facts->subject,
                                      .expires_at = facts->expires_at};
  secrets.certificate_chain = from.certificate_chain();
  secrets.private_key = from.private_key();
}

void AuthToProto(const domain::WebhookSpec& spec, v1::Webhook* proto) {
  if (spec.has_basic_auth) proto->mutable_basic_auth()->set_user(spec.basic_auth_user);
  if (spec.has_bearer_token) proto->mutable_bearer_auth();
  if (!spec.api_key_header.empty()) {
    proto->mutable_api_key()->set_header(spec.api_key_header);
  }
  if (spec.oauth2) {
    v1::OAuth2ClientCredentials* to = proto->mutable_oauth2();
    to->set_token_url(spec.oauth2->token_url);
    to->set_client_id(spec.oauth2->client_id);
    to->set_scope(spec.oauth2->scope);
    to->set_audience(spec.oauth2->audience);
    to->set_client_authentication(
        spec.oauth2->secret_in_body
            ? v1::OAuth2ClientCredentials::CLIENT_AUTHENTICATION_BODY
            : v1::OAuth2ClientCredentials::CLIENT_AUTHENTICATION_BASIC);
  }
  if (spec.client_certificate) {
    v1::ClientCertificate* to = proto->mutable_client_certificate();
    to->set_subject(spec.client_certificate->subject);
    TimeToProto(spec.client_certificate->expires_at, to->mutable_expire_time());
  }
}

}  // namespace windrow::control_plane
