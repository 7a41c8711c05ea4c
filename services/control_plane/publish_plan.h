// What one publish transaction writes.
//
// Pure: matched events and the open windows go in, the rows to write come out.
#pragma once

#include <absl/functional/function_ref.h>
#include <absl/time/time.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/domain/matching.h"
#include "common/domain/payload.h"
#include "common/store/event_store.h"

namespace windrow::control_plane {

// A new event with its number and the triggers that want it.
struct NumberedEvent {
  store::TenantId tenant_id = 0;
  std::int64_t escmsg_id = 0;
  const domain::Event* event = nullptr;
  const domain::KeyFields* key_fields = nullptr;  // of its type; null: none
  std::vector<domain::Match> matches;
};

struct PlannedItem {
  store::ItemRef ref;
  std::size_t bytes = 0;
};

// The event as rules and rendering read it. `now` stands for the time of an event that
// does not name one.
domain::EventView ViewOf(const NumberedEvent& numbered, absl::Time now);

// An item of a webhook without batching: a window of its own.
struct SingleItem {
  store::TenantId tenant_id = 0;
  const domain::ActiveWebhook* webhook = nullptr;
  PlannedItem item;
  std::string order_key;  // domain::OrderKey
};

// The items of a transaction, by the batching group that they join.
struct GroupedItems {
  std::vector<SingleItem> singles;         // in the order of the events
  std::vector<store::WindowGroup> groups;  // distinct, in the order of their first items
  std::vector<int> max_items;              // parallel to groups
  std::vector<std::vector<PlannedItem>> items;  // likewise
};

// `now` stands for the time of events that do not name one.
GroupedItems GroupItems(const std::vector<NumberedEvent>& events, absl::Time now);

// `open` is parallel to `grouped.groups`; a window that holds nothing yet was made for
// this transaction. `next_id` gives ids that grow. The events must outlive the writes.
store::PublishWrites PlanWrites(const std::vector<NumberedEvent>& events,
                                const GroupedItems& grouped,
                                const std::vector<store::OpenWindow>& open,
                                absl::FunctionRef<Uuid()> next_id);

}  // namespace windrow::control_plane
