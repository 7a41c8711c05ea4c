// The flags that say how a webhook's requests prove who sends them. Secrets come from
// files or standard input: a command line is for everyone to read.
#pragma once

#include <absl/status/status.h>

#include <iosfwd>
#include <optional>
#include <string>

#include "windrow/v1/webhook.pb.h"

namespace CLI {
class App;
}

namespace windrow::cli {

struct AuthFlags {
  std::optional<std::string> user;
  bool password_from_stdin = false;
  std::optional<std::string> password_file;
  std::optional<std::string> bearer_token_file;
  std::optional<std::string> api_key_header;
  std::optional<std::string> api_key_file;
  std::optional<std::string> oauth_token_url;
  std::optional<std::string> oauth_client_id;
  std::optional<std::string> oauth_client_secret_file;
  std::optional<std::string> oauth_scope;
  std::optional<std::string> oauth_audience;
  std::optional<std::string> oauth_client_auth;  // basic, body
  std::optional<std::string> client_cert_file;
  std::optional<std::string> client_key_file;

  bool HasOAuth() const;
};

void AddAuthFlags(CLI::App* app, AuthFlags* flags);

// As ApplyWebhookFlags. What is not given of oauth2 stays as `current` has it.
absl::Status ApplyAuthFlags(const AuthFlags& flags, const v1::Webhook* current,
                            std::istream& in, v1::Webhook* webhook,
                            google::protobuf::FieldMask* mask);

}  // namespace windrow::cli
