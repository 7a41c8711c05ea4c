// Counts and latencies over time, and how they come about: each change of a delivery is
// in a log (docs/adr/0009), which maintenance adds up by the minute and by the hour.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "common/domain/latency_histogram.h"
#include "common/store/types.h"

namespace windrow::store {

// How an attempt ended: its error, and the first digit of its status (0: no answer).
struct AttemptOutcome {
  AttemptError error = AttemptError::kNone;
  int status_class = 0;

  auto operator<=>(const AttemptOutcome&) const = default;
};

struct Counts {
  // Deliveries that ended in this time; one that was sent again and ended again counts
  // again.
  std::int64_t succeeded = 0, failed = 0, cancelled = 0;
  std::map<AttemptOutcome, std::int64_t> attempts;  // that ended in this time
  domain::LatencyHistogram requests;                // of attempts, from start to end
  domain::LatencyHistogram delivered;  // of those that succeeded, since their first item
                                       // was published

  bool operator==(const Counts&) const = default;
};

struct StatsBucket {
  absl::Time start;
  Counts counts;
};

enum class StatsStep : std::uint8_t { kMinute, kHour, kDay };
inline absl::Duration LengthOf(StatsStep step) {
  if (step == StatsStep::kMinute) return absl::Minutes(1);
  return step == StatsStep::kHour ? absl::Hours(1) : absl::Hours(24);
}

// Minutes are kept this long, hours and days as long as retention says.
inline constexpr absl::Duration kMinutesKept = absl::Hours(72);

struct StatsQuery {
  std::optional<Uuid> webhook;  // none: all of the tenant's
  StatsStep step = StatsStep::kHour;
  absl::Time from;   // a multiple of the step since the epoch, in UTC
  absl::Time until;  // exclusive
};

struct Stats {
  std::vector<StatsBucket> buckets;  // those that have anything, by time
  // Everything that was recorded before this is counted.
  absl::Time complete_until;
};

struct RollUpReport {
  std::int64_t rows = 0;  // of the log, that were added up
  bool more = false;      // there are more: come back soon
};

// Thread-safe. UNAVAILABLE where the database cannot be reached.
class StatsStore {
 public:
  virtual ~StatsStore() = default;

  // Reads sums, never deliveries: a row for each minute or hour of the span.
  virtual absl::StatusOr<Stats> ReadStats(TenantId tenant, const StatsQuery& query) = 0;
  // Adds up what is in the log and was not yet, each change exactly once; one process at
  // a time, others do nothing.
  virtual absl::StatusOr<RollUpReport> RollUp() = 0;
};

}  // namespace windrow::store
