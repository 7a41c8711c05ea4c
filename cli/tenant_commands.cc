// `windrow tenant create|list`: over the database, for whoever runs Windrow.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/flag_types.h"
#include "cli/operator_database.h"
#include "cli/rpc_errors.h"
#include "cli/table.h"
#include "common/domain/access.h"

namespace windrow::cli {
namespace {

void Show(const Session& session, const std::vector<store::Tenant>& tenants) {
  Table table({"TENANT", "CREATED"});
  for (const store::Tenant& tenant : tenants) {
    table.Add({tenant.name, TimeText(tenant.created_at)});
  }
  table.Print(session.out);
}

int Create(const Session& session, const std::string& url, const std::string& name) {
  absl::Status status = domain::CheckTenantName(name);
  if (!status.ok()) return Fail(session, "create the tenant", status);
  const auto access = OpenAccess(url);
  if (!access.ok()) return Fail(session, "create the tenant", access.status());
  const auto tenant = (*access)->CreateTenant(name);
  if (!tenant.ok()) return Fail(session, "create the tenant", tenant.status());
  Show(session, {*tenant});
  return kOk;
}

int List(const Session& session, const std::string& url) {
  const auto access = OpenAccess(url);
  if (!access.ok()) return Fail(session, "list the tenants", access.status());
  const auto tenants = (*access)->ListTenants();
  if (!tenants.ok()) return Fail(session, "list the tenants", tenants.status());
  Show(session, *tenants);
  return kOk;
}

}  // namespace

void AddTenant(CLI::App* app, Session* session) {
  CLI::App* group = app->add_subcommand(
      "tenant", "Tenants: isolated spaces, each with API keys of its own");
  group->require_subcommand(1);
  auto url = std::make_shared<std::string>();
  auto name = std::make_shared<std::string>();
  CLI::App* create = group->add_subcommand("create", "Make a tenant");
  create->add_option("NAME", *name, "1-128 characters, unique")->required();
  AddDatabaseUrl(create, url.get());
  create->callback([session, url, name] {
    session->action = [session, url, name] { return Create(*session, *url, *name); };
  });
  CLI::App* list = group->add_subcommand("list", "Show the tenants");
  AddDatabaseUrl(list, url.get());
  list->callback([session, url] {
    session->action = [session, url] { return List(*session, *url); };
  });
}

}  // namespace windrow::cli
