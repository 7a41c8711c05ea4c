// RetentionStore: forgets what is older than the floors, but for what the queue needs.
#include <algorithm>
#include <set>

#include "tests/support/fake_state.h"
#include "tests/support/fake_store.h"

namespace windrow::testing {
namespace {

using store::HistoryTable;

constexpr absl::Duration kDay = absl::Hours(24);

absl::Time DayOf(absl::Time time) {
  return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), kDay);
}

// Days that unfinished deliveries need: of their records, and of their events.
struct DaysInUse {
  std::set<absl::Time> records, events;
};

DaysInUse InUse(const FakeState& state) {
  DaysInUse days;
  for (const auto& [id, window] : state.windows) {
    days.records.insert(DayOf(id.time()));
    for (const store::ItemRef& item : window.items) {
      const auto event = state.events.find({window.tenant_id, item.escmsg_id});
      if (event != state.events.end()) {
        days.events.insert(DayOf(event->second.received_at));
      }
    }
  }
  return days;
}

store::HistoryFloors Raise(FakeState* state, store::TenantId tenant,
                           const store::Retention& keep) {
  const auto floor = [&](absl::Duration kept) {
    const absl::Time at = state->Now() - kept;
    return tenant == 0 ? DayOf(at) : at;
  };
  store::HistoryFloors& floors =
      state->floors
          .try_emplace(tenant, store::HistoryFloors{absl::UnixEpoch(), absl::UnixEpoch(),
                                                    absl::UnixEpoch()})
          .first->second;
  floors.bodies_from = std::max(floors.bodies_from, floor(keep.bodies));
  floors.records_from = std::max(floors.records_from, floor(keep.records));
  floors.events_from = std::max(floors.events_from, floor(keep.events));
  return floors;
}

void EraseBody(FakeState* state, const Uuid& id) {
  state->requests.erase(id);
  const auto attempts = state->attempts.find(id);
  if (attempts == state->attempts.end()) return;
  for (auto& [lease_seq, attempt] : attempts->second) {
    attempt.response_headers.clear();
    attempt.response_body.clear();
  }
}

// What is of `tenant` (0: of all) and goes; `stays` says of a day whether it is in use.
template <typename Stays>
void Erase(FakeState* state, store::TenantId tenant, const store::HistoryFloors& floors,
           const DaysInUse& in_use, store::RetentionReport* report, Stays stays) {
  const auto is_of = [&](store::TenantId owner) {
    return tenant == 0 || owner == tenant;
  };
  std::erase_if(state->records, [&](const auto& entry) {
    const auto& [id, record] = entry;
    if (!is_of(record.tenant_id) || stays(in_use.records, id.time())) return false;
    if (id.time() < floors.bodies_from) EraseBody(state, id);
    if (id.time() >= floors.records_from) return false;
    state->attempts.erase(id);
    ++report->of(HistoryTable::kDeliveries).dropped;
    return true;
  });
  std::erase_if(state->events, [&](const auto& entry) {
    const auto& [place, event] = entry;
    if (!is_of(place.first) || event.received_at >= floors.events_from) return false;
    if (!stays(in_use.events, event.received_at)) return true;
    ++report->of(HistoryTable::kEvents).in_use;
    return false;
  });
}

}  // namespace

store::HistoryFloors FakeState::FloorsOf(store::TenantId tenant) const {
  store::HistoryFloors all{absl::UnixEpoch(), absl::UnixEpoch(), absl::UnixEpoch()};
  for (const store::TenantId id : {0, tenant}) {
    const auto found = floors.find(id);
    if (found == floors.end()) continue;
    all.bodies_from = std::max(all.bodies_from, found->second.bodies_from);
    all.records_from = std::max(all.records_from, found->second.records_from);
    all.events_from = std::max(all.events_from, found->second.events_from);
  }
  return all;
}

absl::StatusOr<store::RetentionReport> FakeStore::DropOld(
    const store::RetentionPolicy& policy) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  store::RetentionReport report;
  report.erased += std::erase_if(state_->audit, [&](const auto& entry) {
    return entry.second.at < state_->Now() - policy.keep.audit;
  });
  const DaysInUse in_use = InUse(*state_);
  Erase(state_.get(), 0, Raise(state_.get(), 0, policy.keep), in_use, &report,
        [](const std::set<absl::Time>& days, absl::Time time) {
          return days.contains(DayOf(time));
        });
  for (const store::TenantRetention& own : policy.tenants) {
    const auto found =
        std::find_if(state_->tenants.begin(), state_->tenants.end(),
                     [&](const auto& entry) { return entry.second.name == own.tenant; });
    if (found == state_->tenants.end()) {
      report.unknown_tenants.push_back(own.tenant);
      continue;
    }
    Erase(state_.get(), found->first, Raise(state_.get(), found->first, own.keep), in_use,
          &report, [](const std::set<absl::Time>& days, absl::Time time) {
            return !days.empty() && time >= *days.begin();
          });
  }
  return report;
}

absl::StatusOr<store::HistoryFloors> FakeStore::ReadFloors(store::TenantId tenant) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  return state_->FloorsOf(tenant);
}

}  // namespace windrow::testing
