// Dropping the days of history that are past their retention.
#include <absl/time/clock.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/store/change_store.h"
#include "common/store/postgres/audit.h"
#include "common/store/postgres/delivery_sql.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/tenant_retention.h"
#include "common/store/postgres/transaction.h"
#include "common/store/stats_store.h"

namespace windrow::store::postgres {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
constexpr int kMostDropTries = 10;
constexpr absl::Duration kDropPause = absl::Milliseconds(50);

// How a day hangs in its table (sql/list_history_days.sql).
enum Hangs : std::int16_t { kByItself = 0, kAttached = 1, kHalfDetached = 2 };

struct Day {
  std::string partition;  // letters, digits and underscores
  HistoryTable table = HistoryTable::kEvents;
  absl::Time from;
  Hangs hangs = kAttached;

  absl::Time until() const { return from + kDay; }
};

std::vector<Day> ReadDays(const Result& rows) {
  std::vector<Day> days;
  for (int i = 0; i < rows.rows(); ++i) {
    Day day{.partition = std::string(rows.Text(i, 0)),
            .from = rows.Time(i, 2),
            .hangs = static_cast<Hangs>(rows.Int2(i, 3))};
    for (int table = 0; table < kHistoryTables; ++table) {
      if (NameOf(static_cast<HistoryTable>(table)) == rows.Text(i, 1)) {
        day.table = static_cast<HistoryTable>(table);
      }
    }
    days.push_back(std::move(day));
  }
  return days;
}

// One round, by the process that has the lock.
class Round {
 public:
  Round(Connection* connection, const RetentionPolicy& policy)
      : connection_(connection), policy_(policy) {}

  absl::StatusOr<RetentionReport> Run() {
    WINDROW_ASSIGN_OR_RETURN(floors_, RaiseFloors(connection_, 0, policy_.keep));
    WINDROW_ASSIGN_OR_RETURN(const Result rows, connection_->Run(kListHistoryDays));
    for (const Day& day : ReadDays(rows)) {
      WINDROW_ASSIGN_OR_RETURN(const bool stays, Visit(day));
      RetentionReport::Table& table = report_.of(day.table);
      if (stays && table.oldest == absl::ZeroDuration()) {
        table.oldest = std::max(floors_.now - day.from, absl::ZeroDuration());
      }
    }
    for (const TenantRetention& tenant : policy_.tenants) {
      WINDROW_RETURN_IF_ERROR(EraseOfTenant(connection_, tenant, floors_, &report_));
    }
    WINDROW_RETURN_IF_ERROR(
        EraseAuditEntries(connection_, floors_.now - policy_.keep.audit, &report_));
    return std::move(report_);
  }

 private:
  absl::Time FloorOf(HistoryTable table) const {
    switch (table) {
      case HistoryTable::kEvents:
        return floors_.events_from;
      case HistoryTable::kEventKeys:
        return std::min(floors_.events_from, floors_.now - kLeastEventKeys);
      case HistoryTable::kDeliveryBodies:
        return floors_.bodies_from;
      case HistoryTable::kDeliveryChanges:
        return floors_.now - kChangesKept;
      case HistoryTable::kStatsMinutes:
        return floors_.now - kMinutesKept;
      case HistoryTable::kStatsHours:
        return floors_.now - policy_.keep.stats;
      case HistoryTable::kDeliveries:
      case HistoryTable::kAttempts:
        break;
    }
    return floors_.records_from;
  }

  // True where the day stays.
  absl::StatusOr<bool> Visit(const Day& day) {
    if (day.until() > FloorOf(day.table)) return true;
    // What hangs no more in its table is what a round before did not get to drop.
    if (day.hangs == kAttached) {
      WINDROW_ASSIGN_OR_RETURN(const bool in_use, InUse(day));
      if (in_use) {
        ++report_.of(day.table).in_use;
        return true;
      }
      if (day.table == HistoryTable::kDeliveryBodies) {
        WINDROW_ASSIGN_OR_RETURN(const bool erased, EraseAnswers(day));
        if (!erased) return true;
      }
    }
    WINDROW_RETURN_IF_ERROR(Drop(day));
    ++report_.of(day.table).dropped;
    Log(LogLevel::kInfo, "history_dropped", {{"partition", day.partition}});
    return false;
  }

  // The floors are raised already: nothing old comes back into the queue behind this.
  absl::StatusOr<bool> InUse(const Day& day) {
    switch (day.table) {
      case HistoryTable::kEvents:
      case HistoryTable::kDeliveries:
      case HistoryTable::kAttempts:
      case HistoryTable::kDeliveryBodies:
        break;
      default:
        return false;
    }
    WINDROW_ASSIGN_OR_RETURN(
        const Result rows,
        connection_->Run(kDayInUse, Params().Time(day.from).Time(day.until())));
    return rows.Bool(0, day.table == HistoryTable::kEvents ? 1 : 0);
  }

