// Lists of deliveries: the queue and history as one, in the order of the ids.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/delivery_rows.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

// No clock is so far ahead: days that are yet to come need no look.
constexpr absl::Duration kAhead = absl::Hours(24);

IdRange WholeOf(const DeliveryQuery& query, const DeliveryAccess& access) {
  IdRange ids;
  if (access.created.from != absl::InfinitePast())
    ids.from = FloorId(access.created.from);
  ids.until = FloorId(std::min(access.created.until, absl::Now() + kAhead));
  if (!query.after) return ids;
  if (query.oldest_first) {
    // Behind the last id of all there is nothing: a range of no id.
    const Uuid next = NextId(*query.after).value_or(*query.after);
    ids.from = std::max(ids.from.value_or(next), next);
  } else {
    ids.until = std::min(ids.until.value_or(*query.after), *query.after);
  }
  return ids;
}

bool IsEmpty(const IdRange& ids) {
  return ids.from && ids.until && *ids.from >= *ids.until;
}

// The ids of the range in each slice of its time, in the order asked for.
std::vector<IdRange> SlicesOf(const IdRange& whole, bool oldest_first) {
  filter::TimeRange time;
  if (whole.from) time.from = whole.from->time();
  if (whole.until) time.until = whole.until->time() + absl::Milliseconds(1);
  std::vector<IdRange> slices;
  for (const filter::TimeRange& slice :
       postgres::SlicesOf(time, oldest_first, absl::Now())) {
    IdRange ids = whole;
    if (slice.from != time.from) ids.from = FloorId(slice.from);
    if (slice.until != time.until) ids.until = FloorId(slice.until);
    slices.push_back(ids);
  }
  return slices;
}

// One list in the making.
class DeliveryList {
 public:
  DeliveryList(Connection* connection, TenantId tenant, const DeliveryQuery& query)
      : connection_(connection), tenant_(tenant), query_(query) {}

  absl::StatusOr<DeliveryPage> Run() {
    const DeliveryAccess access = AccessOf(query_.where);
    whole_ = WholeOf(query_, access);
    if (IsEmpty(whole_)) return page_;
    WINDROW_ASSIGN_OR_RETURN(const bool by_webhook, FewWindows(access));
    for (const IdRange& ids : SlicesOf(whole_, query_.oldest_first)) {
      WINDROW_RETURN_IF_ERROR(ReadSlice(access, by_webhook, ids));
      if (page_.more) break;
    }
    page_.examined = std::max(examined_windows_, examined_finished_);
    return std::move(page_);
  }

 private:
  DeliveryScan ScanOf(const DeliveryAccess& access, const IdRange& ids,
                      int examined) const {
    return {.tenant = tenant_,
            .query = &query_,
            .access = access,
            .ids = ids,
            .limit = query_.limit - static_cast<int>(page_.deliveries.size()),
            .examine = query_.examine - examined};
  }

  absl::StatusOr<bool> IsSmall(const SqlText& count, int most) {
    WINDROW_ASSIGN_OR_RETURN(const Result rows,
                             connection_->RunPlanned(count.sql, count.params));
    return rows.Int8(0, 0) <= most;
  }

  // The queue can be read by the webhook.
  absl::StatusOr<bool> FewWindows(const DeliveryAccess& access) {
    if (access.webhooks.empty() || !access.unfinished) return false;
    return IsSmall(CountWindowsSql(ScanOf(access, {}, 0)), query_.examine);
  }

  // Slices of times long past mostly have nothing of the queue, and need no look.
  absl::StatusOr<bool> MayHaveWindows(const IdRange& ids) {
    if (ids.until == whole_.until) return true;  // the newest one
    if (!oldest_) {
      WINDROW_ASSIGN_OR_RETURN(const Result rows,
                               connection_->Run(kOldestWindow, Params().Int4(tenant_)));
      oldest_ = rows.rows() > 0 ? rows.Id(0, 0) : FloorId(absl::Now() + kAhead);
    }
    return *oldest_ < *ids.until;
  }

  // The queue is read first: what finishes in between is seen twice rather than never,
  // and counts as what it was.
  absl::Status ReadSlice(DeliveryAccess access, bool by_webhook, const IdRange& ids) {
    DeliveryRows windows, finished;
    WINDROW_ASSIGN_OR_RETURN(const bool may_have_windows, MayHaveWindows(ids));
    if (access.unfinished && may_have_windows) {
      DeliveryScan scan = ScanOf(access, ids, examined_windows_);
      if (!by_webhook) scan.access.webhooks.clear();
      WINDROW_ASSIGN_OR_RETURN(windows, ReadWindows(connection_, scan, kListedItems));
      examined_windows_ += windows.examined;
    }
    if (!access.finished.empty()) {
      DeliveryScan scan = ScanOf(access, ids, examined_finished_);
      if (!access.object_ids.empty()) {
        WINDROW_ASSIGN_OR_RETURN(const bool few,
                                 IsSmall(CountMixedSql(scan), scan.examine));
        if (!few) scan.access.object_ids.clear();
      }
      WINDROW_ASSIGN_OR_RETURN(finished, ReadFinished(connection_, scan, kListedItems));
      examined_finished_ += finished.examined;
    }
    Merge(std::move(windows), std::move(finished));
    return absl::OkStatus();
  }

  bool Before(const Uuid& a, const Uuid& b) const {
    return query_.oldest_first ? a < b : b < a;
  }

  // Up to where the rows hold every wanted one; none: to the end of the slice.
  std::optional<Uuid> EndOf(const DeliveryRows& rows) const {
    if (!rows.more) return rows.stopped;
    // With no room for a single one the page is full already.
    return rows.records.empty() ? page_.deliveries.back().delivery_id
                                : rows.records.back().delivery_id;
  }

  // Adds what both have, up to where either ends.
  void Merge(DeliveryRows windows, DeliveryRows finished) {
    std::optional<Uuid> end = EndOf(windows);
    if (const auto other = EndOf(finished); other && (!end || Before(*other, *end))) {
      end = other;
    }
    std::unordered_set<Uuid> unfinished;
    for (const DeliveryRecord& d : windows.records) unfinished.insert(d.delivery_id);
    std::vector<DeliveryRecord> records = std::move(windows.records);
    for (DeliveryRecord& d : finished.records) {
      if (!unfinished.contains(d.delivery_id)) records.push_back(std::move(d));
    }
    std::sort(records.begin(), records.end(),
              [&](const DeliveryRecord& a, const DeliveryRecord& b) {
                return Before(a.delivery_id, b.delivery_id);
              });
    for (DeliveryRecord& record : records) {
      if (end && Before(*end, record.delivery_id)) break;
      if (page_.deliveries.size() == static_cast<std::size_t>(query_.limit)) {
        end = page_.deliveries.back().delivery_id;
        break;
      }
      page_.deliveries.push_back(std::move(record));
    }
    page_.more = end.has_value();
    page_.position = end;
  }

  Connection* connection_;
  const TenantId tenant_;
  const DeliveryQuery& query_;
  IdRange whole_;
  std::optional<Uuid> oldest_;  // in the queue, once it was asked for
  DeliveryPage page_;
  int examined_windows_ = 0;
  int examined_finished_ = 0;
};

}  // namespace

absl::StatusOr<DeliveryPage> PostgresStore::ListDeliveries(TenantId tenant,
                                                           const DeliveryQuery& query) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  return DeliveryList(&*lease, tenant, query).Run();
}

}  // namespace windrow::store::postgres
