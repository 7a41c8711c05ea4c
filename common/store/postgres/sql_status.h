// PostgreSQL's errors as statuses.
#pragma once

#include <absl/status/status.h>

#include <string_view>

namespace windrow::store::postgres {

// What went wrong, as operators count it.
enum class ErrorKind {
  kCannotConnect,
  kConnectionLost,
  kOutOfConnections,
  kShuttingDown,
  kReadOnly,
  kDiskFull,
  kOutOfMemory,
  kInputOutput,
  kConflict,  // serialization failure, deadlock, a plan that a migration made obsolete
  kLockTimeout,
  kStatementTimeout,
  kUnique,
  kPermission,
  kSchema,
  kData,
  kOther,
};
inline constexpr int kErrorKinds = static_cast<int>(ErrorKind::kOther) + 1;

// "disk_full": the label of windrow_database_errors_total, and the log's.
std::string_view NameOf(ErrorKind kind);

// No SQLSTATE: the connection was lost.
ErrorKind KindOf(std::string_view sqlstate);
// Of an attempt to connect, for which libpq has a text and no SQLSTATE.
ErrorKind KindOfConnectError(std::string_view message);

// True where another connection may fare better, and this one should be closed: it is to
// a server that has become a standby, or holds a plan that no longer fits.
bool SaysLeave(std::string_view sqlstate);

// The status for an SQLSTATE:
//   connection lost, shutting down, out of connections, read only, disk full, out of
//   memory, input/output error → UNAVAILABLE, with the reasons DATABASE_UNAVAILABLE,
//     DATABASE_OUT_OF_CONNECTIONS, DATABASE_READ_ONLY, DATABASE_FULL
//   serialization failure, deadlock, obsolete plan → ABORTED (DATABASE_CONFLICT): the
//   same
//     transaction may be run again; lock timeout → ABORTED (DATABASE_LOCKED)
//   statement timeout → DEADLINE_EXCEEDED
//   unique violation → ALREADY_EXISTS
//   data that does not fit its type → INVALID_ARGUMENT
//   a missing table or column (SCHEMA_MISMATCH), a missing right (DATABASE_PERMISSION)
//     → FAILED_PRECONDITION
//   anything else → INTERNAL
// The message is the server's primary one, the statement's name, and what an operator
// can do about it; never its parameters.
absl::Status StatusFromSqlState(std::string_view sqlstate, std::string_view message,
                                std::string_view statement);
// The status of an attempt to connect: UNAVAILABLE.
absl::Status StatusOfConnectError(std::string_view message);

}  // namespace windrow::store::postgres
