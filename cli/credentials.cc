#include "cli/credentials.h"

#include <CLI/CLI.hpp>

#include "cli/flag_types.h"
#include "common/base/status.h"

namespace windrow::cli {
namespace {

absl::Status Read(const std::string& path, std::string* content) {
  if (path.empty()) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(*content, ReadTextFile(path));
  return absl::OkStatus();
}

}  // namespace

void AddCredentials(CLI::App* app, ServerCredentials* credentials) {
  app->add_option("--api-key", credentials->api_key,
                  "what the server knows you by: @FILE that holds it, or the key itself, "
                  "which others on this machine may then see")
      ->envname("WINDROW_API_KEY")
      ->type_name("@FILE|KEY");
  app->add_flag("--tls", credentials->tls,
                "reach the server over TLS; its certificate is verified")
      ->envname("WINDROW_TLS");
  app->add_option("--tls-ca", credentials->ca_file,
                  "PEM file of the authorities that may have signed the server's "
                  "certificate; none: the system's. Implies --tls")
      ->envname("WINDROW_TLS_CA")
      ->type_name("FILE");
  app->add_option("--tls-cert", credentials->cert_file,
                  "PEM file of this client's own certificate. Implies --tls")
      ->envname("WINDROW_TLS_CERT")
      ->type_name("FILE");
  app->add_option("--tls-key", credentials->key_file, "PEM file of its private key")
      ->envname("WINDROW_TLS_KEY")
      ->type_name("FILE");
}

absl::Status LoadCredentials(ServerCredentials* credentials) {
  ServerCredentials& c = *credentials;
  if (c.api_key.starts_with("@")) {
    WINDROW_ASSIGN_OR_RETURN(c.api_key, ReadSecretFile(c.api_key.substr(1)));
  }
  // Such a text cannot be sent.
  if (c.api_key.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567_") !=
      std::string::npos) {
    return absl::InvalidArgumentError(
        "the API key is none: it is windrow_ and then lower-case letters, digits and _");
  }
  if (c.cert_file.empty() != c.key_file.empty()) {
    return absl::InvalidArgumentError("--tls-cert and --tls-key go together");
  }
  WINDROW_RETURN_IF_ERROR(Read(c.ca_file, &c.ca));
  WINDROW_RETURN_IF_ERROR(Read(c.cert_file, &c.cert));
  WINDROW_RETURN_IF_ERROR(Read(c.key_file, &c.key));
  c.tls = c.tls || !c.ca.empty() || !c.cert.empty();
  return absl::OkStatus();
}

}  // namespace windrow::cli
