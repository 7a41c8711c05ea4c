// DeliveryQueue: find, claim, record.
#include <algorithm>
#include <set>
#include <utility>

#include "tests/support/fake_state.h"
#include "tests/support/fake_store.h"

namespace windrow::testing {
namespace {

using store::Claim;
using store::DeliveryState;
using store::Outcome;

// The due windows of a webhook that no publish transaction holds, first due first.
std::vector<FakeWindow*> DueWindows(FakeState& state, const Uuid& webhook_id) {
  std::vector<FakeWindow*> due;
  for (auto& [id, window] : state.windows) {
    if (window.webhook_id != webhook_id || window.waits_at(state.Now())) continue;
    if (!window.group_key.empty() &&
        state.locked_groups.contains({webhook_id, window.group_key})) {
      continue;
    }
    due.push_back(&window);
  }
  std::sort(due.begin(), due.end(), [](const FakeWindow* a, const FakeWindow* b) {
    return std::pair(a->due_at, a->order) < std::pair(b->due_at, b->order);
  });
  return due;
}

class ClaimBuilder {
 public:
  explicit ClaimBuilder(FakeState& state) : state_(state) { claim_.now = state.Now(); }

  void Take(store::WorkerId worker, absl::Duration slack, FakeWindow* window) {
    const FakeWebhook& webhook = state_.webhooks.at(window->webhook_id);
    bytes_ += static_cast<std::int64_t>(window->bytes);
    if (window->owner) ++window->lost_leases;
    window->owner = worker;
    window->group_key.clear();
    ++window->lease_seq;
    window->due_at = state_.Now() + webhook.current.spec.timeout + slack;
    window->timed = false;
    window->lease_counted = domain::IsGated(webhook.current.spec);
    claim_.windows.push_back(
        {.window_id = window->window_id,
         .tenant_id = window->tenant_id,
         .webhook_id = window->webhook_id,
         .webhook_version = window->webhook_version,
         .current_version = webhook.current.version,
         .webhook_enabled = webhook.current.spec.enabled && !webhook.deleted,
         .webhook_failing = webhook.current.failing_since.has_value(),
         .lease_seq = window->lease_seq,
         .attempt = window->attempt,
         .resent_after = window->resent_after,
         .gated = window->lease_counted,
         .order_key = window->order_key,
         .lost_leases = window->lost_leases,
         .items = ItemsOf(*window)});
  }

  // False, and the claim is cut, where it has taken as much as one may.
  bool HasRoom() {
    claim_.cut = claim_.cut || bytes_ >= store::kMaxClaimedBytes;
    return !claim_.cut;
  }

  // Of a webhook whose requests may have to wait for others of it.
  void TakeThroughGate(store::WorkerId worker, absl::Duration slack,
                       const store::WantedWebhook& wanted);

  Claim Build() && { return std::move(claim_); }

 private:
  std::vector<store::ClaimedItem> ItemsOf(const FakeWindow& window) {
    std::vector<store::ClaimedItem> items;
    for (const store::ItemRef& ref : window.items) {
      const std::pair key(window.tenant_id, ref.escmsg_id);
      const auto [place, added] =
          places_.try_emplace(key, static_cast<std::uint32_t>(claim_.events.size()));
      if (added) claim_.events.push_back(state_.events.at(key));
      items.push_back({.ref = ref, .event = place->second});
    }
    return items;
  }

