#include "common/store/postgres/sql_status.h"

#include <fmt/format.h>

#include <string>

#include "common/base/status.h"

namespace windrow::store::postgres {

absl::Status StatusFromSqlState(std::string_view sqlstate, std::string_view message,
                                std::string_view statement) {
  const std::string text =
      fmt::format("database: {} (SQLSTATE {}, statement {})", message,
                  sqlstate.empty() ? "none" : sqlstate, statement);
  const std::string_view kind = sqlstate.substr(0, 2);
  if (sqlstate == "25006") {
    return WithReason(absl::UnavailableError(text), "DATABASE_READ_ONLY");
  }
  if (sqlstate == "53100")
    return WithReason(absl::UnavailableError(text), "DATABASE_FULL");
  if (sqlstate.empty() || kind == "08" || kind == "53" || sqlstate == "57P01" ||
      sqlstate == "57P02" || sqlstate == "57P03" || sqlstate == "58030") {
    return WithReason(absl::UnavailableError(text), "DATABASE_UNAVAILABLE");
  }
  if (kind == "40" || sqlstate == "55P03") return absl::AbortedError(text);
  if (sqlstate == "57014") return absl::DeadlineExceededError(text);
  if (sqlstate == "23505") return absl::AlreadyExistsError(text);
  if (sqlstate == "42P01" || sqlstate == "42703" || sqlstate == "42883") {
    return WithReason(absl::FailedPreconditionError(
                          text + "; the schema does not fit: run `windrow migrate`"),
                      "SCHEMA_MISMATCH");
  }
  if (kind == "22") return absl::InvalidArgumentError(text);
  return absl::InternalError(text);
}

}  // namespace windrow::store::postgres
