#include "common/store/postgres/grants.h"

#include <absl/strings/str_replace.h>
#include <fmt/format.h>

#include "common/base/status.h"
#include "common/store/postgres/connection.h"
#include "common/store/postgres/roles.h"

namespace windrow::store::postgres {
namespace {

constexpr char kStartAnew[] =
    "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role};\n"
    "REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role};\n"
    "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM {role};\n"
    "GRANT USAGE ON SCHEMA {schema} TO {role};\n";

std::string Quoted(const std::string& name) {
  return "\"" + absl::StrReplaceAll(name, {{"\"", "\"\""}}) + "\"";
}

absl::Status GrantTo(Connection* connection, const std::string& schema,
                     const std::string& role, const char* rights) {
  if (role.empty()) return absl::OkStatus();
  const std::string script =
      absl::StrReplaceAll(fmt::format("BEGIN;\n{}{}\nCOMMIT;", kStartAnew, rights),
                          {{"{role}", Quoted(role)}, {"{schema}", Quoted(schema)}});
  const absl::Status status = connection->RunScript(script);
  if (status.ok()) return status;
  return absl::Status(status.code(), fmt::format("rights of {}: {}", role,
                                                 std::string(status.message())));
}

}  // namespace

absl::Status GrantRights(const std::string& url, const ProgramRoles& roles) {
  WINDROW_ASSIGN_OR_RETURN(
      const std::unique_ptr<Connection> connection,
      Connection::Open({.url = url, .application_name = "windrow migrate"}));
  WINDROW_ASSIGN_OR_RETURN(const Result schema,
                           connection->RunText("SELECT current_schema()::text"));
  const std::string name(schema.Text(0, 0));
  WINDROW_RETURN_IF_ERROR(GrantTo(connection.get(), name, roles.server, kServerRole));
  return GrantTo(connection.get(), name, roles.worker, kWorkerRole);
}

}  // namespace windrow::store::postgres
