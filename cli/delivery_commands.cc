// `windrow delivery list|get|attempts|redeliver|cancel`; tail is in delivery_tail.cc.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/delivery_filter.h"
#include "cli/delivery_text.h"
#include "cli/list_limit.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "windrow/v1/delivery.grpc.pb.h"

namespace windrow::cli {
namespace {

// As the API has it for the FULL view.
constexpr int kLargestFullPage = 100;

std::unique_ptr<v1::DeliveryService::Stub> NewStub(const Session& session) {
  return v1::DeliveryService::NewStub(Connect(session));
}

struct DeliveryArguments {
  FilterFlags filter;
  ListLimit limit;
  bool full = false;
  bool oldest_first = false;
  std::string id;
};

int List(const Session& session, const DeliveryArguments& arguments) {
  const auto stub = NewStub(session);
  ListWriter writer(session, DeliveryHeader());
  v1::ListDeliveriesRequest request;
  request.set_filter(arguments.filter.Joined());
  request.set_order_by(arguments.oldest_first ? "create_time" : "create_time desc");
  request.set_view(arguments.full ? v1::DELIVERY_VIEW_FULL : v1::DELIVERY_VIEW_BASIC);
  v1::ListDeliveriesResponse page;
  PageCounter pages(arguments.limit, arguments.full ? kLargestFullPage : 1000);
  do {
    request.set_page_size(pages.NextSize());
    const grpc::Status status =
        stub->ListDeliveries(MakeContext(session).get(), request, &page);
    if (!status.ok()) return Fail(session, "list the deliveries", status);
    for (const v1::Delivery& delivery : page.deliveries()) {
      writer.Add(delivery, RowOf(delivery));
    }
    request.set_page_token(page.next_page_token());
  } while (pages.More(request.page_token(), page.deliveries_size()));
  writer.Finish();
  pages.TellRest(session);
  return kOk;
}

int Get(const Session& session, const std::string& id) {
  v1::GetDeliveryRequest request;
  request.set_delivery_id(id);
  request.set_view(v1::DELIVERY_VIEW_FULL);
  v1::Delivery delivery;
  const grpc::Status status =
      NewStub(session)->GetDelivery(MakeContext(session).get(), request, &delivery);
  if (!status.ok()) return Fail(session, "get the delivery", status);
  WriteOne(session, delivery, FieldsOf(delivery));
  return kOk;
}

int Attempts(const Session& session, const DeliveryArguments& arguments) {
  const auto stub = NewStub(session);
  ListWriter writer(session, AttemptHeader());
  v1::ListAttemptsRequest request;
  request.set_delivery_id(arguments.id);
  v1::ListAttemptsResponse page;
  PageCounter pages(arguments.limit);
  do {
    request.set_page_size(pages.NextSize());
    const grpc::Status status =
        stub->ListAttempts(MakeContext(session).get(), request, &page);
    if (!status.ok()) return Fail(session, "list the attempts", status);
    for (const v1::Attempt& attempt : page.attempts()) {
      writer.Add(attempt, RowOf(attempt));
    }
    request.set_page_token(page.next_page_token());
  } while (pages.More(request.page_token(), page.attempts_size()));
  writer.Finish();
  pages.TellRest(session);
  return kOk;
}

int Redeliver(const Session& session, const std::string& id) {
  v1::RedeliverDeliveryRequest request;
  request.set_delivery_id(id);
  v1::Delivery delivery;
  const grpc::Status status =
      NewStub(session)->RedeliverDelivery(MakeContext(session).get(), request, &delivery);
  if (!status.ok()) return Fail(session, "redeliver it", status);
  WriteOne(session, delivery, FieldsOf(delivery));
  return kOk;
}

int Cancel(const Session& session, const std::string& id) {
  v1::CancelDeliveryRequest request;
  request.set_delivery_id(id);
  v1::Delivery delivery;
  const grpc::Status status =
      NewStub(session)->CancelDelivery(MakeContext(session).get(), request, &delivery);
  if (!status.ok()) return Fail(session, "cancel it", status);
  WriteOne(session, delivery, FieldsOf(delivery));
  return kOk;
}

// A command that takes one delivery's id.
void AddOne(CLI::App* group, Session* session, const char* name, const char* help,
            int (*run)(const Session&, const std::string&)) {
  auto id = std::make_shared<std::string>();
  CLI::App* command = group->add_subcommand(name, help);
  command->add_option("DELIVERY_ID", *id, "as `delivery list` shows it")->required();
  command->callback([session, id, run] {
    session->action = [session, id, run] { return run(*session, *id); };
  });
}

void AddList(CLI::App* group, Session* session) {
  auto a = std::make_shared<DeliveryArguments>();
  CLI::App* list = group->add_subcommand("list", "Show deliveries, newest first");
  AddDeliveryFilter(list, &a->filter);
  list->add_flag("--oldest-first", a->oldest_first, "the other way round");
  list->add_flag("--full", a->full, "with headers and bodies (-o json or jsonl)");
  AddListLimit(list, &a->limit);
  list->callback(
      [session, a] { session->action = [session, a] { return List(*session, *a); }; });
}

}  // namespace

void AddDelivery(CLI::App* app, Session* session) {
  CLI::App* group = app->add_subcommand("delivery", "What went out, and what came back");
  group->require_subcommand(1);
  AddList(group, session);
  AddDeliveryTail(group, session);

  AddOne(group, session, "get", "Show one delivery, with its bodies", Get);
  AddOne(group, session, "redeliver",
         "Send one again: the same id and bytes, at once, with a new retry schedule",
         Redeliver);
  AddOne(group, session, "cancel", "End one that no worker is sending", Cancel);

  auto t = std::make_shared<DeliveryArguments>();
  CLI::App* attempts =
      group->add_subcommand("attempts", "Show every attempt of one delivery");
  attempts->add_option("DELIVERY_ID", t->id, "as `delivery list` shows it")->required();
  AddListLimit(attempts, &t->limit);
  attempts->callback([session, t] {
    session->action = [session, t] { return Attempts(*session, *t); };
  });
}

}  // namespace windrow::cli
