// `windrow api-key create|list|revoke`.
#include <absl/time/clock.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/api_key_access.h"
#include "cli/commands.h"
#include "cli/flag_types.h"
#include "cli/list_limit.h"
#include "cli/operator_database.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "common/base/settings.h"
#include "common/domain/access.h"

namespace windrow::cli {
namespace {

struct KeyFlags {
  std::string database_url;
  std::string tenant;  // empty: of the key that is sent, or default
  std::string name;
  std::string scope;
  std::string certificate;
  double rate = 0;
  std::optional<absl::Duration> expires_in;
  std::string key_id;
};

std::string ScopeName(const v1::ApiKey& key) {
  return std::string(domain::ScopeText(static_cast<domain::Scope>(key.scope())));
}

std::string StateOf(const v1::ApiKey& key) {
  if (key.has_revoke_time()) return "revoked";
  const bool expired = key.has_expire_time() &&
                       absl::FromUnixSeconds(key.expire_time().seconds()) <= absl::Now();
  return expired ? "expired" : "live";
}

std::string TimeOrDash(bool has, const google::protobuf::Timestamp& time) {
  return has ? TimeText(time) : "-";
}

void Show(const Session& session, const v1::ApiKey& key) {
  WriteOne(session, key,
           {{"key_id", key.key_id()},
            {"name", key.name()},
            {"scope", ScopeName(key)},
            {"certificate", key.certificate_name()},
            {"requests a second", key.requests_per_second() > 0
                                      ? fmt::format("{}", key.requests_per_second())
                                      : ""},
            {"expires", key.has_expire_time() ? TimeText(key.expire_time()) : ""},
            {"revoked", key.has_revoke_time() ? TimeText(key.revoke_time()) : ""},
            {"key", key.key()}});
}

// None, and told, where the flags do not go together.
std::unique_ptr<ApiKeyAccess> Reach(const Session& session, const KeyFlags& flags) {
  if (!flags.database_url.empty()) {
    return OverDatabase(flags.database_url,
                        flags.tenant.empty() ? "default" : flags.tenant);
  }
  if (flags.tenant.empty() && flags.certificate.empty()) return OverApi(session);
  FailUsage(
      session,
      "--tenant and --certificate are the operator's, with access to the database: "
      "give --database-url, or WINDROW_DATABASE_URL; a key of a tenant makes keys of "
      "that tenant");
  return nullptr;
}

int Create(const Session& session, const KeyFlags& flags) {
  const std::unique_ptr<ApiKeyAccess> access = Reach(session, flags);
  if (access == nullptr) return kUsage;
  v1::ApiKey key;
  key.set_name(flags.name);
  key.set_scope(static_cast<v1::ApiKeyScope>(*domain::ParseScope(flags.scope)));
  key.set_requests_per_second(flags.rate);
  key.set_certificate_name(flags.certificate);
  if (flags.expires_in) {
    *key.mutable_expire_time() = ToProto(absl::Now() + *flags.expires_in);
  }
  v1::ApiKey made;
  const grpc::Status status = access->Create(key, &made);
  if (!status.ok()) return Fail(session, "create the API key", status);
  if (!made.key().empty()) session.err << "Keep the key: it is not shown again.\n";
  Show(session, made);
  return kOk;
}

int List(const Session& session, const KeyFlags& flags, const ListLimit& limit) {
  const std::unique_ptr<ApiKeyAccess> access = Reach(session, flags);
  if (access == nullptr) return kUsage;
  ListWriter writer(session, {"KEY_ID", "NAME", "SCOPE", "STATE", "CREATED", "CREATOR",
                              "EXPIRES", "LAST_USED", "CERTIFICATE"});
  v1::ListApiKeysRequest request;
  v1::ListApiKeysResponse page;
  PageCounter pages(limit);
  do {
    request.set_page_size(pages.NextSize());
    page.Clear();
    const grpc::Status status = access->List(request, &page);
    if (!status.ok()) return Fail(session, "list the API keys", status);
    for (const v1::ApiKey& key : page.api_keys()) {
      writer.Add(key, {key.key_id(), key.name(), ScopeName(key), StateOf(key),
                       TimeText(key.create_time()), key.creator(),
                       TimeOrDash(key.has_expire_time(), key.expire_time()),
                       TimeOrDash(key.has_last_use_time(), key.last_use_time()),
                       key.certificate_name()});
    }
    request.set_page_token(page.next_page_token());
  } while (pages.More(request.page_token(), page.api_keys_size()));
  writer.Finish();
  pages.TellRest(session);
  return kOk;
}

int Revoke(const Session& session, const KeyFlags& flags) {
  const std::unique_ptr<ApiKeyAccess> access = Reach(session, flags);
  if (access == nullptr) return kUsage;
  v1::ApiKey key;
  const grpc::Status status = access->Revoke(flags.key_id, &key);
  if (!status.ok()) return Fail(session, "revoke the API key", status);
  session.err << fmt::format(
      "API key {} is revoked: within two seconds it opens nothing.\n", key.key_id());
  return kOk;
}

void AddReach(CLI::App* app, KeyFlags* flags) {
  AddDatabaseUrl(app, &flags->database_url);
  app->add_option("--tenant", flags->tenant,
                  "with --database-url: whose keys; by default those of `default`")
      ->type_name("NAME");
}

void AddCreate(CLI::App* group, Session* session) {
  auto flags = std::make_shared<KeyFlags>();
  CLI::App* app = group->add_subcommand(
      "create",
      "Make an API key, and show it once. After the first key of an installation "
      "nobody is let in without one");
  app->add_option("--name", flags->name, "1-128 characters, for people")->required();
  app->add_option(
         "--scope", flags->scope,
         "read: see everything; publish: publish events, and see nothing; admin: "
         "everything of the tenant")
      ->required()
      ->check(CLI::IsMember({"read", "publish", "admin"}))
      ->type_name("SCOPE");
  app->add_option_function<std::string>(
         "--expires-in",
         [flags](const std::string& text) {
           flags->expires_in = config::ParseAge(text);
           if (!flags->expires_in) {
             throw CLI::ValidationError(
                 "--expires-in", fmt::format("'{}' is no time such as 90d or 36h", text));
           }
         },
         "when it ceases to be valid, such as 90d; by default never")
      ->type_name("TIME");
  app->add_option("--rate", flags->rate,
                  "requests and events a second at most, on each server: 0.1-1000000")
      ->type_name("N");
  app->add_option("--certificate", flags->certificate,
                  "with --database-url: a client certificate instead of a secret, as "
                  "dns:NAME, uri:URI or cn:NAME")
      ->type_name("NAME");
  AddReach(app, flags.get());
  app->callback([session, flags] {
    session->action = [session, flags] { return Create(*session, *flags); };
  });
}

}  // namespace

void AddApiKey(CLI::App* app, Session* session) {
  CLI::App* group =
      app->add_subcommand("api-key", "API keys: who may call, and what for");
  group->require_subcommand(1);
  AddCreate(group, session);

  auto listed = std::make_shared<KeyFlags>();
  auto limit = std::make_shared<ListLimit>();
  CLI::App* list = group->add_subcommand("list", "Show the tenant's keys, newest first");
  AddListLimit(list, limit.get());
  AddReach(list, listed.get());
  list->callback([session, listed, limit] {
    session->action = [session, listed, limit] {
      return List(*session, *listed, *limit);
    };
  });

  auto revoked = std::make_shared<KeyFlags>();
  CLI::App* revoke = group->add_subcommand(
      "revoke", "End a key for ever; streams that it opened end as well");
  revoke->add_option("KEY_ID", revoked->key_id, "as `api-key list` shows it")->required();
  AddReach(revoke, revoked.get());
  revoke->callback([session, revoked] {
    session->action = [session, revoked] { return Revoke(*session, *revoked); };
  });
}

}  // namespace windrow::cli
