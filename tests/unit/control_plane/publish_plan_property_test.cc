// What transactions plan, one after the other, against windows that are packed by hand.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "common/domain/payload.h"
#include "services/control_plane/publish_plan.h"

namespace windrow::control_plane {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Two triggers of one event type, and one of another.
const std::vector<domain::Trigger> kTriggers = {
    {1, "ticket.created"}, {2, "ticket.created"}, {3, "ticket.closed"}};

// The items of each window, as (escmsg_id, notification_id).
using Items = std::vector<std::pair<std::int64_t, std::int32_t>>;

// ---- The model: packs each group's items, one by one.

struct ModelWindow {
  Items items;
  std::size_t bytes = 2;  // of the body: brackets, items, commas
};

class Model {
 public:
  Model(domain::BatchMode mode, int max_items) : mode_(mode), max_items_(max_items) {}

  void Add(const std::string& type, std::int64_t escmsg_id, std::int32_t trigger,
           std::size_t bytes) {
    if (mode_ == domain::BatchMode::kNone) {
      closed_.push_back({{escmsg_id, trigger}});
      return;
    }
    std::string group;
    if (mode_ == domain::BatchMode::kSameEvent) group = std::to_string(trigger);
    if (mode_ == domain::BatchMode::kSameEventType) group = type;
    ModelWindow& window = open_[group];
    const std::size_t with = window.bytes + (window.items.empty() ? 0 : 1) + bytes;
    if (!window.items.empty() && with > domain::kMaxBodyBytes) Close(group);
    ModelWindow& joined = open_[group];
    joined.bytes += (joined.items.empty() ? 0 : 1) + bytes;
    joined.items.emplace_back(escmsg_id, trigger);
    const bool full = static_cast<int>(joined.items.size()) == max_items_ ||
                      joined.bytes >= domain::kMaxBodyBytes;
    if (full) Close(group);
  }

  // Every window's wait is over.
  void CloseAll() {
    while (!open_.empty()) Close(open_.begin()->first);
  }

  std::vector<Items> Closed() const { return Sorted(closed_); }
  std::vector<Items> Open() const {
    std::vector<Items> windows;
    for (const auto& [group, window] : open_) windows.push_back(window.items);
    return Sorted(windows);
  }

  static std::vector<Items> Sorted(std::vector<Items> windows) {
    std::ranges::sort(windows);
    return windows;
  }

 private:
  void Close(std::string group) {
    closed_.push_back(open_[group].items);
    open_.erase(group);
  }

  domain::BatchMode mode_;
  int max_items_;
  std::map<std::string, ModelWindow> open_;
  std::vector<Items> closed_;
};

// ---- What is planned, applied to windows that are kept as a store would.

struct Window {
  Uuid id;
  Items items;
  domain::Fill fill;
};

class Store {
 public:
  std::vector<store::OpenWindow> OpenWindows(const GroupedItems& grouped) {
    std::vector<store::OpenWindow> open;
    for (const store::WindowGroup& group : grouped.groups) {
      if (!open_.contains(group.group_key)) open_[group.group_key] = {.id = NextId()};
      const Window& window = open_[group.group_key];
      open.push_back({.window_id = window.id, .fill = window.fill});
    }
    return open;
  }

  void Apply(const store::PublishWrites& writes) {
    for (const store::WindowAppend& append : writes.appends) {
      const auto named = [&](const auto& one) {
        return one.second.id == append.window_id;
      };
      const auto found = std::ranges::find_if(open_, named);
      RC_ASSERT(found != open_.end());
      Add(append.add, &found->second);
      if (!append.closes) continue;
      closed_.push_back(found->second.items);
      open_.erase(found);
    }
    for (const store::NewWindow& made : writes.windows) {
      Window window{.id = made.window_id};
      Add(made.content, &window);
      if (made.group_key.empty()) {
        closed_.push_back(window.items);
      } else {
        RC_ASSERT(open_.try_emplace(made.group_key, window).second);
      }
    }
  }

