// `windrow redeliver`, `windrow webhook recover` and `windrow operation
// list|get|wait|cancel`.
#include <absl/time/clock.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/delivery_filter.h"
#include "cli/flag_types.h"
#include "cli/list_limit.h"
#include "cli/operation_text.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "windrow/v1/operation.grpc.pb.h"

namespace windrow::cli {
namespace {

using Stub = v1::OperationService::Stub;

constexpr absl::Duration kFirstLook = absl::Milliseconds(100);
constexpr absl::Duration kLastLook = absl::Seconds(1);

std::unique_ptr<Stub> NewStub(const Session& session) {
  return v1::OperationService::NewStub(Connect(session));
}

grpc::Status Look(const Session& session, Stub* stub, v1::Operation* operation) {
  v1::GetOperationRequest request;
  request.set_operation_id(operation->operation_id());
  return stub->GetOperation(MakeContext(session).get(), request, operation);
}

// Shows what it is doing to a person at a terminal.
class OperationProgress {
 public:
  explicit OperationProgress(const Session& session)
      : err_(session.err), shown_(&session.err == &std::cerr && isatty(STDERR_FILENO)) {}
  ~OperationProgress() { Wipe(); }
  void Show(const v1::Operation& operation) {
    if (shown_) err_ << "\r\x1b[K" << ProgressText(operation) << std::flush;
  }

