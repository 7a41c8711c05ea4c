// What several parts of this store read and write alike: events' rows and windows' items.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/store/postgres/connection.h"
#include "common/store/postgres/key_field_sets.h"
#include "common/store/types.h"

namespace windrow::store::postgres {

// Linked objects as one JSON object, and back. Bytes are kept.
std::string LinkedToJson(const std::vector<domain::LinkedObject>& linked);
absl::StatusOr<std::vector<domain::LinkedObject>> LinkedFromJson(std::string_view json);

// The events in some rows of load_events.sql, get_event.sql or a list of events, in the
// order of `which`. Asks for lists of key fields that `key_fields` does not know yet.
absl::StatusOr<std::vector<StoredEvent>> ReadEvents(Connection* connection,
                                                    KeyFieldSets* key_fields,
                                                    const Result& rows,
                                                    const std::vector<int>& which);

// Some items of one window, whose events were received at one time.
struct ItemRun {
  std::size_t window = 0;        // the caller's index
  std::int64_t received_us = 0;  // PostgreSQL's time
  std::vector<std::int64_t> escmsg_ids;
  std::vector<std::int32_t> notification_ids;
};

struct AppendedWindow {
  TenantId tenant_id = 0;
  Uuid window_id;
  std::size_t index = 0;  // the caller's
};

// Appends the runs in window_items of these windows.
absl::Status LoadWindowItems(Connection* connection,
                             const std::vector<AppendedWindow>& windows,
                             std::vector<ItemRun>* runs);

struct EventPlace {
  TenantId tenant_id;
  std::int64_t escmsg_id;
  std::int64_t received_us;

  auto operator<=>(const EventPlace&) const = default;
};

// The events at these places, parallel. One that is no longer stored has escmsg_id 0.
absl::StatusOr<std::vector<StoredEvent>> LoadEvents(
    Connection* connection, KeyFieldSets* key_fields,
    const std::vector<EventPlace>& places);

}  // namespace windrow::store::postgres
