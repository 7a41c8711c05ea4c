// StatsStore and ChangeStore: a log of changes, counted when it is asked.
#include <algorithm>
#include <map>

#include "tests/support/fake_state.h"
#include "tests/support/fake_store.h"

namespace windrow::testing {
namespace {

using domain::LatencyHistogram;
using store::DeliveryState;

void Count(const FakeChange& change, store::Counts* counts) {
  if (change.state == DeliveryState::kSucceeded) {
    ++counts->succeeded;
    counts->delivered.Add(LatencyHistogram::BucketOf(change.change.changed_at -
                                                     change.change.delivery_id.time()),
                          1);
  }
  if (change.state == DeliveryState::kFailed) ++counts->failed;
  if (change.state == DeliveryState::kCancelled) ++counts->cancelled;
  if (!change.attempt) return;
  ++counts->attempts[{change.attempt->error, change.attempt->status_code / 100}];
  counts->requests.Add(LatencyHistogram::BucketOf(change.attempt->duration), 1);
}

absl::Status NotKept() {
  return WithReason(absl::OutOfRangeError("kept no longer"), "CHANGES_NOT_KEPT");
}

}  // namespace

void FakeState::LogChange(const FakeWindow& window, DeliveryState state,
                          std::optional<store::Attempt> attempt) {
  changes.push_back({.change = {.place = std::ssize(changes) + 1,
                                .changed_at = Now(),
                                .delivery_id = window.window_id},
                     .tenant_id = window.tenant_id,
                     .webhook_id = window.webhook_id,
                     .state = state,
                     .attempt = std::move(attempt)});
}

absl::StatusOr<store::Stats> FakeStore::ReadStats(store::TenantId tenant,
                                                  const store::StatsQuery& query) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  std::map<absl::Time, store::Counts> buckets;
  for (const FakeChange& change : state_->changes) {
    const absl::Time at = change.change.changed_at;
    if (change.tenant_id != tenant || at < query.from || at >= query.until) continue;
    if (query.webhook && *query.webhook != change.webhook_id) continue;
    const absl::Duration age =
        absl::Floor(at - absl::UnixEpoch(), store::LengthOf(query.step));
    Count(change, &buckets[absl::UnixEpoch() + age]);
  }
  store::Stats stats{.complete_until = state_->Now()};
  for (const auto& [start, counts] : buckets) stats.buckets.push_back({start, counts});
  return stats;
}

absl::StatusOr<store::RollUpReport> FakeStore::RollUp() { return store::RollUpReport(); }

absl::StatusOr<store::ChangeCursor> FakeStore::LastChange() {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  return std::ssize(state_->changes);
}

absl::StatusOr<store::ChangeCursor> FakeStore::ChangesSince(absl::Time time) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  if (state_->Now() - time > store::kChangesKept) return NotKept();
  store::ChangeCursor place = std::ssize(state_->changes);
  while (place > 0 &&
         state_->changes[static_cast<std::size_t>(place) - 1].change.changed_at >= time) {
    --place;
  }
  return place;
}

absl::StatusOr<store::ChangePage> FakeStore::ReadChanges(store::TenantId tenant,
                                                         store::ChangeCursor after) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  store::ChangePage page{
      .next = std::max<store::ChangeCursor>(after, std::ssize(state_->changes))};
  std::map<Uuid, store::Change> last;
  for (const FakeChange& change : state_->changes) {
    if (change.change.place <= after || change.tenant_id != tenant) continue;
    last[change.change.delivery_id] = change.change;
  }
  for (const auto& [id, change] : last) page.changes.push_back(change);
  std::sort(
      page.changes.begin(), page.changes.end(),
      [](const store::Change& a, const store::Change& b) { return a.place < b.place; });
  return page;
}

absl::StatusOr<std::vector<store::DeliveryRecord>> FakeStore::LoadDeliveries(
    store::TenantId tenant, const std::vector<Uuid>& ids) {
  std::vector<store::DeliveryRecord> records;
  for (const Uuid& id : ids) {
    auto record = GetDelivery(tenant, id, /*bodies=*/false);
    if (record.ok()) {
      records.push_back(*std::move(record));
    } else if (!absl::IsNotFound(record.status())) {
      return record.status();
    }
  }
  return records;
}

}  // namespace windrow::testing
