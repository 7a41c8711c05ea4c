// EventStore and its transactions.
#include <algorithm>
#include <utility>

#include "tests/support/fake_state.h"
#include "tests/support/fake_store.h"
#include "tests/support/list_values.h"

namespace windrow::testing {
namespace {

using store::TenantId;

bool ByEscmsgId(const store::ItemRef& a, const store::ItemRef& b) {
  return a.escmsg_id < b.escmsg_id;
}

// Bytes of the body: the items, a comma between them, two brackets.
domain::Fill FillOf(const FakeWindow& window) {
  if (window.items.empty()) return {};
  return {.items = static_cast<int>(window.items.size()),
          .bytes = window.bytes + window.items.size() + 1};
}

class FakeTransaction final : public store::PublishTransaction {
 public:
  // With the mutex held.
  FakeTransaction(FakeState& state, const store::PublishStart& start)
      : state_(state), now_(state.Now()) {
    for (const store::TenantConfig& tenant : start.tenants) {
      const auto found = state.tenants.find(tenant.tenant_id);
      if (found == state.tenants.end() ||
          found->second.config_version != tenant.config_version) {
        stale_.push_back(tenant.tenant_id);
      }
    }
    if (!stale_.empty()) return;
    for (const store::TenantConfig& tenant : start.tenants) {
      ++state.tenants[tenant.tenant_id].publishing;
      tenants_.push_back(tenant.tenant_id);
    }
    for (int i = 0; i < start.new_numbers; ++i) {
      numbers_.push_back(++state.last_escmsg_id);
    }
    for (const store::EventKey& key : start.keys) {
      const auto found = state.keys.find(key);
      known_.push_back(found == state.keys.end() ? std::nullopt
                                                 : std::optional(found->second));
    }
  }

  ~FakeTransaction() override {
    std::lock_guard lock(state_.mutex);
    Finish();
  }

  const std::vector<TenantId>& stale_tenants() const override { return stale_; }
  absl::Time now() const override { return now_; }
  const std::vector<std::int64_t>& numbers() const override { return numbers_; }
  const std::vector<std::optional<std::int64_t>>& known() const override {
    return known_;
  }

  absl::StatusOr<std::vector<store::OpenWindow>> OpenWindows(
      const std::vector<store::WindowGroup>& groups) override {
    std::unique_lock lock(state_.mutex);
    WINDROW_RETURN_IF_ERROR(state_.Available());
    WINDROW_RETURN_IF_ERROR(LockGroups(lock, groups));
    std::vector<store::OpenWindow> open;
    for (const store::WindowGroup& group : groups) {
      FakeWindow* window = state_.FindOpen({group.webhook_id, group.group_key});
      if (window == nullptr) window = Make(group);
      window->webhook_version = std::max(window->webhook_version, group.webhook_version);
      open.push_back({.window_id = window->window_id, .fill = FillOf(*window)});
    }
    return open;
  }

  absl::Status Commit(const store::PublishWrites& writes) override {
    std::lock_guard lock(state_.mutex);
    absl::Status status = state_.Available();
    bool applies = status.ok();
    if (applies && state_.next_commit) {
      status = *std::exchange(state_.next_commit, std::nullopt);
      applies = state_.next_commit_applies;
    }
    if (applies) {
      const absl::Status applied = Apply(writes);
      if (status.ok()) status = applied;
    }
    Finish();
    return status;
  }

 private:
  // In sorted order, so that two transactions cannot wait for each other.
  absl::Status LockGroups(std::unique_lock<std::mutex>& lock,
                          const std::vector<store::WindowGroup>& groups) {
    std::vector<GroupName> names;
    for (const store::WindowGroup& group : groups) {
      names.emplace_back(group.webhook_id, group.group_key);
    }
    std::sort(names.begin(), names.end());
    for (const GroupName& name : names) {
      WINDROW_RETURN_IF_ERROR(WaitForLock(
          state_, lock, [&] { return !state_.locked_groups.contains(name); }));
      state_.locked_groups.insert(name);
      groups_.push_back(name);
    }
    return absl::OkStatus();
  }

  FakeWindow* Make(const store::WindowGroup& group) {
    const Uuid id = state_.NextId();
    made_[id] = {.window_id = id,
                 .tenant_id = group.tenant_id,
                 .webhook_id = group.webhook_id,
                 .webhook_version = group.webhook_version,
                 .group_key = group.group_key,
                 .due_at = now_ + group.wait,
                 .timed = true,
                 .order_key = group.order_key,
                 .order_number = group.first_escmsg_id};
    return &made_[id];
  }

