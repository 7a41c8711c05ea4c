// The shared state, the hooks for tests, and the listener.
#include "tests/support/fake_store.h"

#include <algorithm>
#include <utility>

#include "tests/support/fake_state.h"

namespace windrow::testing {
namespace {

// A listener is told this many webhooks at most; more become a scan.
constexpr std::size_t kMaxNamedWebhooks = 1'000;

class FakeListener final : public store::QueueListener {
 public:
  explicit FakeListener(FakeState& state) : state_(state) {
    std::lock_guard lock(state_.mutex);
    seen_ = state_.wake_seq;
  }

  absl::StatusOr<Wake> Wait(absl::Duration timeout) override {
    std::unique_lock lock(state_.mutex);
    state_.changed.wait_for(lock,
                            absl::ToChronoNanoseconds(std::min(timeout, absl::Hours(1))),
                            [this] { return interrupted_ || state_.wake_seq != seen_; });
    interrupted_ = false;
    WINDROW_RETURN_IF_ERROR(state_.Available());
    Wake wake;
    for (auto it = state_.wakes.upper_bound(seen_); it != state_.wakes.end(); ++it) {
      wake.webhooks.push_back(it->second);
    }
    seen_ = state_.wake_seq;
    std::sort(wake.webhooks.begin(), wake.webhooks.end());
    wake.webhooks.erase(std::unique(wake.webhooks.begin(), wake.webhooks.end()),
                        wake.webhooks.end());
    if (wake.webhooks.size() > kMaxNamedWebhooks) {
      wake.webhooks.resize(kMaxNamedWebhooks);
      wake.scan = true;
    }
    return wake;
  }

  void Interrupt() override {
    std::lock_guard lock(state_.mutex);
    interrupted_ = true;
    state_.changed.notify_all();
  }

