// `windrow event explain`: why an event went out through a webhook, or why not.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/condition_text.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "windrow/v1/event.grpc.pb.h"

namespace windrow::cli {
namespace {

// One line a node: its verdict, the test, and the value that it saw.
void AppendVerdict(const v1::ConditionVerdict& verdict, int depth, std::string* out) {
  *out += fmt::format("\n{:{}}{} ", "", depth * 2, verdict.matched() ? "yes" : "no ");
  if (verdict.kind() != "test") {
    *out += verdict.kind();
  } else {
    *out += TestText(verdict.test()) + "; saw " +
            (verdict.has_value() ? verdict.value() : "nothing");
    if (verdict.has_previous()) *out += ", before " + verdict.previous();
    if (!verdict.why().empty()) *out += ": " + verdict.why();
  }
  for (const auto& child : verdict.children()) AppendVerdict(child, depth + 1, out);
}

std::string TriggerText(const v1::TriggerVerdict& trigger) {
  std::string out =
      fmt::format("{} {}", trigger.matched() ? "yes" : "no ", trigger.event_type());
  if (!trigger.type_matched()) out += ": another event type";
  if (!trigger.enabled()) out += ": disabled";
  if (trigger.has_condition()) AppendVerdict(trigger.condition(), 1, &out);
  return out;
}

int Explain(const Session& session, std::int64_t escmsg_id, const std::string& webhook) {
  v1::ExplainEventRequest request;
  request.set_escmsg_id(escmsg_id);
  request.set_webhook_id(webhook);
  v1::ExplainEventResponse response;
  const grpc::Status status =
      v1::EventService::NewStub(Connect(session))
          ->ExplainEvent(MakeContext(session).get(), request, &response);
  if (!status.ok()) return Fail(session, "explain the event", status);
  Fields fields = {{"matched", response.matched() ? "yes" : "no"},
                   {"summary", response.summary()}};
  for (const v1::TriggerVerdict& trigger : response.triggers()) {
    fields.emplace_back(fmt::format("notification {}", trigger.notification_id()),
                        TriggerText(trigger));
  }
  WriteOne(session, response, fields);
  return kOk;
}

}  // namespace

void AddEventExplain(CLI::App* group, Session* session) {
  CLI::App* explain = group->add_subcommand(
      "explain", "Say why an event went out through a webhook, or why not");
  auto id = std::make_shared<std::int64_t>(0);
  auto webhook = std::make_shared<std::string>();
  explain->add_option("ESCMSG_ID", *id, "the event's number")->required();
  explain->add_option("WEBHOOK_ID", *webhook, "the webhook")->required();
  explain->callback([session, id, webhook] {
    session->action = [session, id, webhook] { return Explain(*session, *id, *webhook); };
  });
}

}  // namespace windrow::cli
