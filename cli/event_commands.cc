// `windrow event publish|get|list`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/event_publish.h"
#include "cli/filter.h"
#include "cli/flag_types.h"
#include "cli/list_limit.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "windrow/v1/event.grpc.pb.h"

namespace windrow::cli {
namespace {

Fields FieldsOf(const v1::Event& event) {
  Fields fields = {{"escmsg_id", fmt::to_string(event.escmsg_id())},
                   {"event_id", event.event_id()},
                   {"type", event.type()},
                   {"object_type", event.object_type()},
                   {"object_id", event.object_id()},
                   {"message", event.message()},
                   {"agent_id", event.agent_id()},
                   {"occurred", TimeText(event.occur_time())},
                   {"received", TimeText(event.receive_time())},
                   {"object", event.object() + "\n"},
                   {"previous", event.previous()},
                   {"action", event.action()},
                   {"origin webhook", event.origin_webhook_id()},
                   {"hops", event.hops() == 0 ? "" : fmt::to_string(event.hops())}};
  for (const v1::LinkedObject& linked : event.linked_objects()) {
    fields.emplace_back("linked " + linked.name(), linked.object());
  }
  return fields;
}

int Get(const Session& session, std::int64_t id) {
  v1::GetEventRequest request;
  request.set_escmsg_id(id);
  v1::Event event;
  const grpc::Status status = v1::EventService::NewStub(Connect(session))
                                  ->GetEvent(MakeContext(session).get(), request, &event);
  if (!status.ok()) return Fail(session, "get the event", status);
  WriteOne(session, event, FieldsOf(event));
  return kOk;
}

int List(const Session& session, const std::string& filter, const ListLimit& limit) {
  const auto stub = v1::EventService::NewStub(Connect(session));
  ListWriter writer(session, {"ESCMSG_ID", "TYPE", "OBJECT_ID", "EVENT_ID", "RECEIVED"});
  v1::ListEventsRequest request;
  request.set_filter(filter);
  v1::ListEventsResponse page;
  PageCounter pages(limit);
  do {
    request.set_page_size(pages.NextSize());
    const grpc::Status status =
        stub->ListEvents(MakeContext(session).get(), request, &page);
    if (!status.ok()) return Fail(session, "list the events", status);
    for (const v1::Event& event : page.events()) {
      writer.Add(event,
                 {fmt::to_string(event.escmsg_id()), event.type(), event.object_id(),
                  event.event_id(), TimeText(event.receive_time())});
    }
    request.set_page_token(page.next_page_token());
  } while (pages.More(request.page_token(), page.events_size()));
  writer.Finish();
  pages.TellRest(session);
  return kOk;
}

void AddPublish(CLI::App* group, Session* session) {
  CLI::App* publish = group->add_subcommand(
      "publish",
      "Publish events: one JSON object a line, with type, object_type, object_id, object "
      "and, where wanted, previous, action, linked_objects, message, agent_id, "
      "occur_time, event_id, origin_webhook_id, hops");
  auto options = std::make_shared<PublishOptions>();
  publish->add_option("FILE", options->files,
                      "files of JSON lines; none or -: standard "
                      "input");
  publish->add_flag("--keep-going", options->keep_going,
                    "go on behind a line that is broken or refused; exit status 3 then");
  publish->add_flag("-q,--quiet", options->quiet, "no progress bar");
  publish->callback([session, options] {
    session->action = [session, options] {
      if (options->files.empty()) options->files = {"-"};
      return Publish(*session, *options);
    };
  });
}

}  // namespace

void AddEvent(CLI::App* app, Session* session) {
  CLI::App* group = app->add_subcommand("event", "Facts that are published");
  group->require_subcommand(1);
  AddPublish(group, session);
  AddEventExplain(group, session);

  CLI::App* get = group->add_subcommand("get", "Show one event, as it was published");
  auto id = std::make_shared<std::int64_t>(0);
  get->add_option("ESCMSG_ID", *id, "its number")->required();
  get->callback(
      [session, id] { session->action = [session, id] { return Get(*session, *id); }; });

  CLI::App* list = group->add_subcommand("list", "Show events, newest first");
  auto filter = std::make_shared<FilterFlags>();
  auto limit = std::make_shared<ListLimit>();
  AddFilterText(list, "--type", "type", "an event type", filter.get());
  AddFilterText(list, "--object-id", "object_id", "an object", filter.get());
  AddFilterTimes(list, "receive_time", filter.get());
  AddFilter(list, "'type = \"ticket.*\" AND object_id = 42'", filter.get());
  AddListLimit(list, limit.get());
  list->callback([session, filter, limit] {
    session->action = [session, filter, limit] {
      return List(*session, filter->Joined(), *limit);
    };
  });
}

}  // namespace windrow::cli
