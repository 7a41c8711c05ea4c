#include "common/domain/auth_rules.h"

#include <absl/strings/match.h>
#include <fmt/format.h>

#include <string_view>

#include "common/domain/header_rules.h"
#include "common/domain/text.h"

namespace windrow::domain {
namespace {

constexpr TextRule kToken{.min = 1, .max = kMaxTokenBytes, .refuse_controls = true};

void CheckBasicAuth(const WebhookSpec& spec, const WebhookSecrets& secrets,
                    const std::string& path, Violations* violations) {
  const bool clean =
      CheckText(spec.basic_auth_user,
                {.min = 1, .max = kMaxBasicAuthUserBytes, .refuse_controls = true},
                path + ".user", violations);
  // RFC 7617, 2: the first colon ends the user.
  if (clean && spec.basic_auth_user.find(':') != std::string::npos) {
    violations->Add(path + ".user",
                    "holds a colon, which Basic authentication cannot send");
  }
  CheckText(secrets.basic_auth_password,
            {.max = kMaxBasicAuthPasswordBytes, .refuse_controls = true},
            path + ".password", violations);
}

void CheckApiKeyHeader(const WebhookSpec& spec, const std::string& field,
                       Violations* violations) {
  Violations own;
  CheckHeaders({{spec.api_key_header, ""}}, WritesAuthorization(spec), "", &own);
  for (const Violation& violation : own.list()) violations->Add(field, violation.rule);
  for (const Header& header : spec.headers) {
    if (!absl::EqualsIgnoreCase(header.name, spec.api_key_header)) continue;
    violations->Add(field,
                    fmt::format("{} is in headers too: remove it there", header.name));
    return;
  }
}

void CheckOAuth2(const OAuth2Spec& oauth2, const std::string& secret,
                 const std::string& path, Violations* violations) {
  CheckText(oauth2.client_id,
            {.min = 1, .max = kMaxClientIdBytes, .refuse_controls = true},
            path + ".client_id", violations);
  CheckText(secret, kToken, path + ".client_secret", violations);
  const TextRule optional{.max = kMaxScopeBytes, .refuse_controls = true};
  CheckText(oauth2.scope, optional, path + ".scope", violations);
  CheckText(oauth2.audience, optional, path + ".audience", violations);
}

}  // namespace

bool WritesAuthorization(const WebhookSpec& spec) {
  return spec.has_basic_auth || spec.has_bearer_token || spec.oauth2.has_value();
}

void CheckAuth(const WebhookSpec& spec, const WebhookSecrets& secrets,
               const std::string& prefix, Violations* violations) {
  if (spec.has_basic_auth) {
    CheckBasicAuth(spec, secrets, prefix + ".basic_auth", violations);
  }
  if (spec.has_bearer_token) {
    CheckText(secrets.bearer_token, kToken, prefix + ".bearer_auth.token", violations);
    if (spec.has_basic_auth) {
      violations->Add(prefix + ".bearer_auth",
                      "basic_auth is set too: a request has one Authorization");
    }
  }
  if (!spec.api_key_header.empty()) {
    CheckText(secrets.api_key, kToken, prefix + ".api_key.value", violations);
    CheckApiKeyHeader(spec, prefix + ".api_key.header", violations);
  }
  if (spec.oauth2) {
    CheckOAuth2(*spec.oauth2, secrets.oauth2_client_secret, prefix + ".oauth2",
                violations);
    if (spec.has_basic_auth || spec.has_bearer_token) {
      violations->Add(prefix + ".oauth2",
                      fmt::format("{} is set too: a request has one Authorization",
                                  spec.has_basic_auth ? "basic_auth" : "bearer_auth"));
    }
  }
}

}  // namespace windrow::domain
