// Events: the publish transaction, and reading back.
//
// A publish transaction has three steps, so that decisions stay outside of the database:
//   BeginPublish   locks the tenants' configuration (shared), says which is newer than
//                  what was matched against, gives numbers, finds known event ids
//   OpenWindows    locks, or makes, the open window of each group and says what it holds
//   Commit         writes everything; durable when it returns OK
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/batching.h"
#include "common/filter/filter.h"
#include "common/store/list_fields.h"
#include "common/store/types.h"

namespace windrow::store {

struct TenantConfig {
  TenantId tenant_id = 0;
  std::int64_t config_version = 0;  // that was matched against

  bool operator==(const TenantConfig&) const = default;
};

struct EventKey {
  TenantId tenant_id = 0;
  std::string event_id;

  auto operator<=>(const EventKey&) const = default;
};

struct PublishStart {
  std::vector<TenantConfig> tenants;  // distinct
  std::vector<EventKey> keys;         // distinct; ids of at least one new event
  int new_numbers = 0;                // escmsg_ids wanted
};

// A batching group of one webhook.
struct WindowGroup {
  TenantId tenant_id = 0;
  Uuid webhook_id;
  std::int32_t webhook_version = 0;
  std::string group_key;
  absl::Duration wait;
  std::string order_key;             // domain::OrderKey
  std::int64_t first_escmsg_id = 0;  // of the items to come; with an order_key
};

struct OpenWindow {
  Uuid window_id;
  domain::Fill fill;
};

struct NewEvent {
  TenantId tenant_id = 0;
  std::int64_t escmsg_id = 0;
  const domain::Event* event = nullptr;
  std::int32_t key_fields_id = 0;  // KeyFields::id of its type; 0: none
};

struct WindowItems {
  std::vector<ItemRef> items;
  std::size_t bytes = 0;  // as domain::ItemBytes counts them, summed
};

// Items for a window that OpenWindows gave. With `closes` it is due at once.
struct WindowAppend {
  Uuid window_id;
  TenantId tenant_id = 0;
  Uuid webhook_id;
  WindowItems add;
  bool closes = false;
};

// A window of its own, that OpenWindows did not give: closed and due at once, or (with a
// group_key) open for `wait`.
struct NewWindow {
  Uuid window_id;
  TenantId tenant_id = 0;
  Uuid webhook_id;
  std::int32_t webhook_version = 0;
  std::string group_key;  // empty: closed
  absl::Duration wait;
  std::string order_key;  // domain::OrderKey
  WindowItems content;
};

struct PublishWrites {
  std::vector<NewEvent> events;
  std::vector<std::pair<EventKey, std::int64_t>> keys;
  std::vector<WindowAppend> appends;
  std::vector<NewWindow> windows;  // due in this order
};

// One use, one thread. Destroyed without Commit it is rolled back.
class PublishTransaction {
 public:
  virtual ~PublishTransaction() = default;

  // Tenants whose configuration is newer than the one given: match again, in a new
  // transaction. Nothing else of this one may be used then.
  virtual const std::vector<TenantId>& stale_tenants() const = 0;
  // The database's clock.
  virtual absl::Time now() const = 0;
  virtual const std::vector<std::int64_t>& numbers() const = 0;  // growing
  // Parallel to PublishStart::keys: the first escmsg_id where the id is known.
  virtual const std::vector<std::optional<std::int64_t>>& known() const = 0;

  // Parallel to `groups`, which are distinct. At most once.
  virtual absl::StatusOr<std::vector<OpenWindow>> OpenWindows(
      const std::vector<WindowGroup>& groups) = 0;
  // ABORTED: another transaction took one of the keys, or the database asks to try
  // again; begin anew. UNKNOWN (COMMIT_OUTCOME_UNKNOWN): the connection was lost after
  // the commit was sent.
  virtual absl::Status Commit(const PublishWrites& writes) = 0;
};

// Where an event stands in a list: by its time of receipt, then its number.
struct EventPosition {
  absl::Time received_at;
  std::int64_t escmsg_id = 0;

  std::strong_ordering operator<=>(const EventPosition&) const = default;
  bool operator==(const EventPosition&) const = default;
};

// Newest first.
struct EventQuery {
  filter::Filter where;                 // of kEventFields
  std::optional<EventPosition> before;  // continue behind this one
  int limit = 50;
  int examine = kMostExamined;  // look at no more than so many; at least 1
};

struct EventPage {
  std::vector<StoredEvent> events;
  // There may be more: continue with `before` = `position`, which is further on than the
  // query's own, also where nothing was found.
  bool more = false;
  std::optional<EventPosition> position;
  int examined = 0;
};

// Thread-safe. UNAVAILABLE where the database cannot be reached.
class EventStore {
 public:
  virtual ~EventStore() = default;
  virtual absl::StatusOr<std::unique_ptr<PublishTransaction>> BeginPublish(
      const PublishStart& start) = 0;
  // NOT_FOUND (EVENT_NOT_FOUND).
  virtual absl::StatusOr<StoredEvent> GetEvent(TenantId tenant,
                                               std::int64_t escmsg_id) = 0;
  virtual absl::StatusOr<EventPage> ListEvents(TenantId tenant,
                                               const EventQuery& query) = 0;
};

}  // namespace windrow::store
