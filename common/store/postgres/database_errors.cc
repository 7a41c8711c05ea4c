#include "common/store/postgres/database_errors.h"

#include <absl/time/clock.h>

#include <string>
#include <utility>

#include "common/base/log.h"

namespace windrow::store::postgres {
namespace {

constexpr absl::Duration kTellEvery = absl::Seconds(5);

// The others are answers to callers, or pass with the next try.
bool IsOperators(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kConflict:
    case ErrorKind::kUnique:
    case ErrorKind::kData:
      return false;
    default:
      return true;
  }
}

}  // namespace

DatabaseErrors::DatabaseErrors(metrics::Registry* registry) {
  for (int i = 0; i < kErrorKinds; ++i) {
    counters_[static_cast<std::size_t>(i)] = registry->AddCounter(
        "windrow_database_errors_total", "Errors of the database, by kind.",
        {{"kind", std::string(NameOf(static_cast<ErrorKind>(i)))}});
  }
}

void DatabaseErrors::Note(ErrorKind kind, const absl::Status& status) {
  const auto index = static_cast<std::size_t>(kind);
  counters_[index].Increment();
  if (!IsOperators(kind)) return;
  int untold = 0;
  {
    std::lock_guard lock(mutex_);
    Told& told = told_[index];
    const absl::Time now = absl::Now();
    if (now - told.at < kTellEvery) {
      ++told.untold;
      return;
    }
    told.at = now;
    untold = std::exchange(told.untold, 0);
  }
  Log(LogLevel::kError, "database_error",
      {{"kind", NameOf(kind)}, {"error", status.message()}, {"not_logged", untold}});
}

}  // namespace windrow::store::postgres
