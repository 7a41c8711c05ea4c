// The schema: forward-only migrations, each in its transaction, under an advisory lock.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

#include "common/store/postgres/connection.h"

namespace windrow::store::postgres {

// Applies what is missing and makes the partitions of the next days. `applied` gets a
// line for each migration that was run. May run at the same time from several places.
// FAILED_PRECONDITION where an applied migration is not the one of this build (its
// checksum differs), where the schema is newer than this build, or where a pooler in
// transaction mode is between.
absl::Status Migrate(const std::string& url, std::vector<std::string>* applied);

// OK where the schema is exactly what this build serves; else FAILED_PRECONDITION
// (SCHEMA_MISMATCH) saying which is older and what to do.
absl::Status CheckSchema(Connection* connection);

// DATABASE_READ_ONLY where the server takes no writes; the connection is not used again.
absl::Status CheckTakesWrites(Connection* connection);

}  // namespace windrow::store::postgres
