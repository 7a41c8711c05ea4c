// `windrow delivery tail`: deliveries as they change.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/delivery_text.h"
#include "cli/filter.h"
#include "cli/flag_types.h"
#include "cli/interrupt.h"
#include "cli/proto_json.h"
#include "cli/rpc_errors.h"
#include "cli/table.h"
#include "windrow/v1/delivery.grpc.pb.h"

namespace windrow::cli {
namespace {

struct TailArguments {
  FilterFlags filter;
  v1::WatchDeliveriesRequest request;
};

// "2026-11-25T10:00:00.123Z  RETRYING   503          2  ticket.created  <id>".
std::string LineOf(const v1::WatchDeliveriesResponse& answer) {
  const std::vector<std::string> row = RowOf(answer.delivery());
  return Harmless(
      fmt::format("{:<27} {:<9}  {:<15}  {:>3}  {}  {}", TimeText(answer.change_time()),
                  row[1], row[2], row[3], row[0], row[5]),
      /*multiline=*/false);
}

int Tail(const Session& session, const v1::WatchDeliveriesRequest& request) {
  const std::unique_ptr<grpc::ClientContext> context =
      MakeContext(session, /*with_deadline=*/false);
  const Interrupt interrupt([&] { context->TryCancel(); });
  const auto stub = v1::DeliveryService::NewStub(Connect(session));
  const auto stream = stub->WatchDeliveries(context.get(), request);
  v1::WatchDeliveriesResponse answer;
  std::string token;
  while (stream->Read(&answer)) {
    token = answer.resume_token();
    if (!answer.has_delivery()) continue;
    const bool text = session.output == OutputFormat::kTable;
    session.out << (text ? LineOf(answer) : ToJson(answer, /*indented=*/false)) << '\n'
                << std::flush;
    if (!session.out) context->TryCancel();  // nobody reads it any more
  }
  const grpc::Status status = stream->Finish();
  if (interrupt.came() || status.ok() || !session.out) return kOk;
  const int code = Fail(session, "go on", status);
  if (!token.empty()) {
    session.err << fmt::format("`--resume {}` goes on where it ended.\n", token);
  }
  return code;
}

}  // namespace

void AddDeliveryTail(CLI::App* group, Session* session) {
  auto a = std::make_shared<TailArguments>();
  CLI::App* tail = group->add_subcommand(
      "tail",
      "Show deliveries as they change, until Ctrl-C: a line for each attempt that ended, "
      "cancellation or redelivery. -o json and jsonl: a JSON object a line");
  AddFilterText(tail, "--webhook", "webhook_id", "a webhook's id", &a->filter);
  AddFilterText(tail, "--event-type", "event_type", "an event type", &a->filter);
  AddFilterText(tail, "--object-id", "object_id", "an object", &a->filter);
  AddFilter(tail, "'state = FAILED OR status_code >= 500'", &a->filter);
  AddTimeOrAge(
      tail, "--since",
      [a](absl::Time time) { *a->request.mutable_start_time() = ToProto(time); },
      "begin with what changed since then, 24h ago at most; default: now");
  tail->add_option_function<std::string>(
          "--resume",
          [a](const std::string& token) { a->request.set_resume_token(token); },
          "go on behind a resume_token, with the same filter")
      ->type_name("TOKEN");
  tail->callback([session, a] {
    session->action = [session, a] {
      a->request.set_filter(a->filter.Joined());
      return Tail(*session, a->request);
    };
  });
}

}  // namespace windrow::cli
