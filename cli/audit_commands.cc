// `windrow audit list|get`.
#include <CLI/CLI.hpp>

#include "cli/audit_text.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/list_limit.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "windrow/v1/audit.grpc.pb.h"

namespace windrow::cli {
namespace {

std::unique_ptr<v1::AuditService::Stub> NewStub(const Session& session) {
  return v1::AuditService::NewStub(Connect(session));
}

struct AuditArguments {
  FilterFlags filter;
  ListLimit limit;
};

int List(const Session& session, const AuditArguments& arguments) {
  const auto stub = NewStub(session);
  ListWriter writer(session, AuditHeader());
  v1::ListAuditEntriesRequest request;
  request.set_filter(arguments.filter.Joined());
  v1::ListAuditEntriesResponse page;
  PageCounter pages(arguments.limit);
  do {
    request.set_page_size(pages.NextSize());
    const grpc::Status status =
        stub->ListAuditEntries(MakeContext(session).get(), request, &page);
    if (!status.ok()) return Fail(session, "list the audit log", status);
    for (const v1::AuditEntry& entry : page.entries()) {
      writer.Add(entry, RowOf(entry));
    }
    request.set_page_token(page.next_page_token());
  } while (pages.More(request.page_token(), page.entries_size()));
  writer.Finish();
  pages.TellRest(session);
  return kOk;
}

int Get(const Session& session, const std::string& id) {
  v1::GetAuditEntryRequest request;
  request.set_entry_id(id);
  v1::AuditEntry entry;
  const grpc::Status status =
      NewStub(session)->GetAuditEntry(MakeContext(session).get(), request, &entry);
  if (!status.ok()) return Fail(session, "get the entry", status);
  WriteOne(session, entry, FieldsOf(entry));
  return kOk;
}

}  // namespace

void AddAudit(CLI::App* app, Session* session) {
  CLI::App* group = app->add_subcommand("audit", "Who changed what, and when");
  group->require_subcommand(1);

  auto a = std::make_shared<AuditArguments>();
  CLI::App* list = group->add_subcommand("list", "Show changes, newest first");
  AddFilterText(list, "--actor", "actor", "who: api_key:<id>, windrow, …", &a->filter);
  AddFilterText(list, "--action", "action", "what: webhook.update, …", &a->filter);
  AddFilterText(list, "--resource", "resource", "to what: webhooks/<id>, …", &a->filter);
  AddFilterTimes(list, "at", &a->filter);
  AddFilter(list, "'action = \"webhook.*\" AND actor != windrow'", &a->filter);
  AddListLimit(list, &a->limit);
  list->callback(
      [session, a] { session->action = [session, a] { return List(*session, *a); }; });

  auto id = std::make_shared<std::string>();
  CLI::App* get = group->add_subcommand("get", "Show one change, field by field");
  get->add_option("ENTRY_ID", *id, "as `audit list` shows it")->required();
  get->callback(
      [session, id] { session->action = [session, id] { return Get(*session, *id); }; });
}

}  // namespace windrow::cli
