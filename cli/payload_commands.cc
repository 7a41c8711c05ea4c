// `windrow payload preview`: the request that an event would become.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/event_line.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "cli/session.h"
#include "cli/webhook_flags.h"
#include "common/base/status.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::cli {
namespace {

struct PreviewFlags {
  std::optional<std::string> webhook_id;
  std::optional<std::int64_t> escmsg_id;
  std::optional<std::string> event_file;
  int notification_id = 0;
  WebhookFlags webhook;
};

absl::StatusOr<v1::Event> ReadEvent(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(fmt::format("{} cannot be read", path));
  return ParseEventLine(std::string(std::istreambuf_iterator<char>(file), {}));
}

absl::StatusOr<v1::PreviewPayloadRequest> RequestOf(const Session& session,
                                                    const PreviewFlags& flags) {
  v1::PreviewPayloadRequest request;
  request.set_notification_id(flags.notification_id);
  if (flags.webhook_id) {
    request.set_webhook_id(*flags.webhook_id);
  } else {
    google::protobuf::FieldMask mask;
    WINDROW_RETURN_IF_ERROR(ApplyWebhookFlags(flags.webhook, nullptr, session.in,
                                              request.mutable_webhook(), &mask));
  }
  if (flags.event_file) {
    WINDROW_ASSIGN_OR_RETURN(*request.mutable_event(), ReadEvent(*flags.event_file));
  } else {
    request.set_escmsg_id(flags.escmsg_id.value_or(0));
  }
  return request;
}

int Preview(const Session& session, const PreviewFlags& flags) {
  const auto request = RequestOf(session, flags);
  if (!request.ok()) {
    session.err << "windrow: " << std::string(request.status().message()) << "\n";
    return kUsage;
  }
  v1::PreviewPayloadResponse response;
  const grpc::Status status =
      v1::WebhookService::NewStub(Connect(session))
          ->PreviewPayload(MakeContext(session).get(), *request, &response);
  if (!status.ok()) return Fail(session, "preview the payload", status);
  std::string headers;
  for (const std::string& header : response.headers()) headers += header + "\n";
  WriteOne(session, response,
           {{"request", response.method() + " " + response.url()},
            {"headers", headers},
            {"body", response.body() + "\n"}});
  return kOk;
}

}  // namespace

void AddPayload(CLI::App* app, Session* session) {
  CLI::App* group = app->add_subcommand("payload", "What is sent");
  group->require_subcommand(1);
  CLI::App* preview = group->add_subcommand(
      "preview",
      "Show the request that an event would become, without sending it: of a saved "
      "webhook "
      "(--webhook ID), or of one that the flags of `webhook create` describe");
  auto flags = std::make_shared<PreviewFlags>();
  preview->add_option("--webhook", flags->webhook_id, "a saved webhook's id");
  CLI::Option* stored =
      preview->add_option("--escmsg-id", flags->escmsg_id, "a stored event");
  preview
      ->add_option("--event-file", flags->event_file,
                   "an event in a file, as a line of `event publish`")
      ->excludes(stored);
  preview->add_option("--notification-id", flags->notification_id,
                      "which trigger's item; default: the first for the event's type");
  AddWebhookFlags(preview, &flags->webhook);
  preview->callback([session, flags] {
    session->action = [session, flags] { return Preview(*session, *flags); };
  });
}

}  // namespace windrow::cli