 private:
  FakeState& state_;
  std::uint64_t seen_ = 0;
  bool interrupted_ = false;
};

}  // namespace

void FakeState::Wake(const Uuid& webhook_id) {
  wakes[++wake_seq] = webhook_id;
  changed.notify_all();
}

void FakeState::MakeDue(FakeWindow* window, bool timed) {
  window->due_at = Now();
  window->timed = timed;
  window->order = ++last_order;
}

FakeWindow* FakeState::FindOpen(const GroupName& group) {
  for (auto& [id, window] : windows) {
    if (window.webhook_id == group.first && window.group_key == group.second) {
      return &window;
    }
  }
  return nullptr;
}

FakeWindow* FakeState::LeasedOf(const Uuid& webhook_id, const std::string& order_key) {
  for (auto& [id, window] : windows) {
    if (window.webhook_id == webhook_id && window.order_key == order_key &&
        window.owner) {
      return &window;
    }
  }
  return nullptr;
}

FakeWindow* FakeState::FirstOf(const Uuid& webhook_id, const std::string& order_key) {
  FakeWindow* first = nullptr;
  for (auto& [id, window] : windows) {  // by id
    if (window.webhook_id != webhook_id || window.order_key != order_key) continue;
    if (first == nullptr || window.order_number < first->order_number) first = &window;
  }
  return first;
}

void FakeState::Promote(const Uuid& webhook_id, const std::string& order_key) {
  if (LeasedOf(webhook_id, order_key) != nullptr) return;
  FakeWindow* first = FirstOf(webhook_id, order_key);
  if (first != nullptr && first->parked()) MakeDue(first, /*timed=*/true);
}

void FakeState::EndOrdering(const Uuid& webhook_id) {
  for (auto& [id, window] : windows) {
    if (window.webhook_id != webhook_id || window.order_key.empty()) continue;
    window.order_key.clear();
    if (window.parked()) MakeDue(&window, /*timed=*/true);
  }
}

std::vector<store::DeliveryItem> FakeState::ItemsOf(const FakeWindow& window) const {
  std::vector<store::DeliveryItem> items;
  for (const store::ItemRef& ref : window.items) {
    store::DeliveryItem item{.ref = ref};
    const auto event = events.find({window.tenant_id, ref.escmsg_id});
    if (event != events.end()) {
      item.event_type = event->second.event.type;
      item.object_id = event->second.event.object_id;
    }
    items.push_back(std::move(item));
  }
  return items;
}

void FakeState::CloseOpenWindows(const Uuid& webhook_id) {
  for (auto& [id, window] : windows) {
    if (window.webhook_id != webhook_id || window.group_key.empty()) continue;
    window.group_key.clear();
    MakeDue(&window, /*timed=*/true);
    Wake(webhook_id);
  }
}

void FakeState::Disable(const Uuid& webhook_id, const std::string& reason) {
  FakeWebhook& webhook = webhooks.at(webhook_id);
  store::StoredWebhook& current = webhook.current;
  if (webhook.deleted || !current.spec.enabled) return;
  const store::StoredWebhook before = current;
  ++tenants[current.tenant_id].config_version;
  ++current.version;
  current.spec.enabled = false;
  current.disable_reason = reason;
  current.updated_at = Now();
  webhook.versions[current.version] = current.spec;
  CancelUnstarted(webhook_id, "the webhook was disabled: " + reason);
  notices.push_back({.notice_id = ++last_notice,
                     .tenant_id = current.tenant_id,
                     .webhook_id = webhook_id,
                     .webhook_version = current.version,
                     .webhook_name = current.spec.name,
                     .reason = reason,
                     .created_at = Now()});
  Append(EntryOf(store::Author(current.tenant_id), &before, &current));
}

int FakeState::CancelUnstarted(const Uuid& webhook_id, const std::string& reason,
                               std::optional<Uuid> only) {
  int cancelled = 0;
  for (auto it = windows.begin(); it != windows.end();) {
    const FakeWindow& window = it->second;
    const bool named = !only || window.window_id == *only;
    if (window.webhook_id != webhook_id || window.owner || !named) {
      ++it;
      continue;
    }
    LogChange(window, store::DeliveryState::kCancelled);
    records[window.window_id] = {.tenant_id = window.tenant_id,
                                 .delivery_id = window.window_id,
                                 .webhook_id = webhook_id,
                                 .webhook_version = window.webhook_version,
                                 .state = store::DeliveryState::kCancelled,
                                 .finished_at = Now(),
                                 .attempt_count = window.attempt,
                                 .items = ItemsOf(window),
                                 .reason = reason};
    it = windows.erase(it);
    ++cancelled;
  }
  return cancelled;
}

FakeStore::FakeStore(ManualClock& clock) : state_(std::make_unique<FakeState>(clock)) {
  state_->AddTenant(store::kDefaultTenant);
  state_->tenants[store::kDefaultTenant].name = "default";
}

FakeStore::~FakeStore() = default;

store::TenantId FakeStore::AddTenant(const std::string& name) {
  std::lock_guard lock(state_->mutex);
  const store::TenantId id = state_->tenants.rbegin()->first + 1;
  state_->AddTenant(id);
  state_->tenants[id].name = name;
  return id;
}

void FakeStore::AdvanceClock(absl::Duration by) {
  state_->clock.Advance(by);
  std::lock_guard lock(state_->mutex);
  ++state_->wake_seq;
  state_->changed.notify_all();
}

void FakeStore::SetDown(absl::Status status) {
  std::lock_guard lock(state_->mutex);
  state_->down.reset();
  if (!status.ok()) state_->down = std::move(status);
  ++state_->wake_seq;
  state_->changed.notify_all();
}

void FakeStore::FailNextCommit(absl::Status status, bool applied) {
  std::lock_guard lock(state_->mutex);
  state_->next_commit = std::move(status);
  state_->next_commit_applies = applied;
}

std::unique_ptr<store::QueueListener> FakeStore::Listen() {
  return std::make_unique<FakeListener>(*state_);
}

}  // namespace windrow::testing
