// PostgreSQL's errors as statuses.
#pragma once

#include <absl/status/status.h>

#include <string_view>

namespace windrow::store::postgres {

// The status for an SQLSTATE:
//   connection lost, shutting down, too many clients, read only, disk full → UNAVAILABLE
//     with the reasons DATABASE_UNAVAILABLE, DATABASE_READ_ONLY, DATABASE_FULL
//   serialization failure, deadlock, lock timeout                        → ABORTED
//   unique violation                                                     → ALREADY_EXISTS
//   data that does not fit its type                                      →
//   INVALID_ARGUMENT a missing table or column (SCHEMA_MISMATCH)                 →
//   FAILED_PRECONDITION statement timeout                                           →
//   DEADLINE_EXCEEDED anything else → INTERNAL
// The message is the server's primary one and the statement's name; never its parameters.
absl::Status StatusFromSqlState(std::string_view sqlstate, std::string_view message,
                                std::string_view statement);

}  // namespace windrow::store::postgres