  FakeState& state_;
  Claim claim_;
  std::int64_t bytes_ = 0;  // of what was taken
  std::map<std::pair<store::TenantId, std::int64_t>, std::uint32_t> places_;
};

int RunningOf(const FakeState& state, const Uuid& webhook_id) {
  int running = 0;
  for (const auto& [id, window] : state.windows) {
    const bool counts = window.lease_counted && window.waits_at(state.Now());
    if (counts && window.webhook_id == webhook_id) ++running;
  }
  return running;
}

bool HasTurn(FakeState& state, const FakeWindow& window) {
  if (window.order_key.empty()) return true;
  const FakeWindow* leased = state.LeasedOf(window.webhook_id, window.order_key);
  if (leased != nullptr && leased->waits_at(state.Now())) return false;
  return state.FirstOf(window.webhook_id, window.order_key) == &window;
}

void Park(FakeState& state, FakeWindow* window) {
  if (std::exchange(window->owner, std::nullopt)) ++window->lost_leases;
  window->lease_counted = false;
  window->due_at = absl::InfiniteFuture();
  window->timed = false;
  state.Promote(window->webhook_id, window->order_key);
}

void ClaimBuilder::TakeThroughGate(store::WorkerId worker, absl::Duration slack,
                                   const store::WantedWebhook& wanted) {
  const store::StoredWebhook& webhook = state_.webhooks.at(wanted.webhook_id).current;
  const bool limited =
      webhook.spec.enabled && !state_.webhooks.at(wanted.webhook_id).deleted;
  const domain::RateLimit limit = limited ? webhook.spec.rate : domain::RateLimit();
  absl::Time& empty_at =
      state_.gates.try_emplace(wanted.webhook_id, absl::InfinitePast()).first->second;
  domain::RateState state{empty_at, RunningOf(state_, wanted.webhook_id)};
  const absl::Time now = state_.Now();
  const int most = domain::Admit(limit, state, now, wanted.room).most;
  int taken = 0, parked = 0;
  const std::vector<FakeWindow*> due =
      most > 0 ? DueWindows(state_, wanted.webhook_id) : std::vector<FakeWindow*>();
  for (FakeWindow* window : due) {
    if (!HasTurn(state_, *window)) {
      Park(state_, window);
      ++parked;
    } else if (taken < most && HasRoom()) {
      Take(worker, slack, window);
      ++taken;
    }
  }
  empty_at = domain::Charge(limit, empty_at, now, taken);
  claim_.parked += parked;
  state = {empty_at, state.running + taken};
  const domain::Admission next = domain::Admit(limit, state, now, 1);
  if (taken >= most && next.most == 0) {
    claim_.held_back.push_back({wanted.webhook_id, next.again_after, next.until_freed});
  } else if (parked > 0) {
    claim_.held_back.push_back({wanted.webhook_id, absl::ZeroDuration()});
  }
}

void KeepAttempt(FakeState& state, const Outcome& outcome, bool late) {
  if (!outcome.attempt) return;
  store::Attempt attempt = *outcome.attempt;
  attempt.late = late;
  attempt.started_at = state.Now() - outcome.started_ago;
  if (!outcome.keep_bodies) {
    attempt.response_headers.clear();
    attempt.response_body.clear();
  }
  // An outcome that is recorded twice is one attempt: the first record stands.
  const bool added = state.attempts[outcome.window_id]
                         .try_emplace(outcome.lease_seq, std::move(attempt))
                         .second;
  if (added && !late && outcome.keep_bodies) {
    state.requests[outcome.window_id] = {.headers = outcome.request_headers,
                                         .body = outcome.request_body};
  }
}

void Retry(FakeState& state, const Outcome& outcome, FakeWindow* window) {
  window->owner.reset();
  window->lease_counted = false;
  window->lost_leases = 0;
  state.MakeDue(window, /*timed=*/true);
  // A webhook that was disabled meanwhile is due at once: the next claim cancels it.
  const FakeWebhook& webhook = state.webhooks.at(window->webhook_id);
  if (webhook.current.spec.enabled && !webhook.deleted) {
    window->due_at += outcome.retry_after;
  }
}

void End(FakeState& state, const Outcome& outcome, const FakeWindow& window) {
  FakeRecord record{.tenant_id = window.tenant_id,
                    .delivery_id = window.window_id,
                    .webhook_id = window.webhook_id,
                    .webhook_version = window.webhook_version,
                    .state = outcome.state,
                    .finished_at = state.Now(),
                    .attempt_count = window.attempt,
                    .reason = outcome.reason,
                    .ended_by_attempt = outcome.attempt.has_value()};
  for (std::size_t i = 0; i < outcome.items.size(); ++i) {
    record.items.push_back({.ref = outcome.items[i],
                            .event_type = outcome.event_types[i],
                            .object_id = outcome.object_ids[i]});
  }
  state.records[window.window_id] = std::move(record);
  state.windows.erase(window.window_id);
}

// What the requests of each webhook came to: as PostgresStore counts it.
void CountFailures(FakeState& state, const std::vector<Outcome>& outcomes) {
  struct Tally {
    int failed = 0;
    bool succeeded = false;
    bool gone = false;
  };
  std::map<Uuid, Tally> tallies;
  for (const Outcome& o : outcomes) {
    if (!o.attempt || o.attempt->error == store::AttemptError::kInternal ||
        o.attempt->error == store::AttemptError::kPoison) {
      continue;
    }
    Tally& tally = tallies[o.webhook_id];
    tally.gone |= o.gone;
    tally.succeeded |= o.state == DeliveryState::kSucceeded;
    tally.failed += o.state == DeliveryState::kSucceeded ? 0 : 1;
  }
  for (const auto& [id, tally] : tallies) {
    store::StoredWebhook& webhook = state.webhooks.at(id).current;
    if (tally.succeeded) {
      webhook.failing_since.reset();
      webhook.failures = 0;
    } else {
      webhook.failing_since = webhook.failing_since.value_or(state.Now());
      webhook.failures += tally.failed;
    }
    const domain::AutoDisable& rule = webhook.spec.auto_disable;
    if (tally.gone) {
      state.Disable(id, "the endpoint answered 410 (gone)");
    } else if (rule.consecutive_failures > 0 &&
               webhook.failures >= rule.consecutive_failures) {
      state.Disable(id, webhook.failures == 1 ? "1 request failed"
                                              : std::to_string(webhook.failures) +
                                                    " requests in a row failed");
    } else if (rule.after > absl::ZeroDuration() && webhook.failing_since &&
               state.Now() - *webhook.failing_since >= rule.after) {
      state.Disable(id, "no request has succeeded for too long");
    }
  }
}

// The window, where the lease is still the caller's.
FakeWindow* FindHeld(FakeState& state, const Uuid& window_id, std::int32_t lease_seq) {
  const auto found = state.windows.find(window_id);
  if (found == state.windows.end()) return nullptr;
  FakeWindow& window = found->second;
  return window.owner && window.lease_seq == lease_seq ? &window : nullptr;
}

}  // namespace

absl::StatusOr<store::WorkerId> FakeStore::RegisterWorker(const std::string&) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  return ++state_->last_worker;
}