  void CloseAll() {
    for (const auto& [group, window] : open_) closed_.push_back(window.items);
    open_.clear();
  }

  std::vector<Items> Closed() const { return Model::Sorted(closed_); }
  std::vector<Items> Open() const {
    std::vector<Items> windows;
    for (const auto& [group, window] : open_) windows.push_back(window.items);
    return Model::Sorted(windows);
  }

  Uuid NextId() { return ids_.Next(kNow); }

 private:
  static void Add(const store::WindowItems& added, Window* window) {
    for (const store::ItemRef& ref : added.items) {
      window->items.emplace_back(ref.escmsg_id, ref.notification_id);
    }
    // Items, the commas between them, and the brackets.
    const int before = window->fill.items;
    window->fill.items += static_cast<int>(added.items.size());
    window->fill.bytes += added.bytes + added.items.size() + (before == 0 ? 1 : 0);
  }

  UuidV7Generator ids_;
  std::map<std::string, Window> open_;
  std::vector<Items> closed_;
};

domain::Event AnyEvent() {
  domain::Event event;
  event.type = *rc::gen::element<std::string>("ticket.created", "ticket.closed");
  event.object_type = "ticket";
  event.object_id = "7";
  // Most are small; a few of these fill a window by their bytes.
  const auto size = *rc::gen::weightedOneOf<std::size_t>(
      {{20, rc::gen::inRange<std::size_t>(0, 100)},
       {1, rc::gen::inRange<std::size_t>(300'000, 1'100'000)}});
  event.object = R"({"s":")" + std::string(size, 'x') + "\"}";
  return event;
}

RC_GTEST_PROP(PublishPlanProperty, WindowsAreThoseThatThePackerMakes, ()) {
  domain::ActiveWebhook webhook;
  webhook.webhook_id = *Uuid::Parse("0192f0c4-0000-7000-8000-000000000001");
  webhook.format = domain::PayloadKind::kSmall;
  webhook.batching.mode =
      *rc::gen::element(domain::BatchMode::kNone, domain::BatchMode::kSameEvent,
                        domain::BatchMode::kSameEventType, domain::BatchMode::kAny);
  webhook.batching.max_items = *rc::gen::inRange(1, 6);
  webhook.triggers = kTriggers;

  Model model(webhook.batching.mode, webhook.batching.max_items);
  Store store;
  std::int64_t escmsg_id = 0;
  for (int transaction = *rc::gen::inRange(1, 5); transaction > 0; --transaction) {
    std::deque<domain::Event> events;
    std::vector<NumberedEvent> numbered;
    for (int i = *rc::gen::inRange(0, 9); i > 0; --i) {
      const domain::Event& event = events.emplace_back(AnyEvent());
      NumberedEvent one{.tenant_id = 1, .escmsg_id = ++escmsg_id, .event = &event};
      for (const domain::Trigger& trigger : kTriggers) {
        if (trigger.event_type != event.type) continue;
        one.matches.push_back({&webhook, trigger.notification_id});
        model.Add(event.type, escmsg_id, trigger.notification_id,
                  domain::ItemBytes(webhook.format, 1, webhook.webhook_id,
                                    trigger.notification_id, ViewOf(one, kNow)));
      }
      numbered.push_back(std::move(one));
    }
    const GroupedItems grouped = GroupItems(numbered, kNow);
    const auto open = store.OpenWindows(grouped);
    store.Apply(PlanWrites(numbered, grouped, open, [&] { return store.NextId(); }));
    RC_ASSERT(store.Closed() == model.Closed());
    RC_ASSERT(store.Open() == model.Open());
    if (*rc::gen::inRange(0, 3) == 0) {
      store.CloseAll();
      model.CloseAll();
    }
  }
}

}  // namespace
}  // namespace windrow::control_plane
