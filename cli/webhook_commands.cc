// `windrow webhook create|get|list|update|delete|enable|disable|rotate-secret|test`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/flag_types.h"
#include "cli/list_limit.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "cli/webhook_flags.h"
#include "cli/webhook_text.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::cli {
namespace {

using Stub = v1::WebhookService::Stub;

std::unique_ptr<Stub> NewStub(const Session& session) {
  return v1::WebhookService::NewStub(Connect(session));
}

void TellSecret(const Session& session, const v1::Webhook& webhook) {
  if (webhook.signing_secret().empty()) return;
  session.err << "Keep the signing secret for whoever verifies the requests: it is not "
                 "shown again.\n";
}

int Create(const Session& session, const WebhookFlags& flags, bool validate_only) {
  v1::CreateWebhookRequest request;
  google::protobuf::FieldMask unused;
  const absl::Status applied =
      ApplyWebhookFlags(flags, nullptr, session.in, request.mutable_webhook(), &unused);
  if (!applied.ok()) return FailUsage(session, std::string(applied.message()));
  request.set_validate_only(validate_only);
  v1::Webhook webhook;
  const grpc::Status status =
      NewStub(session)->CreateWebhook(MakeContext(session).get(), request, &webhook);
  if (!status.ok()) return Fail(session, "create the webhook", status);
  WriteOne(session, webhook, FieldsOf(webhook));
  TellSecret(session, webhook);
  if (validate_only) session.err << "It is valid; nothing was saved.\n";
  return kOk;
}

int Get(const Session& session, const std::string& id) {
  v1::GetWebhookRequest request;
  request.set_webhook_id(id);
  v1::Webhook webhook;
  const grpc::Status status =
      NewStub(session)->GetWebhook(MakeContext(session).get(), request, &webhook);
  if (!status.ok()) return Fail(session, "get the webhook", status);
  WriteOne(session, webhook, FieldsOf(webhook));
  return kOk;
}

int List(const Session& session, const std::string& filter, const ListLimit& limit) {
  const std::unique_ptr<Stub> stub = NewStub(session);
  ListWriter writer(session, WebhookHeader());
  v1::ListWebhooksRequest request;
  request.set_filter(filter);
  v1::ListWebhooksResponse page;
  PageCounter pages(limit);
  do {
    request.set_page_size(pages.NextSize());
    page.Clear();
    const grpc::Status status =
        stub->ListWebhooks(MakeContext(session).get(), request, &page);
    if (!status.ok()) return Fail(session, "list the webhooks", status);
    for (const v1::Webhook& webhook : page.webhooks()) {
      writer.Add(webhook, RowOf(webhook));
    }
    request.set_page_token(page.next_page_token());
  } while (pages.More(request.page_token(), page.webhooks_size()));
  writer.Finish();
  pages.TellRest(session);
  return kOk;
}

struct WebhookArguments {
  WebhookFlags flags;
  std::string id;
  std::string etag;
  std::vector<std::string> cleared;  // fields
  bool validate_only = false;
  FilterFlags filter;
  ListLimit limit;
};

int Update(const Session& session, const WebhookArguments& arguments) {
  const WebhookFlags& flags = arguments.flags;
  const std::string& id = arguments.id;
  const std::unique_ptr<Stub> stub = NewStub(session);
  v1::Webhook current;
  if (flags.NeedsCurrent()) {
    v1::GetWebhookRequest get;
    get.set_webhook_id(id);
    const grpc::Status status =
        stub->GetWebhook(MakeContext(session).get(), get, &current);
    if (!status.ok()) return Fail(session, "get the webhook", status);
  }
  v1::UpdateWebhookRequest request;
  const absl::Status applied =
      ApplyWebhookFlags(flags, flags.NeedsCurrent() ? &current : nullptr, session.in,
                        request.mutable_webhook(), request.mutable_update_mask());
  if (!applied.ok()) return FailUsage(session, std::string(applied.message()));
  for (const std::string& field : arguments.cleared) {
    request.mutable_update_mask()->add_paths(field);
  }
  if (request.update_mask().paths().empty()) {
    return FailUsage(session, "nothing to change: give at least one field's flag");
  }
  request.mutable_webhook()->set_webhook_id(id);
  // What was merged into the current webhook must not meet a newer one.
  request.mutable_webhook()->set_etag(arguments.etag.empty() ? current.etag()
                                                             : arguments.etag);
  request.set_validate_only(arguments.validate_only);
  v1::Webhook webhook;
  const grpc::Status status =
      stub->UpdateWebhook(MakeContext(session).get(), request, &webhook);
  if (!status.ok()) return Fail(session, "update the webhook", status);
  WriteOne(session, webhook, FieldsOf(webhook));
  if (arguments.validate_only) session.err << "It is valid; nothing was saved.\n";
  return kOk;
}

int Delete(const Session& session, const std::string& id, const std::string& etag) {
  v1::DeleteWebhookRequest request;
  request.set_webhook_id(id);
  request.set_etag(etag);
  google::protobuf::Empty answer;
  const grpc::Status status =
      NewStub(session)->DeleteWebhook(MakeContext(session).get(), request, &answer);
  if (!status.ok()) return Fail(session, "delete the webhook", status);
  session.err << fmt::format("Webhook {} is deleted.\n", id);
  return kOk;
}

void AddId(CLI::App* app, WebhookArguments* arguments) {
  app->add_option("WEBHOOK_ID", arguments->id, "as `webhook list` shows it")->required();
}

void AddEtag(CLI::App* app, WebhookArguments* arguments) {
  app->add_option("--etag", arguments->etag,
                  "do it only where this is still the current etag");
}

int Switch(const Session& session, const std::string& id, const std::string& etag,
           bool enabled) {
  v1::UpdateWebhookRequest request;
  request.mutable_webhook()->set_webhook_id(id);
  request.mutable_webhook()->set_etag(etag);
  request.mutable_webhook()->set_enabled(enabled);
  request.mutable_update_mask()->add_paths("enabled");
  v1::Webhook webhook;
  const grpc::Status status =
      NewStub(session)->UpdateWebhook(MakeContext(session).get(), request, &webhook);
  if (!status.ok()) {
    return Fail(session, enabled ? "enable the webhook" : "disable the webhook", status);
  }
  WriteOne(session, webhook, FieldsOf(webhook));
  return kOk;
}

void AddSwitch(CLI::App* group, Session* session, const char* name, const char* help,
               bool enabled) {
  auto a = std::make_shared<WebhookArguments>();
  CLI::App* command = group->add_subcommand(name, help);
  AddId(command, a.get());
  AddEtag(command, a.get());
  command->callback([session, a, enabled] {
    session->action = [session, a, enabled] {
      return Switch(*session, a->id, a->etag, enabled);
    };
  });
}

struct RotateArguments {
  std::string id;
  std::string etag;
  std::vector<std::string> schemes;
  std::optional<std::string> secret_file;
  std::optional<std::string> key_file;
  std::optional<absl::Duration> overlap;
};

// The new secret and public key go to standard output, ready for whoever verifies.
int Rotate(const Session& session, const RotateArguments& arguments) {
  v1::RotateSigningSecretRequest request;
  request.set_webhook_id(arguments.id);
  request.set_etag(arguments.etag);
  PutSchemes(arguments.schemes, request.mutable_signature_schemes());
  for (const auto& [file, put] :
       {std::pair(&arguments.secret_file, request.mutable_signing_secret()),
        std::pair(&arguments.key_file, request.mutable_signing_key())}) {
    if (!*file) continue;
    auto secret = ReadSecretFile(**file);
    if (!secret.ok()) {
      session.err << "windrow: " << std::string(secret.status().message()) << "\n";
      return kUsage;
    }
    *put = *std::move(secret);
  }
  if (arguments.overlap) *request.mutable_overlap() = ToProto(*arguments.overlap);
  v1::RotateSigningSecretResponse response;
  const grpc::Status status = NewStub(session)->RotateSigningSecret(
      MakeContext(session).get(), request, &response);
  if (!status.ok()) return Fail(session, "rotate the secret", status);
  WriteOne(session, response,
           {{"signing secret", response.signing_secret()},
            {"public key", response.webhook().public_key()}});
  if (response.webhook().has_previous_public_key_expire_time()) {
    session.err << fmt::format(
        "The key before signs too until {}.\n",
        TimeText(response.webhook().previous_public_key_expire_time()));
  }
  if (response.webhook().has_previous_secret_expire_time()) {
    session.err << fmt::format(
        "The secret before signs too until {}.\n",
        TimeText(response.webhook().previous_secret_expire_time()));
  }
  return kOk;
}

void AddRotate(CLI::App* group, Session* session) {
  auto a = std::make_shared<RotateArguments>();
  CLI::App* command = group->add_subcommand(
      "rotate-secret",
      "Give it another signing secret and key, and print the secret and the public key; "
      "those before sign along for the overlap");
  command->add_option("WEBHOOK_ID", a->id, "as `webhook list` shows it")->required();
  command->add_option("--secret-file", a->secret_file, "the new one; default: made")
      ->type_name("FILE");
  command->add_option("--key-file", a->key_file, "the new key of ed25519; default: made")
      ->type_name("FILE");
  AddSchemes(command, "--signature-scheme",
             "of this scheme alone: hmac-sha256 or ed25519; default: all that it has",
             &a->schemes);
  AddDuration(command, "--overlap", &a->overlap, "0s-168h; default 24h");
  command->add_option("--etag", a->etag,
                      "do it only where this is still the current etag");
  command->callback(
      [session, a] { session->action = [session, a] { return Rotate(*session, *a); }; });
}

int Test(const Session& session, const std::string& id) {
  v1::TestWebhookRequest request;
  request.set_webhook_id(id);
  v1::TestWebhookResponse response;
  const grpc::Status status =
      NewStub(session)->TestWebhook(MakeContext(session).get(), request, &response);
  if (!status.ok()) return Fail(session, "test the webhook", status);
  WriteOne(session, response, {{"delivery_id", response.delivery_id()}});
  session.err << fmt::format("See what came of it: windrow delivery get {}\n",
                             response.delivery_id());
  return kOk;
}

void AddTest(CLI::App* group, Session* session) {
  auto a = std::make_shared<WebhookArguments>();
  CLI::App* command = group->add_subcommand(
      "test", "Send it one marked event, whatever its triggers want");
  AddId(command, a.get());
  command->callback(
      [session, a] { session->action = [session, a] { return Test(*session, a->id); }; });
}

void AddChanging(CLI::App* group, Session* session) {
  auto a = std::make_shared<WebhookArguments>();
  CLI::App* create = group->add_subcommand("create", "Save a new webhook");
  AddWebhookFlags(create, &a->flags);
  create->add_flag("--validate-only", a->validate_only, "check everything, save nothing");
  create->callback([session, a] {
    session->action = [session, a] {
      return Create(*session, a->flags, a->validate_only);
    };
  });

  auto u = std::make_shared<WebhookArguments>();
  CLI::App* update = group->add_subcommand(
      "update",
      "Change the fields whose flags are given; a list replaces the whole list");
  AddId(update, u.get());
  AddWebhookFlags(update, &u->flags);
  update
      ->add_option("--clear", u->cleared,
                   "a field that goes back to its default, such as oauth2, basic_auth, "
                   "client_certificate or labels; repeat it")
      ->allow_extra_args(false)
      ->type_name("FIELD");
  AddEtag(update, u.get());
  update->add_flag("--validate-only", u->validate_only, "check everything, save nothing");
  update->callback(
      [session, u] { session->action = [session, u] { return Update(*session, *u); }; });

  AddSwitch(group, session, "enable",
            "Let it send again; what was cancelled stays so until it is redelivered",
            true);
  AddSwitch(group, session, "disable", "Cancel what has not started, and send no more",
            false);

  AddRotate(group, session);
  AddTest(group, session);
  AddWebhookRecover(group, session);
  AddWebhookExport(group, session);

  auto d = std::make_shared<WebhookArguments>();
  CLI::App* remove = group->add_subcommand(
      "delete", "Delete a webhook; what has not started is cancelled");
  AddId(remove, d.get());
  AddEtag(remove, d.get());
  remove->callback([session, d] {
    session->action = [session, d] { return Delete(*session, d->id, d->etag); };
  });
}

}  // namespace

void AddWebhook(CLI::App* app, Session* session) {
  CLI::App* group = app->add_subcommand("webhook", "Where to send, what, when and how");
  group->require_subcommand(1);
  AddChanging(group, session);

  auto a = std::make_shared<WebhookArguments>();
  CLI::App* get = group->add_subcommand("get", "Show one webhook");
  AddId(get, a.get());
  get->callback(
      [session, a] { session->action = [session, a] { return Get(*session, a->id); }; });

  CLI::App* list = group->add_subcommand("list", "Show the webhooks, newest first");
  AddFilterText(list, "--event-type", "event_type", "with a trigger for an event type",
                &a->filter);
  AddFilter(list, "'enabled = true AND labels.env:prod'", &a->filter);
  AddListLimit(list, &a->limit);
  list->callback([session, a] {
    session->action = [session, a] {
      return List(*session, a->filter.Joined(), a->limit);
    };
  });
}

}  // namespace windrow::cli
