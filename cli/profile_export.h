// Webhooks as the YAML that profile_yaml.h reads.
#pragma once

#include <string>

#include "windrow/v1/webhook.pb.h"

namespace windrow::cli {

struct ExportOptions {
  // Puts the webhook's secrets in as {env: NAME}; else a comment says how to.
  bool secrets_from_env = false;
};

// One document, without `---`. Reading it gives `webhook` back, less what Windrow alone
// sets and secrets: everything that is in force is said, so it means the same where
// defaults differ.
std::string ProfileToYaml(const v1::Webhook& webhook, const ExportOptions& options);

// The environment variable of a secret: "TICKETS_BASIC_AUTH_PASSWORD" of
// "basic_auth.password" of the webhook "Tickets".
std::string SecretVariable(const std::string& webhook_name, const std::string& field);

}  // namespace windrow::cli
