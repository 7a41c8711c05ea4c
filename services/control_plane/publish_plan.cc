#include "services/control_plane/publish_plan.h"

#include <absl/container/flat_hash_map.h>

#include <string>
#include <utility>

#include "common/domain/batching.h"
#include "common/domain/payload.h"

namespace windrow::control_plane {
namespace {

std::string OrderKeyOf(const domain::ActiveWebhook& webhook,
                       const domain::EventView& event) {
  return domain::OrderKey(webhook.ordering, event.object_type, event.object_id);
}

// Finds a group's place, or makes it. Its items are of several objects: no webhook that
// batches is ordered by object.
class GroupIndex {
 public:
  explicit GroupIndex(GroupedItems* grouped) : grouped_(grouped) {}

  // `first` is the number of the event that a new group begins with.
  std::size_t PlaceOf(store::TenantId tenant, const domain::ActiveWebhook& webhook,
                      std::string key, std::int64_t first) {
    const auto [found, is_new] =
        places_.try_emplace({&webhook, std::move(key)}, grouped_->groups.size());
    if (is_new) {
      grouped_->groups.push_back({.tenant_id = tenant,
                                  .webhook_id = webhook.webhook_id,
                                  .webhook_version = webhook.version,
                                  .group_key = found->first.second,
                                  .wait = webhook.batching.wait,
                                  .order_key = OrderKeyOf(webhook, {}),
                                  .first_escmsg_id = first});
      grouped_->max_items.push_back(webhook.batching.max_items);
      grouped_->items.emplace_back();
    }
    return found->second;
  }

 private:
  GroupedItems* grouped_;
  absl::flat_hash_map<std::pair<const domain::ActiveWebhook*, std::string>, std::size_t>
      places_;
};

store::WindowItems ItemsOf(const std::vector<PlannedItem>& items,
                           const domain::Segment& segment) {
  store::WindowItems window;
  window.items.reserve(static_cast<std::size_t>(segment.count));
  for (int i = segment.first; i < segment.first + segment.count; ++i) {
    window.items.push_back(items[static_cast<std::size_t>(i)].ref);
    window.bytes += items[static_cast<std::size_t>(i)].bytes;
  }
  return window;
}

void PlanGroup(const store::WindowGroup& group, int max_items,
               const std::vector<PlannedItem>& items, const store::OpenWindow& open,
               absl::FunctionRef<Uuid()> next_id, store::PublishWrites* writes) {
  std::vector<std::size_t> sizes;
  sizes.reserve(items.size());
  for (const PlannedItem& item : items) sizes.push_back(item.bytes);
  bool first = true;
  for (const domain::Segment& segment :
       domain::SplitIntoWindows(open.fill, sizes, max_items)) {
    const bool into_open = segment.into_open || (first && open.fill.items == 0);
    first = false;
    if (into_open) {
      writes->appends.push_back({.window_id = open.window_id,
                                 .tenant_id = group.tenant_id,
                                 .webhook_id = group.webhook_id,
                                 .add = ItemsOf(items, segment),
                                 .closes = segment.closes});
      continue;
    }
    writes->windows.push_back(
        {.window_id = next_id(),
         .tenant_id = group.tenant_id,
         .webhook_id = group.webhook_id,
         .webhook_version = group.webhook_version,
         .group_key = segment.closes ? std::string() : group.group_key,
         .wait = segment.closes ? absl::ZeroDuration() : group.wait,
         .order_key = group.order_key,
         .content = ItemsOf(items, segment)});
  }
}

}  // namespace

domain::EventView ViewOf(const NumberedEvent& numbered, absl::Time now) {
  const domain::Event& event = *numbered.event;
  return {.escmsg_id = numbered.escmsg_id,
          .type = event.type,
          .object_type = event.object_type,
          .object_id = event.object_id,
          .occurred_at = event.occurred_at.value_or(now),
          .message = event.message,
          .agent_id = event.agent_id,
          .object = event.object,
          .action = event.action,
          .linked = event.linked,
          .previous = event.previous,
          .key_fields = numbered.key_fields};
}

GroupedItems GroupItems(const std::vector<NumberedEvent>& events, absl::Time now) {
  GroupedItems grouped;
  GroupIndex index(&grouped);
  for (const NumberedEvent& event : events) {
    const domain::EventView view = ViewOf(event, now);
    for (const domain::Match& match : event.matches) {
      const domain::ActiveWebhook& webhook = *match.webhook;
      const PlannedItem item{
          .ref = {event.escmsg_id, match.notification_id},
          .bytes = domain::ItemBytes(webhook.format, event.tenant_id, webhook.webhook_id,
                                     match.notification_id, view)};
      // What comes back once too often is a delivery of its own, which a worker cancels.
      const bool loops =
          domain::IsLoop(*event.event, webhook.webhook_id, webhook.max_hops);
      std::string key = loops
                            ? std::string()
                            : domain::GroupKey(webhook.batching.mode,
                                               match.notification_id, event.event->type);
      if (key.empty()) {
        grouped.singles.push_back(
            {event.tenant_id, &webhook, item, OrderKeyOf(webhook, view)});
      } else {
        const std::size_t place =
            index.PlaceOf(event.tenant_id, webhook, std::move(key), event.escmsg_id);
        grouped.items[place].push_back(item);
      }
    }
  }
  return grouped;
}

store::PublishWrites PlanWrites(const std::vector<NumberedEvent>& events,
                                const GroupedItems& grouped,
                                const std::vector<store::OpenWindow>& open,
                                absl::FunctionRef<Uuid()> next_id) {
  store::PublishWrites writes;
  writes.events.reserve(events.size());
  for (const NumberedEvent& event : events) {
    writes.events.push_back(
        {.tenant_id = event.tenant_id,
         .escmsg_id = event.escmsg_id,
         .event = event.event,
         .key_fields_id = event.key_fields == nullptr ? 0 : event.key_fields->id()});
    if (event.event->event_id.empty()) continue;
    writes.keys.push_back({{event.tenant_id, event.event->event_id}, event.escmsg_id});
  }
  writes.windows.reserve(grouped.singles.size());
  for (const SingleItem& single : grouped.singles) {
    writes.windows.push_back({.window_id = next_id(),
                              .tenant_id = single.tenant_id,
                              .webhook_id = single.webhook->webhook_id,
                              .webhook_version = single.webhook->version,
                              .order_key = single.order_key,
                              .content = {{single.item.ref}, single.item.bytes}});
  }
  for (std::size_t i = 0; i < grouped.groups.size(); ++i) {
    PlanGroup(grouped.groups[i], grouped.max_items[i], grouped.items[i], open[i], next_id,
              &writes);
  }
  return writes;
}

}  // namespace windrow::control_plane
