#include "cli/webhook_auth_flags.h"

#include <CLI/CLI.hpp>

#include "cli/flag_types.h"
#include "common/base/status.h"

namespace windrow::cli {
namespace {

using Credentials = v1::OAuth2ClientCredentials;

void AddOAuthFlags(CLI::App* app, AuthFlags* flags) {
  app->add_option(
         "--oauth-token-url", flags->oauth_token_url,
         "get access tokens there by OAuth 2.0 client credentials, and send them "
         "as Authorization: Bearer")
      ->type_name("URL");
  app->add_option("--oauth-client-id", flags->oauth_client_id, "who asks for tokens")
      ->type_name("ID");
  app->add_option("--oauth-client-secret-file", flags->oauth_client_secret_file,
                  "its secret, in a file")
      ->type_name("FILE");
  app->add_option("--oauth-scope", flags->oauth_scope,
                  "what tokens are for; several are separated by spaces");
  app->add_option("--oauth-audience", flags->oauth_audience,
                  "whom tokens are for, where the token server wants it");
  app->add_option("--oauth-client-auth", flags->oauth_client_auth,
                  "where id and secret stand: basic (default) or body")
      ->check(CLI::IsMember({"basic", "body"}))
      ->type_name("WHERE");
}

void AddCertificateFlags(CLI::App* app, AuthFlags* flags) {
  CLI::Option* key = app->add_option("--client-key-file", flags->client_key_file,
                                     "the certificate's key (PEM, not encrypted)")
                         ->type_name("FILE");
  CLI::Option* certificate =
      app->add_option(
             "--client-cert-file", flags->client_cert_file,
             "what TLS proves the sender with (PEM): the certificate, then those "
             "that signed it")
          ->type_name("FILE")
          ->needs(key);
  key->needs(certificate);
}

absl::Status SetBasicAuth(const AuthFlags& flags, std::istream& in, v1::Webhook* webhook,
                          google::protobuf::FieldMask* mask) {
  const bool has_password = flags.password_from_stdin || flags.password_file.has_value();
  if (has_password) {
    WINDROW_ASSIGN_OR_RETURN(*webhook->mutable_basic_auth()->mutable_password(),
                             flags.password_file ? ReadSecretFile(*flags.password_file)
                                                 : ReadSecret(in, "standard input"));
  }
  if (flags.user) {
    webhook->mutable_basic_auth()->set_user(*flags.user);
    mask->add_paths("basic_auth");
  } else if (has_password) {
    mask->add_paths("basic_auth.password");
  }
  return absl::OkStatus();
}

absl::Status SetTokens(const AuthFlags& flags, v1::Webhook* webhook,
                       google::protobuf::FieldMask* mask) {
  if (flags.bearer_token_file) {
    mask->add_paths("bearer_auth");
    WINDROW_ASSIGN_OR_RETURN(*webhook->mutable_bearer_auth()->mutable_token(),
                             ReadSecretFile(*flags.bearer_token_file));
  }
  if (flags.api_key_header) {
    mask->add_paths("api_key");
    webhook->mutable_api_key()->set_header(*flags.api_key_header);
    if (flags.api_key_file) {
      WINDROW_ASSIGN_OR_RETURN(*webhook->mutable_api_key()->mutable_value(),
                               ReadSecretFile(*flags.api_key_file));
    }
  }
  return absl::OkStatus();
}

absl::Status SetOAuth(const AuthFlags& flags, const v1::Webhook* current,
                      v1::Webhook* webhook, google::protobuf::FieldMask* mask) {
  if (!flags.HasOAuth()) return absl::OkStatus();
  mask->add_paths("oauth2");
  Credentials* to = webhook->mutable_oauth2();
  if (current != nullptr) *to = current->oauth2();
  if (flags.oauth_token_url) to->set_token_url(*flags.oauth_token_url);
  if (flags.oauth_client_id) to->set_client_id(*flags.oauth_client_id);
  if (flags.oauth_scope) to->set_scope(*flags.oauth_scope);
  if (flags.oauth_audience) to->set_audience(*flags.oauth_audience);
  if (flags.oauth_client_auth) {
    to->set_client_authentication(*flags.oauth_client_auth == "body"
                                      ? Credentials::CLIENT_AUTHENTICATION_BODY
                                      : Credentials::CLIENT_AUTHENTICATION_BASIC);
  }
  if (flags.oauth_client_secret_file) {
    WINDROW_ASSIGN_OR_RETURN(*to->mutable_client_secret(),
                             ReadSecretFile(*flags.oauth_client_secret_file));
  }
  return absl::OkStatus();
}

absl::Status SetCertificate(const AuthFlags& flags, v1::Webhook* webhook,
                            google::protobuf::FieldMask* mask) {
  if (!flags.client_cert_file || !flags.client_key_file) return absl::OkStatus();
  mask->add_paths("client_certificate");
  v1::ClientCertificate* to = webhook->mutable_client_certificate();
  WINDROW_ASSIGN_OR_RETURN(*to->mutable_certificate_chain(),
                           ReadTextFile(*flags.client_cert_file));
  WINDROW_ASSIGN_OR_RETURN(*to->mutable_private_key(),
                           ReadTextFile(*flags.client_key_file));
  return absl::OkStatus();
}

}  // namespace

bool AuthFlags::HasOAuth() const {
  return oauth_token_url || oauth_client_id || oauth_client_secret_file || oauth_scope ||
         oauth_audience || oauth_client_auth;
}

void AddAuthFlags(CLI::App* app, AuthFlags* flags) {
  app->add_option("--user", flags->user, "user for Basic authentication");
  CLI::Option* from_stdin = app->add_flag("--password-stdin", flags->password_from_stdin,
                                          "read the password from standard input");
  app->add_option("--password-file", flags->password_file,
                  "read the password from a file")
      ->excludes(from_stdin);
  app->add_option("--bearer-token-file", flags->bearer_token_file,
                  "send the token in this file as Authorization: Bearer")
      ->type_name("FILE");
  CLI::Option* key = app->add_option("--api-key-header", flags->api_key_header,
                                     "send a secret in this header; with --api-key-file")
                         ->type_name("NAME");
  app->add_option("--api-key-file", flags->api_key_file, "the secret")
      ->type_name("FILE")
      ->needs(key);
  AddOAuthFlags(app, flags);
  AddCertificateFlags(app, flags);
}

absl::Status ApplyAuthFlags(const AuthFlags& flags, const v1::Webhook* current,
                            std::istream& in, v1::Webhook* webhook,
                            google::protobuf::FieldMask* mask) {
  WINDROW_RETURN_IF_ERROR(SetBasicAuth(flags, in, webhook, mask));
  WINDROW_RETURN_IF_ERROR(SetTokens(flags, webhook, mask));
  WINDROW_RETURN_IF_ERROR(SetOAuth(flags, current, webhook, mask));
  return SetCertificate(flags, webhook, mask);
}

}  // namespace windrow::cli
