// What FakeStore holds, behind its one mutex. Private to the fake.
#pragma once

#include <absl/time/time.h>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/store/audit_entries.h"
#include "common/store/change_store.h"
#include "common/store/delivery_queue.h"
#include "common/store/delivery_store.h"
#include "common/store/event_store.h"
#include "common/store/event_type_store.h"
#include "common/store/operation_store.h"
#include "common/store/retention_store.h"
#include "common/store/types.h"

namespace windrow::testing {

struct FakeEventType {
  store::StoredEventType stored;
  std::shared_ptr<const domain::KeyFields> key_fields;  // null: none
};

struct FakeTenant {
  std::string name;
  std::int64_t config_version = 1;
  std::int32_t next_notification_id = 1;
  int publishing = 0;  // transactions that hold the configuration
  domain::UnknownTypes unknown_types = domain::UnknownTypes::kLearn;
  std::map<std::string, FakeEventType> event_types;
};

struct FakeWebhook {
  store::StoredWebhook current;
  std::map<std::int32_t, domain::WebhookSpec> versions;
  bool deleted = false;
};

// A row of the queue: an open or unfinished group.
struct FakeWindow {
  Uuid window_id;
  store::TenantId tenant_id = 0;
  Uuid webhook_id;
  std::int32_t webhook_version = 0;
  std::string group_key;    // empty: closed
  absl::Time due_at;        // with an owner: the end of the lease
  bool timed = false;       // FindDue sees it
  std::uint64_t order = 0;  // among windows due at the same instant
  std::string order_key;    // empty: goes at any time
  std::int64_t order_number = 0;
  bool lease_counted = false;
  std::optional<store::WorkerId> owner;
  std::int32_t lease_seq = 0;
  int lost_leases = 0;
  int attempt = 0;
  int resent_after = 0;
  std::vector<store::ItemRef> items;  // by escmsg_id
  std::size_t bytes = 0;              // of the items

  bool waits_at(absl::Time now) const { return due_at > now; }
  // It was due before its turn.
  bool parked() const { return due_at == absl::InfiniteFuture(); }
};

// A finished delivery.
struct FakeRecord {
  store::TenantId tenant_id = 0;
  Uuid delivery_id;
  Uuid webhook_id;
  std::int32_t webhook_version = 0;
  store::DeliveryState state = store::DeliveryState::kFailed;
  absl::Time finished_at;
  int attempt_count = 0;
  std::vector<store::DeliveryItem> items;
  std::string reason;
  bool ended_by_attempt = false;
};

struct FakeOperation {
  store::StoredOperation stored;
  absl::Time next_at;
};

// One of the log of changes.
struct FakeChange {
  store::Change change;
  store::TenantId tenant_id = 0;
  Uuid webhook_id;
  store::DeliveryState state = store::DeliveryState::kFailed;
  std::optional<store::Attempt> attempt;
};

struct FakeRequest {
  std::string headers;
  std::string body;
};

using GroupName = std::pair<Uuid, std::string>;  // webhook, group key

// Every member but `clock` is guarded by `mutex`. The functions want it held.
struct FakeState {
  explicit FakeState(ManualClock& manual_clock) : clock(manual_clock) {}

  ManualClock& clock;
  std::mutex mutex;
  std::condition_variable changed;  // locks were given back, windows came, time moved

  std::optional<absl::Status> down;         // what every call answers
  std::optional<absl::Status> next_commit;  // what the next Commit answers
  bool next_commit_applies = false;

