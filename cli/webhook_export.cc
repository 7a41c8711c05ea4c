// `windrow webhook export`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/profile_export.h"
#include "cli/rpc_errors.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::cli {
namespace {

constexpr int kPageSize = 1'000;

struct ExportFlags {
  std::vector<std::string> ids;
  FilterFlags filter;
  ExportOptions options;
};

class Exporter {
 public:
  Exporter(const Session& session, const ExportFlags& flags)
      : session_(session),
        flags_(flags),
        stub_(v1::WebhookService::NewStub(Connect(session))) {}

  int Named() {
    for (const std::string& id : flags_.ids) {
      v1::GetWebhookRequest request;
      request.set_webhook_id(id);
      v1::Webhook webhook;
      const grpc::Status status =
          stub_->GetWebhook(MakeContext(session_).get(), request, &webhook);
      if (!status.ok()) return Fail(session_, "get the webhook " + id, status);
      Write(webhook);
    }
    return kOk;
  }

  int Listed() {
    v1::ListWebhooksRequest request;
    request.set_page_size(kPageSize);
    request.set_filter(flags_.filter.Joined());
    do {
      v1::ListWebhooksResponse page;
      const grpc::Status status =
          stub_->ListWebhooks(MakeContext(session_).get(), request, &page);
      if (!status.ok()) return Fail(session_, "list the webhooks", status);
      for (const v1::Webhook& webhook : page.webhooks()) Write(webhook);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    if (first_) session_.err << "There is no webhook to export.\n";
    return kOk;
  }

 private:
  void Write(const v1::Webhook& webhook) {
    session_.out << (first_ ? "" : "---\n") << ProfileToYaml(webhook, flags_.options);
    first_ = false;
  }

  const Session& session_;
  const ExportFlags& flags_;
  const std::unique_ptr<v1::WebhookService::Stub> stub_;
  bool first_ = true;
};

}  // namespace

void AddWebhookExport(CLI::App* group, Session* session) {
  CLI::App* command = group->add_subcommand(
      "export", "Write webhooks as YAML that `windrow apply` takes; without ids: all");
  auto flags = std::make_shared<ExportFlags>();
  CLI::Option* ids = command->add_option("WEBHOOK_ID", flags->ids, "which ones");
  AddFilter(command, "'labels.env:prod'", &flags->filter);
  command->get_option("--filter")->excludes(ids);
  command->add_flag("--secrets-from-env", flags->options.secrets_from_env,
                    "put the secrets in, each as the environment variable that `apply` "
                    "then reads; else a comment names them");
  command->callback([session, flags] {
    session->action = [session, flags] {
      Exporter exporter(*session, *flags);
      return flags->ids.empty() ? exporter.Listed() : exporter.Named();
    };
  });
}

}  // namespace windrow::cli
