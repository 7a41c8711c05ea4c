// DeliveryControl: sending again, and cancelling, by hand.
#include <algorithm>
#include <utility>

#include "tests/support/fake_state.h"
#include "tests/support/fake_store.h"

namespace windrow::testing {
namespace {

using store::AttemptError;
using store::Requeue;

// The last attempt of the record itself: the one that ended it.
const store::Attempt* EndingAttempt(const FakeState& state, const FakeRecord& record) {
  const auto attempts = state.attempts.find(record.delivery_id);
  if (!record.ended_by_attempt || attempts == state.attempts.end()) return nullptr;
  const store::Attempt* last = nullptr;
  for (const auto& [lease_seq, attempt] : attempts->second) {
    if (!attempt.late) last = &attempt;
  }
  return last;
}

Requeue Judge(const FakeState& state, const FakeRecord& record) {
  const FakeWebhook& webhook = state.webhooks.at(record.webhook_id);
  if (webhook.deleted) return Requeue::kWebhookDeleted;
  if (!webhook.current.spec.enabled) return Requeue::kWebhookDisabled;
  const store::HistoryFloors floors = state.FloorsOf(record.tenant_id);
  if (record.delivery_id.time() < floors.bodies_from) return Requeue::kBodyExpired;
  const store::Attempt* last = EndingAttempt(state, record);
  const bool sent = last != nullptr && last->error != AttemptError::kInternal &&
                    last->error != AttemptError::kPoison;
  if (sent && !state.requests.contains(record.delivery_id)) return Requeue::kBodyNotKept;
  const bool events_kept = std::all_of(
      record.items.begin(), record.items.end(), [&](const store::DeliveryItem& item) {
        const auto event = state.events.find({record.tenant_id, item.ref.escmsg_id});
        return event != state.events.end() &&
               event->second.received_at >= floors.events_from;
      });
  return events_kept ? Requeue::kDone : Requeue::kEventsNotKept;
}

Requeue Hasten(FakeState& state, FakeWindow* window) {
  if (window->owner) return Requeue::kInFlight;
  if (!window->group_key.empty()) return Requeue::kOpen;
  if (window->waits_at(state.Now())) state.MakeDue(window, /*timed=*/true);
  state.Wake(window->webhook_id);
  return Requeue::kDone;
}

Requeue Again(FakeState& state, const FakeRecord& record) {
  const Requeue verdict = Judge(state, record);
  if (verdict != Requeue::kDone) return verdict;
  FakeWindow window{.window_id = record.delivery_id,
                    .tenant_id = record.tenant_id,
                    .webhook_id = record.webhook_id,
                    .webhook_version = record.webhook_version,
                    .attempt = record.attempt_count,
                    .resent_after = record.attempt_count};
  for (const store::DeliveryItem& item : record.items) window.items.push_back(item.ref);
  // At its place in the order, by today's rule.
  const store::ItemRef& first = window.items.front();
  const domain::Event& event = state.events.at({record.tenant_id, first.escmsg_id}).event;
  window.order_key =
      domain::OrderKey(state.webhooks.at(record.webhook_id).current.spec.ordering,
                       event.object_type, event.object_id);
  window.order_number = first.escmsg_id;
  if (const auto attempts = state.attempts.find(record.delivery_id);
      attempts != state.attempts.end()) {
    window.lease_seq = attempts->second.rbegin()->first;
  }
  state.MakeDue(&window, /*timed=*/false);
  state.Wake(window.webhook_id);
  state.LogChange(window, window.attempt > 0 ? store::DeliveryState::kRetrying
                                             : store::DeliveryState::kPending);
  state.requests.erase(record.delivery_id);
  state.windows[record.delivery_id] = std::move(window);
  state.records.erase(record.delivery_id);
  return Requeue::kDone;
}

}  // namespace

std::vector<Requeue> FakeState::Redeliver(store::TenantId tenant,
                                          const std::vector<Uuid>& of) {
  std::vector<Requeue> verdicts;
  for (const Uuid& id : of) {
    const auto window = windows.find(id);
    const auto record = records.find(id);
    if (window != windows.end() && window->second.tenant_id == tenant) {
      verdicts.push_back(Hasten(*this, &window->second));
    } else if (record != records.end() && record->second.tenant_id == tenant) {
      verdicts.push_back(Again(*this, record->second));
    } else {
      verdicts.push_back(Requeue::kNotFound);
    }
  }
  return verdicts;
}

absl::StatusOr<std::vector<Requeue>> FakeStore::Redeliver(const store::Author& author,
                                                          const std::vector<Uuid>& ids) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  const std::vector<Requeue> verdicts = state_->Redeliver(author.tenant, ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (verdicts[i] != Requeue::kDone) continue;
    state_->Append(EntryOf(author, "delivery.redeliver", ids[i]));
  }
  return verdicts;
}

absl::Status FakeStore::Cancel(const store::Author& author, const Uuid& id,
                               const std::string& reason) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  const auto window = state_->windows.find(id);
  if (window != state_->windows.end() && window->second.tenant_id == author.tenant) {
    const Uuid webhook = window->second.webhook_id;
    const std::string order_key = window->second.order_key;
    if (state_->CancelUnstarted(webhook, reason, id) == 1) {
      // Others may have waited for it.
      if (!order_key.empty()) {
        state_->Promote(webhook, order_key);
        state_->Wake(webhook);
      }
      state_->Append(EntryOf(author, "delivery.cancel", id));
      return absl::OkStatus();
    }
    return WithReason(absl::FailedPreconditionError("a worker is sending it"),
                      "DELIVERY_IN_FLIGHT");
  }
  const auto record = state_->records.find(id);
  if (record == state_->records.end() || record->second.tenant_id != author.tenant) {
    return WithReason(absl::NotFoundError("no delivery has this id"),
                      "DELIVERY_NOT_FOUND");
  }
  return WithReason(absl::FailedPreconditionError("it has ended"), "DELIVERY_FINISHED");
}

}  // namespace windrow::testing