  std::map<store::TenantId, FakeTenant> tenants;
  std::map<std::int32_t, std::shared_ptr<const domain::KeyFields>> key_fields;
  int learn_calls = 0;
  std::map<Uuid, FakeWebhook> webhooks;
  std::map<std::pair<store::TenantId, std::int64_t>, store::StoredEvent> events;
  std::map<store::EventKey, std::int64_t> keys;
  std::map<Uuid, FakeWindow> windows;
  std::map<Uuid, absl::Time> gates;   // domain::RateState::empty_at
  std::set<GroupName> locked_groups;  // by publish transactions
  std::map<Uuid, FakeRecord> records;
  std::map<Uuid, std::map<std::int32_t, store::Attempt>> attempts;  // by lease_seq
  std::map<Uuid, FakeRequest> requests;
  std::map<Uuid, FakeOperation> operations;
  std::vector<FakeChange> changes;
  std::map<Uuid, store::AuditEntry> audit;
  // Since when history is kept: by all (0), and by tenants that keep less.
  std::map<store::TenantId, store::HistoryFloors> floors;
  store::WorkerId last_worker = 0;
  std::int64_t last_escmsg_id = 0;
  std::uint64_t last_order = 0;
  UuidV7Generator ids;

  // What listeners are told: each waits for `wake_seq` to pass what it has seen.
  std::vector<store::Notice> notices;
  std::int64_t last_notice = 0;

  std::uint64_t wake_seq = 0;
  std::map<std::uint64_t, Uuid> wakes;

  absl::Status Available() const { return down.value_or(absl::OkStatus()); }
  absl::Time Now() const { return clock.Now(); }
  Uuid NextId() { return ids.Next(Now()); }
  void LogChange(const FakeWindow& window, store::DeliveryState state,
                 std::optional<store::Attempt> attempt = std::nullopt);
  // Gives the entry its id and time.
  void Append(store::AuditEntry entry);
  store::HistoryFloors FloorsOf(store::TenantId tenant) const;
  // With the event types that came with Windrow.
  void AddTenant(store::TenantId tenant);
  void AddEventType(store::TenantId tenant, store::EventTypeOrigin origin,
                    domain::EventTypeSpec spec);
  // Of the triggers: what the catalogue does not hold.
  void ExpectEventTypes(store::TenantId tenant, const domain::WebhookSpec& spec);
  domain::Catalogue CatalogueOf(store::TenantId tenant);
  void Wake(const Uuid& webhook_id);
  // Makes the window due at once, in the order of the calls. `timed`: found by FindDue,
  // else by ScanBuckets only.
  void MakeDue(FakeWindow* window, bool timed);
  FakeWindow* FindOpen(const GroupName& group);
  // Of an order: the window that a worker holds, or null; and the first one.
  FakeWindow* LeasedOf(const Uuid& webhook_id, const std::string& order_key);
  FakeWindow* FirstOf(const Uuid& webhook_id, const std::string& order_key);
  // Something of the order ended: the first one is due, where it is parked.
  void Promote(const Uuid& webhook_id, const std::string& order_key);
  void EndOrdering(const Uuid& webhook_id);
  // The record's items, with type and object of their events.
  std::vector<store::DeliveryItem> ItemsOf(const FakeWindow& window) const;
  std::vector<store::Requeue> Redeliver(store::TenantId tenant,
                                        const std::vector<Uuid>& of);
  void CloseOpenWindows(const Uuid& webhook_id);
  // As Windrow disables a webhook; nothing where it is disabled or deleted already.
  void Disable(const Uuid& webhook_id, const std::string& reason);
  // Records as CANCELLED every window of the webhook that no worker holds, or of them
  // only the one named. Answers how many.
  int CancelUnstarted(const Uuid& webhook_id, const std::string& reason,
                      std::optional<Uuid> only = std::nullopt);
};

// Waits for `free`, no longer than a lock timeout of a database would: a test that locks
// itself out sees ABORTED, not a hang.
template <typename Predicate>
absl::Status WaitForLock(FakeState& state, std::unique_lock<std::mutex>& lock,
                         Predicate free) {
  if (state.changed.wait_for(lock, std::chrono::seconds(5), free)) {
    return absl::OkStatus();
  }
  return absl::AbortedError("a lock was not given back in time");
}

}  // namespace windrow::testing
