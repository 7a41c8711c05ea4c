// How long history is kept, and dropping what is older.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "common/store/types.h"

namespace windrow::store {

// How long each kind of history is kept: request bodies and answers; the deliveries
// themselves, with their attempts; events. `records` is no less than `bodies`.
struct Retention {
  absl::Duration bodies = absl::Hours(24 * 7);
  absl::Duration records = absl::Hours(24 * 30);
  absl::Duration events = absl::Hours(24 * 30);
  absl::Duration stats = absl::Hours(24 * 90);   // by the hour
  absl::Duration audit = absl::Hours(24 * 365);  // of all tenants alike

  bool operator==(const Retention&) const = default;
};

// Of a tenant that keeps less than the others, by its name. What is longer than the
// installation's has no effect.
struct TenantRetention {
  std::string tenant;
  Retention keep;

  bool operator==(const TenantRetention&) const = default;
};

struct RetentionPolicy {
  Retention keep;  // of every tenant
  std::vector<TenantRetention> tenants;
};

// event_id is known to be a repeat for three days, whatever `events` says.
inline constexpr absl::Duration kLeastEventKeys = absl::Hours(24 * 4);

enum class HistoryTable : std::uint8_t {
  kEvents,
  kEventKeys,
  kDeliveries,
  kAttempts,
  kDeliveryBodies,
  kDeliveryChanges,
  kStatsMinutes,
  kStatsHours,
};
inline constexpr int kHistoryTables = 8;

// As in the database, and in metrics.
inline std::string_view NameOf(HistoryTable table) {
  switch (table) {
    case HistoryTable::kEvents:
      return "events";
    case HistoryTable::kEventKeys:
      return "event_keys";
    case HistoryTable::kDeliveries:
      return "deliveries";
    case HistoryTable::kAttempts:
      return "attempts";
    case HistoryTable::kDeliveryBodies:
      return "delivery_bodies";
    case HistoryTable::kDeliveryChanges:
      return "delivery_changes";
    case HistoryTable::kStatsMinutes:
      return "stats_minutes";
    case HistoryTable::kStatsHours:
      break;
  }
  return "stats_hours";
}

// What one round did, and what there is after it.
struct RetentionReport {
  struct Table {
    int dropped = 0;        // days
    int in_use = 0;         // days past retention that unfinished deliveries still need
    absl::Duration oldest;  // since the beginning of the oldest day that there is; zero:
                            // there is none
  };
  std::array<Table, kHistoryTables> tables;
  // Rows of tenants that keep less, answers to attempts, entries of the audit log.
  std::int64_t erased = 0;
  std::vector<std::string> unknown_tenants;  // of the policy
  bool by_another = false;  // another process has the lock: nothing was done
  bool more = false;        // there is more to erase: come back soon

  Table& of(HistoryTable table) { return tables[static_cast<std::size_t>(table)]; }
  const Table& of(HistoryTable table) const {
    return tables[static_cast<std::size_t>(table)];
  }
};

// Since when a tenant has each kind of history: what is older is gone or about to go.
struct HistoryFloors {
  absl::Time bodies_from;
  absl::Time records_from;
  absl::Time events_from;
};

// Thread-safe. UNAVAILABLE where the database cannot be reached.
class RetentionStore {
 public:
  virtual ~RetentionStore() = default;

  // Drops whole days (UTC) that are past the policy by the database's clock, for all
  // tenants at once, and erases in bounded batches what tenants with less have beyond
  // theirs. One process at a time. Nothing is dropped that an unfinished delivery needs:
  // the events in it, and the day in which its record will be written. What was dropped
  // half is finished by the next round.
  virtual absl::StatusOr<RetentionReport> DropOld(const RetentionPolicy& policy) = 0;

  virtual absl::StatusOr<HistoryFloors> ReadFloors(TenantId tenant) = 0;
};

}  // namespace windrow::store