absl::StatusOr<store::DueScan> FakeStore::FindDue(absl::Time cursor) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  store::DueScan scan{.now = state_->Now()};
  std::set<Uuid> webhooks;
  for (const auto& [id, window] : state_->windows) {
    if (!window.timed) continue;  // a listener was told of it; ScanBuckets finds it
    if (window.due_at > scan.now) {
      const absl::Duration wait = window.due_at - scan.now;
      scan.next = std::min(scan.next.value_or(wait), wait);
    } else if (window.due_at > cursor) {
      webhooks.insert(window.webhook_id);
    }
  }
  scan.webhooks.assign(webhooks.begin(), webhooks.end());
  return scan;
}

absl::StatusOr<std::vector<Uuid>> FakeStore::ScanBuckets(int from, int to) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  std::set<Uuid> webhooks;
  for (const auto& [id, window] : state_->windows) {
    const int bucket = BucketOf(window.webhook_id);
    if (bucket < from || bucket > to || window.waits_at(state_->Now())) continue;
    webhooks.insert(window.webhook_id);
  }
  return std::vector<Uuid>(webhooks.begin(), webhooks.end());
}

absl::StatusOr<Claim> FakeStore::ClaimWindows(
    store::WorkerId worker, const std::vector<store::WantedWebhook>& wanted,
    absl::Duration slack) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  ClaimBuilder builder(*state_);
  for (const store::WantedWebhook& webhook : wanted) {
    const auto& current = state_->webhooks.at(webhook.webhook_id).current;
    if (webhook.unless_failing && current.failing_since) continue;
    if (domain::IsGated(current.spec)) {
      builder.TakeThroughGate(worker, slack, webhook);
      continue;
    }
    int room = webhook.room;
    for (FakeWindow* window : DueWindows(*state_, webhook.webhook_id)) {
      if (room-- <= 0 || !builder.HasRoom()) break;
      builder.Take(worker, slack, window);
    }
  }
  return std::move(builder).Build();
}

absl::StatusOr<int> FakeStore::Record(const std::vector<Outcome>& outcomes) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  int late = 0;
  for (const Outcome& outcome : outcomes) {
    FakeWindow* window = FindHeld(*state_, outcome.window_id, outcome.lease_seq);
    KeepAttempt(*state_, outcome, window == nullptr);
    if (window == nullptr) {
      ++late;
      continue;
    }
    if (outcome.attempt) ++window->attempt;
    state_->LogChange(*window, outcome.state, outcome.attempt);
    if (outcome.state == DeliveryState::kRetrying) {
      Retry(*state_, outcome, window);
    } else {
      End(*state_, outcome, *window);
    }
    if (!outcome.order_key.empty()) {
      state_->Promote(outcome.webhook_id, outcome.order_key);
    }
  }
  CountFailures(*state_, outcomes);
  return late;
}

absl::StatusOr<std::vector<bool>> FakeStore::Renew(
    const std::vector<store::HeldWindow>& held, absl::Duration from_now) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  std::vector<bool> still;
  for (const store::HeldWindow& item : held) {
    FakeWindow* window = FindHeld(*state_, item.window_id, item.lease_seq);
    still.push_back(window != nullptr);
    if (window != nullptr) window->due_at = state_->Now() + from_now;
  }
  return still;
}

absl::Status FakeStore::Release(const std::vector<store::HeldWindow>& held) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  for (const store::HeldWindow& item : held) {
    FakeWindow* window = FindHeld(*state_, item.window_id, item.lease_seq);
    if (window == nullptr) continue;
    window->owner.reset();
    window->lease_counted = false;
    state_->MakeDue(window, /*timed=*/true);
    state_->Wake(window->webhook_id);
  }
  return absl::OkStatus();
}

}  // namespace windrow::testing