  absl::Status Apply(const store::PublishWrites& writes) {
    for (const auto& [key, number] : writes.keys) {
      if (state_.keys.contains(key)) {
        return absl::AbortedError("another transaction took an event id");
      }
    }
    state_.keys.insert(writes.keys.begin(), writes.keys.end());
    for (const store::NewEvent& event : writes.events) {
      store::StoredEvent stored{.tenant_id = event.tenant_id,
                                .escmsg_id = event.escmsg_id,
                                .received_at = now_,
                                .event = *event.event};
      if (event.key_fields_id != 0) {
        stored.key_fields = state_.key_fields.at(event.key_fields_id);
      }
      if (!stored.event.occurred_at) stored.event.occurred_at = now_;
      state_.events[{event.tenant_id, event.escmsg_id}] = std::move(stored);
    }
    for (const store::WindowAppend& append : writes.appends) {
      WINDROW_RETURN_IF_ERROR(Append(append));
    }
    for (const store::NewWindow& window : writes.windows) {
      WINDROW_RETURN_IF_ERROR(Insert(window));
    }
    return absl::OkStatus();
  }

  absl::Status Append(const store::WindowAppend& append) {
    if (const auto made = made_.find(append.window_id);
        made != made_.end() && !append.add.items.empty()) {
      state_.windows[append.window_id] = made->second;
    }
    const auto found = state_.windows.find(append.window_id);
    if (found == state_.windows.end()) {
      return absl::InternalError(
          "an append names a window that OpenWindows did not give");
    }
    FakeWindow& window = found->second;
    Add(append.add, &window);
    if (append.closes) {
      window.group_key.clear();
      state_.MakeDue(&window, /*timed=*/false);
      state_.Wake(window.webhook_id);
    }
    return absl::OkStatus();
  }

  absl::Status Insert(const store::NewWindow& added) {
    if (!added.group_key.empty() &&
        state_.FindOpen({added.webhook_id, added.group_key}) != nullptr) {
      return absl::InternalError("a group would have two open windows");
    }
    FakeWindow& window = state_.windows[added.window_id];
    window = {.window_id = added.window_id,
              .tenant_id = added.tenant_id,
              .webhook_id = added.webhook_id,
              .webhook_version = added.webhook_version,
              .group_key = added.group_key,
              .order_key = added.order_key,
              .order_number = added.content.items.front().escmsg_id};
    Add(added.content, &window);
    state_.MakeDue(&window, /*timed=*/false);
    if (added.group_key.empty()) {
      state_.Wake(added.webhook_id);
    } else {
      window.due_at = now_ + added.wait;
      window.timed = true;
    }
    return absl::OkStatus();
  }

  static void Add(const store::WindowItems& added, FakeWindow* window) {
    window->items.insert(window->items.end(), added.items.begin(), added.items.end());
    std::stable_sort(window->items.begin(), window->items.end(), ByEscmsgId);
    window->bytes += added.bytes;
  }

  // Gives back every lock. With the mutex held; may be called again.
  void Finish() {
    for (const TenantId tenant : tenants_) --state_.tenants[tenant].publishing;
    for (const GroupName& group : groups_) state_.locked_groups.erase(group);
    tenants_.clear();
    groups_.clear();
    made_.clear();
    state_.changed.notify_all();
  }

  FakeState& state_;
  const absl::Time now_;
  std::vector<TenantId> stale_;
  std::vector<std::int64_t> numbers_;
  std::vector<std::optional<std::int64_t>> known_;
  std::vector<TenantId> tenants_;    // whose configuration is held
  std::vector<GroupName> groups_;    // that are locked
  std::map<Uuid, FakeWindow> made_;  // not yet in the store
};

}  // namespace

absl::StatusOr<std::unique_ptr<store::PublishTransaction>> FakeStore::BeginPublish(
    const store::PublishStart& start) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  return std::make_unique<FakeTransaction>(*state_, start);
}

absl::StatusOr<store::StoredEvent> FakeStore::GetEvent(TenantId tenant,
                                                       std::int64_t escmsg_id) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  const auto found = state_->events.find({tenant, escmsg_id});
  if (found == state_->events.end()) {
    std::string text = "no event has this number";
    if (state_->FloorsOf(tenant).events_from > absl::UnixEpoch()) {
      text += "; older ones are past their retention";
    }
    return WithReason(absl::NotFoundError(text), "EVENT_NOT_FOUND");
  }
  return found->second;
}

absl::StatusOr<store::EventPage> FakeStore::ListEvents(TenantId tenant,
                                                       const store::EventQuery& query) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  std::map<store::EventPosition, const store::StoredEvent*> in_order;
  for (const auto& [key, stored] : state_->events) {
    const store::EventPosition position{stored.received_at, stored.escmsg_id};
    if (stored.tenant_id != tenant || (query.before && position >= *query.before))
      continue;
    in_order[position] = &stored;
  }
  store::EventPage page;
  for (auto it = in_order.rbegin(); it != in_order.rend(); ++it) {
    page.more = page.examined == query.examine ||
                page.events.size() == static_cast<std::size_t>(query.limit);
    if (page.more) break;
    ++page.examined;
    page.position = it->first;
    if (Matches(query.where, *it->second)) page.events.push_back(*it->second);
  }
  return page;
}

}  // namespace windrow::testing