 private:
  void Wipe() {
    if (shown_) err_ << "\r\x1b[K" << std::flush;
  }
  std::ostream& err_;
  const bool shown_;
};

// Follows it to its end.
grpc::Status Follow(const Session& session, Stub* stub, v1::Operation* operation) {
  OperationProgress progress(session);
  absl::Duration wait = kFirstLook;
  while (operation->state() == v1::OPERATION_STATE_RUNNING) {
    progress.Show(*operation);
    absl::SleepFor(wait);
    wait = std::min(wait * 1.5, kLastLook);
    const grpc::Status status = Look(session, stub, operation);
    if (!status.ok()) return status;
  }
  return grpc::Status::OK;
}

int Show(const Session& session, const v1::Operation& operation) {
  WriteOne(session, operation, FieldsOf(operation));
  const bool ended_badly = operation.state() == v1::OPERATION_STATE_FAILED ||
                           operation.state() == v1::OPERATION_STATE_CANCELLED;
  return ended_badly ? kFailed : kOk;
}

struct OperationArguments {
  std::string id;
  FilterFlags filter;
  ListLimit limit;
  std::optional<absl::Time> since;
  bool dry_run = false;
  bool no_wait = false;
  std::int32_t rate = 0;
  std::string request_id;
};

// Waits for what was started, unless that is not wanted.
int Started(const Session& session, Stub* stub, const OperationArguments& arguments,
            v1::Operation* operation) {
  if (!arguments.no_wait) {
    session.err << fmt::format("Operation {} runs; it goes on when this ends.\n",
                               operation->operation_id());
    const grpc::Status status = Follow(session, stub, operation);
    if (!status.ok()) return Fail(session, "follow the operation", status);
  }
  const int exit = Show(session, *operation);
  if (operation->dry_run() && operation->state() == v1::OPERATION_STATE_SUCCEEDED) {
    session.err << "Nothing was redelivered: leave out --dry-run for that.\n";
  }
  return exit;
}

template <typename Request>
void Fill(const OperationArguments& arguments, Request* request) {
  request->set_dry_run(arguments.dry_run);
  request->set_max_per_second(arguments.rate);
  request->set_request_id(arguments.request_id);
}

int Redeliver(const Session& session, const OperationArguments& arguments) {
  const auto stub = NewStub(session);
  v1::RedeliverDeliveriesRequest request;
  request.set_filter(arguments.filter.Joined());
  Fill(arguments, &request);
  v1::Operation operation;
  const grpc::Status status =
      stub->RedeliverDeliveries(MakeContext(session).get(), request, &operation);
  if (!status.ok()) return Fail(session, "redeliver them", status);
  return Started(session, stub.get(), arguments, &operation);
}

int Recover(const Session& session, const OperationArguments& arguments) {
  const auto stub = NewStub(session);
  v1::RecoverWebhookRequest request;
  request.set_webhook_id(arguments.id);
  *request.mutable_since() = ToProto(*arguments.since);
  Fill(arguments, &request);
  v1::Operation operation;
  const grpc::Status status =
      stub->RecoverWebhook(MakeContext(session).get(), request, &operation);
  if (!status.ok()) return Fail(session, "recover the webhook", status);
  return Started(session, stub.get(), arguments, &operation);
}

int List(const Session& session, const ListLimit& limit) {
  const auto stub = NewStub(session);
  ListWriter writer(session, OperationHeader());
  v1::ListOperationsRequest request;
  v1::ListOperationsResponse page;
  PageCounter pages(limit);
  do {
    request.set_page_size(pages.NextSize());
    const grpc::Status status =
        stub->ListOperations(MakeContext(session).get(), request, &page);
    if (!status.ok()) return Fail(session, "list the operations", status);
    for (const v1::Operation& operation : page.operations()) {
      writer.Add(operation, RowOf(operation));
    }
    request.set_page_token(page.next_page_token());
  } while (pages.More(request.page_token(), page.operations_size()));
  writer.Finish();
  pages.TellRest(session);
  return kOk;
}

int Get(const Session& session, const std::string& id) {
  v1::Operation operation;
  operation.set_operation_id(id);
  const grpc::Status status = Look(session, NewStub(session).get(), &operation);
  if (!status.ok()) return Fail(session, "get the operation", status);
  WriteOne(session, operation, FieldsOf(operation));
  return kOk;
}

int Wait(const Session& session, const std::string& id) {
  const auto stub = NewStub(session);
  v1::Operation operation;
  operation.set_operation_id(id);
  grpc::Status status = Look(session, stub.get(), &operation);
  if (status.ok()) status = Follow(session, stub.get(), &operation);
  if (!status.ok()) return Fail(session, "follow the operation", status);
  return Show(session, operation);
}

int Cancel(const Session& session, const std::string& id) {
  v1::CancelOperationRequest request;
  request.set_operation_id(id);
  v1::Operation operation;
  const grpc::Status status =
      NewStub(session)->CancelOperation(MakeContext(session).get(), request, &operation);
  if (!status.ok()) return Fail(session, "cancel the operation", status);
  WriteOne(session, operation, FieldsOf(operation));
  return kOk;
}

void AddStarting(CLI::App* command, OperationArguments* arguments) {
  command->add_flag("--dry-run", arguments->dry_run, "count them, and send nothing");
  command
      ->add_option("--rate", arguments->rate, "deliveries a second at most; default 100")
      ->check(CLI::Range(1, 10'000))
      ->type_name("N");
  command->add_flag("--no-wait", arguments->no_wait,
                    "end once it is started; `windrow operation wait` follows it");
  command->add_option("--request-id", arguments->request_id,
                      "your own id for this: given twice, it is started once");
}

// A command that takes one operation's id.
void AddOne(CLI::App* group, Session* session, const char* name, const char* help,
            int (*run)(const Session&, const std::string&)) {
  auto id = std::make_shared<std::string>();
  CLI::App* command = group->add_subcommand(name, help);
  command->add_option("OPERATION_ID", *id, "as `operation list` shows it")->required();
  command->callback([session, id, run] {
    session->action = [session, id, run] { return run(*session, *id); };
  });
}

}  // namespace

void AddRedeliver(CLI::App* app, Session* session) {
  auto a = std::make_shared<OperationArguments>();
  CLI::App* command = app->add_subcommand(
      "redeliver",
      "Send every delivery again that a filter wants, as a long-running operation");
  AddDeliveryFilter(command, &a->filter);
  AddStarting(command, a.get());
  command->callback([session, a] {
    session->action = [session, a] { return Redeliver(*session, *a); };
  });
}

void AddWebhookRecover(CLI::App* group, Session* session) {
  auto a = std::make_shared<OperationArguments>();
  CLI::App* command = group->add_subcommand(
      "recover",
      "Send again what it missed: failed, waiting for a retry, or cancelled when it was "
      "disabled");
  command->add_option("WEBHOOK_ID", a->id, "as `webhook list` shows it")->required();
  AddTimeOrAge(
      command, "--since", [a](absl::Time time) { a->since = time; },
      "what ended before is left as it is")
      ->required();
  AddStarting(command, a.get());
  command->callback(
      [session, a] { session->action = [session, a] { return Recover(*session, *a); }; });
}

void AddOperation(CLI::App* app, Session* session) {
  CLI::App* group = app->add_subcommand(
      "operation", "Long-running operations: what `redeliver` and `recover` started");
  group->require_subcommand(1);
  auto limit = std::make_shared<ListLimit>();
  CLI::App* list = group->add_subcommand("list", "Show operations, newest first");
  AddListLimit(list, limit.get());
  list->callback([session, limit] {
    session->action = [session, limit] { return List(*session, *limit); };
  });
  AddOne(group, session, "get", "Show one operation", Get);
  AddOne(group, session, "wait",
         "Follow one to its end; exit status 1 where it failed or was cancelled", Wait);
  AddOne(group, session, "cancel",
         "End one; what it has redelivered goes out all the same", Cancel);
}

}  // namespace windrow::cli
