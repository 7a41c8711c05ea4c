#include "common/store/postgres/sql_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "common/base/status.h"

namespace windrow::store::postgres {
namespace {

using enum absl::StatusCode;

struct KindRule {
  std::string_view sqlstate;  // or its class: two characters
  ErrorKind kind;
};

// The first that fits.
constexpr KindRule kKindRules[] = {
    {"08", ErrorKind::kConnectionLost},      {"57P01", ErrorKind::kShuttingDown},
    {"57P02", ErrorKind::kShuttingDown},     {"57P03", ErrorKind::kShuttingDown},
    {"57P05", ErrorKind::kConnectionLost},   {"25P03", ErrorKind::kConnectionLost},
    {"26000", ErrorKind::kConnectionLost},  // another session answers: a pooler's
    {"53300", ErrorKind::kOutOfConnections}, {"53100", ErrorKind::kDiskFull},
    {"53200", ErrorKind::kOutOfMemory},      {"53", ErrorKind::kOutOfMemory},
    {"58", ErrorKind::kInputOutput},         {"25006", ErrorKind::kReadOnly},
    {"0A000", ErrorKind::kConflict},         {"40", ErrorKind::kConflict},
    {"55P03", ErrorKind::kLockTimeout},      {"57014", ErrorKind::kStatementTimeout},
    {"23505", ErrorKind::kUnique},           {"42501", ErrorKind::kPermission},
    {"42P01", ErrorKind::kSchema},           {"42703", ErrorKind::kSchema},
    {"42883", ErrorKind::kSchema},           {"22", ErrorKind::kData},
};

// What each kind is to a caller, and to an operator.
struct KindMeaning {
  ErrorKind kind;
  const char* name;
  absl::StatusCode code;
  const char* reason;
  const char* advice;
};

constexpr KindMeaning kMeanings[kErrorKinds] = {
    {ErrorKind::kCannotConnect, "cannot_connect", kUnavailable, "DATABASE_UNAVAILABLE",
     ""},
    {ErrorKind::kConnectionLost, "connection_lost", kUnavailable, "DATABASE_UNAVAILABLE",
     ""},
    {ErrorKind::kOutOfConnections, "out_of_connections", kUnavailable,
     "DATABASE_OUT_OF_CONNECTIONS",
     "PostgreSQL has no connection left: raise max_connections, lower pool_size, or put "
     "PgBouncer before it"},
    {ErrorKind::kShuttingDown, "shutting_down", kUnavailable, "DATABASE_UNAVAILABLE", ""},
    {ErrorKind::kReadOnly, "read_only", kUnavailable, "DATABASE_READ_ONLY",
     "the database is read-only: a standby, or default_transaction_read_only is on"},
    {ErrorKind::kDiskFull, "disk_full", kUnavailable, "DATABASE_FULL",
     "the database's disk is full: free some space, and all goes on by itself"},
    {ErrorKind::kOutOfMemory, "out_of_memory", kUnavailable, "DATABASE_UNAVAILABLE",
     "PostgreSQL is out of memory or another resource"},
    {ErrorKind::kInputOutput, "input_output", kUnavailable, "DATABASE_UNAVAILABLE",
     "PostgreSQL cannot read or write a file: look at its log and its disk"},
    {ErrorKind::kConflict, "conflict", kAborted, "DATABASE_CONFLICT", ""},
    {ErrorKind::kLockTimeout, "lock_timeout", kAborted, "DATABASE_LOCKED",
     "look for a transaction that stays open: pg_stat_activity, the oldest xact_start"},
    {ErrorKind::kStatementTimeout, "statement_timeout", kDeadlineExceeded, "",
     "PostgreSQL is too slow: look at its load, its disk, and what it waits for"},
    {ErrorKind::kUnique, "unique", kAlreadyExists, "", ""},
    {ErrorKind::kPermission, "permission", kFailedPrecondition, "DATABASE_PERMISSION",
     "the role lacks a right: run `windrow migrate` with --server-role and "
     "--worker-role"},
    {ErrorKind::kSchema, "schema", kFailedPrecondition, "SCHEMA_MISMATCH",
     "the schema does not fit: run `windrow migrate`"},
    {ErrorKind::kData, "data", kInvalidArgument, "", ""},
    {ErrorKind::kOther, "other", kInternal, "", ""},
};

const KindMeaning& MeaningOf(ErrorKind kind) {
  return kMeanings[static_cast<std::size_t>(kind)];
}

absl::Status MakeStatus(ErrorKind kind, std::string text) {
  const KindMeaning& meaning = MeaningOf(kind);
  if (*meaning.advice != '\0') text += fmt::format("; {}", meaning.advice);
  absl::Status status(meaning.code, text);
  return *meaning.reason == '\0' ? status : WithReason(std::move(status), meaning.reason);
}

}  // namespace

std::string_view NameOf(ErrorKind kind) { return MeaningOf(kind).name; }

ErrorKind KindOf(std::string_view sqlstate) {
  if (sqlstate.empty()) return ErrorKind::kConnectionLost;
  const auto* rule = std::ranges::find_if(
      kKindRules, [&](const KindRule& r) { return sqlstate.starts_with(r.sqlstate); });
  return rule == std::end(kKindRules) ? ErrorKind::kOther : rule->kind;
}

ErrorKind KindOfConnectError(std::string_view message) {
  // PostgreSQL's texts, and PgBouncer's.
  for (const std::string_view text :
       {"too many clients", "too many connections", "remaining connection slots",
        "no more connections allowed"}) {
    if (message.find(text) != message.npos) return ErrorKind::kOutOfConnections;
  }
  if (message.find("read-only") != message.npos) return ErrorKind::kReadOnly;
  return ErrorKind::kCannotConnect;
}

bool SaysLeave(std::string_view sqlstate) {
  return sqlstate == "25006" || sqlstate == "0A000" || sqlstate == "26000";
}

absl::Status StatusFromSqlState(std::string_view sqlstate, std::string_view message,
                                std::string_view statement) {
  return MakeStatus(KindOf(sqlstate),
                    fmt::format("database: {} (SQLSTATE {}, statement {})", message,
                                sqlstate.empty() ? "none" : sqlstate, statement));
}

absl::Status StatusOfConnectError(std::string_view message) {
  return MakeStatus(KindOfConnectError(message),
                    fmt::format("database: cannot connect: {}", message));
}

}  // namespace windrow::store::postgres
