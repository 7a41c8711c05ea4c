#include "cli/dev/receiver_command.h"

#include <fmt/format.h>
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <ostream>
#include <sstream>

#include "cli/dev/receiver.h"
#include "common/base/status.h"
#include "common/crypto/ed25519_key.h"
#include "common/crypto/key_ring.h"
#include "common/store/postgres/postgres_store.h"

namespace windrow::cli {
namespace {

struct ReceiverArguments {
  std::string listen = "127.0.0.1:7490";
  std::vector<std::string> secrets;
  bool of_every_webhook = false;
};

std::string EnvOr(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

// Reads the signing secrets of the installation beside it, so that every webhook that is
// made there can be tried out at once.
absl::StatusOr<Verifier::Source> EveryWebhook() {
  WINDROW_ASSIGN_OR_RETURN(crypto::KeyRing ring,
                           crypto::KeyRing::Load(EnvOr("WINDROW_KEY_RING_FILE", "")));
  WINDROW_ASSIGN_OR_RETURN(
      std::shared_ptr<store::postgres::PostgresStore> store,
      store::postgres::PostgresStore::Open({.url = EnvOr("WINDROW_DATABASE_URL", ""),
                                            .pool_size = 2,
                                            .application_name = "windrow-dev-receiver"},
                                           std::move(ring)));
  return [store]() -> absl::StatusOr<std::vector<std::string>> {
    std::vector<std::string> secrets;
    store::WebhookQuery query{.limit = 1'000};
    while (true) {
      WINDROW_ASSIGN_OR_RETURN(const store::WebhookPage page,
                               store->List(store::kDefaultTenant, query));
      for (const store::StoredWebhook& webhook : page.webhooks) {
        // Of a webhook that signs with both, either will do.
        const auto key = crypto::Ed25519Key::Parse(webhook.secrets.signing_key);
        if (key.ok()) secrets.push_back(key->PublicKey());
        if (webhook.secrets.signing_secret.empty()) continue;
        secrets.push_back(webhook.secrets.signing_secret);
      }
      if (!page.more) return secrets;
      query.before = page.position;
    }
  };
}

absl::StatusOr<std::unique_ptr<Receiver>> Start(const Session& session,
                                                const ReceiverArguments& arguments) {
  ReceiverOptions options;
  WINDROW_ASSIGN_OR_RETURN(options.listen, config::HostPort::Parse(arguments.listen));
  std::vector<std::string> secrets = arguments.secrets;
  std::istringstream from_env(EnvOr("WEBHOOK_SECRET", ""));
  for (std::string secret; from_env >> secret;) secrets.push_back(secret);
  Verifier::Source source;
  if (arguments.of_every_webhook) {
    WINDROW_ASSIGN_OR_RETURN(source, EveryWebhook());
  }
  if (secrets.empty() && source == nullptr) {
    return absl::InvalidArgumentError(
        "nothing to verify with: give --secret whsec_… or whpk_…, or set WEBHOOK_SECRET");
  }
  WINDROW_ASSIGN_OR_RETURN(Verifier verifier, Verifier::Make(secrets, source));
  return Receiver::Start(options, std::move(verifier), session.out);
}

int RunReceiver(const Session& session, const ReceiverArguments& arguments) {
  // Before the receiver's thread, so that only sigwait gets them.
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGINT, SIG_DFL);  // see Supervisor
  const auto receiver = Start(session, arguments);
  if (!receiver.ok()) {
    session.err << fmt::format("windrow: {}\n", std::string(receiver.status().message()));
    return absl::IsInvalidArgument(receiver.status()) ? kUsage : kFailed;
  }
  session.err << fmt::format("Receiving on port {}.\n", (*receiver)->port());
  int signal = 0;
  ::sigwait(&signals, &signal);
  return kOk;
}

}  // namespace

CLI::App* AddDevReceiver(CLI::App* dev, Session* session) {
  CLI::App* app = dev->add_subcommand(
      "receiver", "The sample receiver alone: verifies each delivery and prints a line");
  auto arguments = std::make_shared<ReceiverArguments>();
  app->add_option("--listen", arguments->listen, "HOST:PORT")->capture_default_str();
  app->add_option("--secret", arguments->secrets,
                  "verify with this secret, whsec_…, or public key, whpk_…; repeat it. "
                  "Also from WEBHOOK_SECRET, separated by spaces")
      ->allow_extra_args(false);
  app->add_flag("--every-webhook", arguments->of_every_webhook,
                "verify with the secret of every webhook in WINDROW_DATABASE_URL, opened "
                "with WINDROW_KEY_RING_FILE");
  app->callback([session, arguments] {
    session->action = [session, arguments] { return RunReceiver(*session, *arguments); };
  });
  return app;
}

}  // namespace windrow::cli
