// The flags that say how a webhook's requests are signed.
#pragma once

#include <absl/status/status.h>

#include <optional>
#include <string>
#include <vector>

#include "windrow/v1/webhook.pb.h"

namespace CLI {
class App;
}

namespace windrow::cli {

struct SigningFlags {
  std::vector<std::string> schemes;  // hmac-sha256, ed25519
  std::optional<std::string> secret;
  std::optional<std::string> key_file;
};

void AddSigningFlags(CLI::App* app, SigningFlags* flags);

// As ApplyWebhookFlags.
absl::Status ApplySigningFlags(const SigningFlags& flags, v1::Webhook* webhook,
                               google::protobuf::FieldMask* mask);

// A flag that may be repeated, of the names of schemes.
void AddSchemes(CLI::App* app, const std::string& flag, const std::string& help,
                std::vector<std::string>* schemes);
void PutSchemes(const std::vector<std::string>& schemes,
                google::protobuf::RepeatedField<int>* out);

}  // namespace windrow::cli
