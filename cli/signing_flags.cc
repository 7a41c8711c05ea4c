#include "cli/signing_flags.h"

#include <CLI/CLI.hpp>
#include <map>

#include "cli/flag_types.h"
#include "common/base/status.h"

namespace windrow::cli {
namespace {

const std::map<std::string, v1::SignatureScheme>& Schemes() {
  static const std::map<std::string, v1::SignatureScheme> schemes = {
      {"hmac-sha256", v1::SIGNATURE_SCHEME_HMAC_SHA256},
      {"ed25519", v1::SIGNATURE_SCHEME_ED25519}};
  return schemes;
}

}  // namespace

void AddSchemes(CLI::App* app, const std::string& flag, const std::string& help,
                std::vector<std::string>* schemes) {
  app->add_option(flag, *schemes, help)
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"hmac-sha256", "ed25519"}))
      ->type_name("SCHEME");
}

void PutSchemes(const std::vector<std::string>& schemes,
                google::protobuf::RepeatedField<int>* out) {
  for (const std::string& scheme : schemes) out->Add(Schemes().at(scheme));
}

void AddSigningFlags(CLI::App* app, SigningFlags* flags) {
  AddSchemes(
      app, "--signature-scheme",
      "sign with it: hmac-sha256 (v1, default) or ed25519 (v1a); repeat it for both",
      &flags->schemes);
  app->add_option(
      "--secret", flags->secret,
      "signing secret, whsec_…; none: the server makes one and shows it once");
  app->add_option("--signing-key-file", flags->key_file,
                  "private key of ed25519, whsk_…; none: the server makes one and shows "
                  "its public key")
      ->type_name("FILE");
}

absl::Status ApplySigningFlags(const SigningFlags& flags, v1::Webhook* webhook,
                               google::protobuf::FieldMask* mask) {
  if (!flags.schemes.empty()) {
    mask->add_paths("signature_schemes");
    PutSchemes(flags.schemes, webhook->mutable_signature_schemes());
  }
  if (flags.secret) {
    mask->add_paths("signing_secret");
    webhook->set_signing_secret(*flags.secret);
  }
  if (!flags.key_file) return absl::OkStatus();
  mask->add_paths("signing_key");
  WINDROW_ASSIGN_OR_RETURN(*webhook->mutable_signing_key(),
                           ReadSecretFile(*flags.key_file));
  return absl::OkStatus();
}

}  // namespace windrow::cli
