#include "common/store/postgres/grants.h"

#include <absl/strings/str_replace.h>
#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>

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

// Of role $1; no row where there is none. A superuser is a member of every role.
constexpr char kCanDoMore[] =
    "SELECT pg_has_role(r.oid, t.relowner, 'MEMBER') OR r.rolcreaterole "
    "OR r.rolbypassrls OR r.rolreplication "
    "FROM pg_roles r, pg_class t "
    "WHERE r.rolname = $1::text AND t.oid = 'schema_migrations'::regclass";

std::string Quoted(const std::string& name) {
  return "\"" + absl::StrReplaceAll(name, {{"\"", "\"\""}}) + "\"";
}

absl::Status OfRole(const std::string& role, const absl::Status& status) {
  return absl::Status(status.code(),
                      fmt::format("role {}: {}", role, std::string(status.message())));
}

// What PostgreSQL stores in place of the password, which therefore is in none of its
// logs.
absl::StatusOr<std::string> VerifierOf(Connection* connection, const ProgramRole& role) {
  const std::unique_ptr<char, void (*)(void*)> verifier(
      PQencryptPasswordConn(connection->raw(), role.password.c_str(), role.name.c_str(),
                            "scram-sha-256"),
      &PQfreemem);
  if (verifier == nullptr) return absl::InternalError(PQerrorMessage(connection->raw()));
  return std::string(verifier.get());
}

absl::Status SetPassword(Connection* connection, const ProgramRole& role, bool exists) {
  WINDROW_ASSIGN_OR_RETURN(const std::string verifier, VerifierOf(connection, role));
  const absl::Status status = connection->RunScript(
      fmt::format("{} ROLE {} LOGIN PASSWORD '{}'", exists ? "ALTER" : "CREATE",
                  Quoted(role.name), verifier));
  if (ReasonOf(status) != "DATABASE_PERMISSION") return status;
  return absl::FailedPreconditionError(
      "whoever migrates may not make it or set its password (CREATEROLE): do so by hand, "
      "and give no password here");
}

absl::Status Prepare(Connection* connection, const ProgramRole& role) {
  WINDROW_ASSIGN_OR_RETURN(const Result found,
                           connection->RunPlanned(kCanDoMore, Params().Text(role.name)));
  const bool exists = found.rows() > 0;
  if (exists && found.Bool(0, 0)) {
    return absl::FailedPreconditionError(
        "it can do more than a program needs (it owns the tables, or may become their "
        "owner, make roles, pass row-level security or replicate): name another");
  }
  if (!exists && role.password.empty()) {
    return absl::FailedPreconditionError(
        "there is none: make it, or give its password to have it made");
  }
  return role.password.empty() ? absl::OkStatus() : SetPassword(connection, role, exists);
}

absl::Status GrantTo(Connection* connection, const std::string& schema,
                     const ProgramRole& role, const char* rights) {
  if (role.name.empty()) return absl::OkStatus();
  absl::Status status = Prepare(connection, role);
  if (!status.ok()) return OfRole(role.name, status);
  const std::string script =
      absl::StrReplaceAll(fmt::format("BEGIN;\n{}{}\nCOMMIT;", kStartAnew, rights),
                          {{"{role}", Quoted(role.name)}, {"{schema}", Quoted(schema)}});
  status = connection->RunScript(script);
  return status.ok() ? status : OfRole(role.name, status);
}

}  // namespace

absl::Status GrantRights(const std::string& url, const ProgramRoles& roles) {
  WINDROW_ASSIGN_OR_RETURN(
      const std::unique_ptr<Connection> connection,
      Connection::Open(
          {.url = url,
           .application_name = "windrow migrate",
           .timeouts = {.statement = absl::ZeroDuration(), .lock = absl::Minutes(1)}}));
  // That of migrations; held until the connection closes.
  WINDROW_RETURN_IF_ERROR(connection->RunScript("SELECT pg_advisory_lock(7471, 0)"));
  WINDROW_ASSIGN_OR_RETURN(const Result schema,
                           connection->RunText("SELECT current_schema()::text"));
  const std::string name(schema.Text(0, 0));
  WINDROW_RETURN_IF_ERROR(GrantTo(connection.get(), name, roles.server, kServerRole));
  return GrantTo(connection.get(), name, roles.worker, kWorkerRole);
}

}  // namespace windrow::store::postgres