  // What endpoints answered to attempts goes with the bodies; the attempts stay. False
  // where there is more to do.
  absl::StatusOr<bool> EraseAnswers(const Day& day) {
    const Uuid until = FloorId(day.until());
    Uuid from = FloorId(day.from);
    for (int i = 0; i < kMostErasures; ++i) {
      WINDROW_ASSIGN_OR_RETURN(
          const Result rows,
          connection_->Run(kEraseAnswers,
                           Params().Id(from).Id(until).Int4(kErasedAtOnce)));
      report_.erased += rows.Int8(0, 0);
      if (rows.Int8(0, 0) < kErasedAtOnce) return true;
      from = rows.Id(0, 1);
    }
    report_.more = true;
    return false;
  }

  // So that nobody who comes back with an older place misses changes unawares.
  absl::Status NoteLastChange(const Day& day) {
    WINDROW_ASSIGN_OR_RETURN(
        const Result rows, connection_->RunText(fmt::format(
                               "SELECT coalesce(max(xact), 0) FROM {}", day.partition)));
    return connection_->Run(kDropChanges, Params().Int8(rows.Int8(0, 0))).status();
  }

  // Detached first, without a lock that anybody who publishes or reads would wait for,
  // then dropped by itself. Each step may be the last one of a round.
  absl::Status Drop(const Day& day) {
    WINDROW_ASSIGN_OR_RETURN(const bool owner, IsOwner());
    // Behind a pooler nothing can run outside of a transaction.
    if (!owner || connection_->pooled()) return DropAsOwner(day);
    if (day.table == HistoryTable::kDeliveryChanges) {
      WINDROW_RETURN_IF_ERROR(NoteLastChange(day));
    }
    const std::string detach = fmt::format("ALTER TABLE {} DETACH PARTITION {}",
                                           NameOf(day.table), day.partition);
    if (day.hangs == kAttached) {
      WINDROW_RETURN_IF_ERROR(connection_->RunText(detach + " CONCURRENTLY").status());
    } else if (day.hangs == kHalfDetached) {
      WINDROW_RETURN_IF_ERROR(connection_->RunText(detach + " FINALIZE").status());
    }
    return connection_->RunText("DROP TABLE " + day.partition).status();
  }

  absl::StatusOr<bool> IsOwner() {
    if (!owner_) {
      WINDROW_ASSIGN_OR_RETURN(
          const Result rows,
          connection_->RunText(
              "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE "
              "oid = 'events'::regclass"));
      owner_ = rows.Bool(0, 0);
    }
    return *owner_;
  }

  // By a function of the owner's, which waits for its lock a moment only: what publishes
  // would wait behind it.
  absl::Status DropAsOwner(const Day& day) {
    const std::string drop =
        fmt::format("SELECT windrow_drop_day('{}', '{}')", NameOf(day.table),
                    absl::FormatTime("%Y-%m-%d", day.from, absl::UTCTimeZone()));
    for (int tries = 1;; ++tries) {
      const absl::Status status = connection_->RunText(drop).status();
      if (!absl::IsAborted(status) || tries == kMostDropTries) return status;
      absl::SleepFor(kDropPause * tries);
    }
  }

  Connection* connection_;
  const RetentionPolicy& policy_;
  RaisedFloors floors_;
  RetentionReport report_;
  std::optional<bool> owner_;  // whether this role owns the tables
};

}  // namespace

// The lock is a transaction's, on a connection of its own: a session's would not outlive
// a statement behind a pooler. It is given back when that transaction ends, also with its
// connection.
absl::StatusOr<RetentionReport> PostgresStore::DropOld(const RetentionPolicy& policy) {
  WINDROW_ASSIGN_OR_RETURN(Transaction lock, Transaction::Begin(&queue_));
  WINDROW_ASSIGN_OR_RETURN(const Result locked, lock->Run(kLockRetention));
  if (!locked.Bool(0, 0)) {
    RetentionReport report;
    report.by_another = true;
    return report;
  }
  // It idles for as long as all this takes. As a script, which also ends the snapshot of
  // the statement above: what finishes a detach waits for every older one.
  WINDROW_RETURN_IF_ERROR(
      lock->RunScript("SET LOCAL idle_in_transaction_session_timeout = 0"));
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  return Round(&*lease, policy).Run();
}

absl::StatusOr<HistoryFloors> PostgresStore::ReadFloors(TenantId tenant) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  return store::postgres::ReadFloors(&*lease, tenant);
}

}  // namespace windrow::store::postgres
