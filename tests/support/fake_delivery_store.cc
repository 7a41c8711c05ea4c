// DeliveryStore: the queue and the finished deliveries, as one list.
#include <algorithm>
#include <utility>

#include "tests/support/fake_state.h"
#include "tests/support/fake_store.h"
#include "tests/support/list_values.h"

namespace windrow::testing {
namespace {

using store::DeliveryQuery;
using store::DeliveryRecord;
using store::DeliveryState;

absl::Status NoDelivery(const FakeState& state, store::TenantId tenant, const Uuid& id) {
  std::string text = "no delivery has this id";
  if (id.time() < state.FloorsOf(tenant).records_from) text += ": past its retention";
  return WithReason(absl::NotFoundError(text), "DELIVERY_NOT_FOUND");
}

store::BodyAbsence AbsenceOf(const FakeState& state, const DeliveryRecord& record) {
  using store::AttemptError;
  const auto finished = state.records.find(record.delivery_id);
  if (finished == state.records.end()) return store::BodyAbsence::kNotSent;
  if (record.created_at < state.FloorsOf(record.tenant_id).bodies_from) {
    return store::BodyAbsence::kExpired;
  }
  const bool sent = finished->second.ended_by_attempt && record.last_attempt &&
                    record.last_attempt->error != AttemptError::kInternal &&
                    record.last_attempt->error != AttemptError::kPoison;
  return sent ? store::BodyAbsence::kNotKept : store::BodyAbsence::kNotSent;
}

DeliveryState StateOf(const FakeWindow& window) {
  if (window.owner) return DeliveryState::kInFlight;
  if (!window.group_key.empty()) return DeliveryState::kOpen;
  return window.attempt > 0 ? DeliveryState::kRetrying : DeliveryState::kPending;
}

// The one of its order that is leased, else the first.
std::optional<Uuid> WaitsFor(const FakeState& state, const FakeWindow& window) {
  const FakeWindow* ahead = nullptr;
  for (const auto& [id, other] : state.windows) {
    if (other.webhook_id != window.webhook_id || other.order_key != window.order_key ||
        id == window.window_id) {
      continue;
    }
    if (other.owner) return id;
    if (ahead == nullptr || other.order_number < ahead->order_number) ahead = &other;
  }
  if (ahead == nullptr) return std::nullopt;
  return ahead->window_id;
}

DeliveryRecord Unfinished(const FakeState& state, const FakeWindow& window) {
  DeliveryRecord record{.tenant_id = window.tenant_id,
                        .delivery_id = window.window_id,
                        .webhook_id = window.webhook_id,
                        .state = StateOf(window),
                        .attempt_count = window.attempt,
                        .items = state.ItemsOf(window)};
  if (window.parked()) {
    record.waits_for = WaitsFor(state, window);
  } else if (record.state != DeliveryState::kInFlight) {
    record.due_at = window.due_at;
  }
  return record;
}

DeliveryRecord Finished(const FakeRecord& finished) {
  return {.tenant_id = finished.tenant_id,
          .delivery_id = finished.delivery_id,
          .webhook_id = finished.webhook_id,
          .state = finished.state,
          .finished_at = finished.finished_at,
          .attempt_count = finished.attempt_count,
          .items = finished.items,
          .reason = finished.reason};
}

// The last attempt that counts, and what was sent.
void AddAttempt(const FakeState& state, bool bodies, DeliveryRecord* record) {
  const auto attempts = state.attempts.find(record->delivery_id);
  if (attempts != state.attempts.end()) {
    for (const auto& [lease_seq, attempt] : attempts->second) {
      if (!attempt.late) record->last_attempt = attempt;
    }
  }
  if (!bodies && record->last_attempt) {
    record->last_attempt->response_headers.clear();
    record->last_attempt->response_body.clear();
  }
  const auto request = state.requests.find(record->delivery_id);
  if (bodies && request == state.requests.end()) {
    record->body_absence = AbsenceOf(state, *record);
  }
  if (bodies && request != state.requests.end()) {
    record->request_headers = request->second.headers;
    record->request_body = request->second.body;
  }
}

DeliveryRecord Complete(const FakeState& state, bool bodies, DeliveryRecord record) {
  record.created_at = record.delivery_id.time();
  record.item_count = static_cast<int>(record.items.size());
  AddAttempt(state, bodies, &record);
  return record;
}

std::optional<DeliveryRecord> Find(const FakeState& state, store::TenantId tenant,
                                   const Uuid& id) {
  std::optional<DeliveryRecord> found;
  if (const auto it = state.windows.find(id); it != state.windows.end()) {
    found = Unfinished(state, it->second);
  } else if (const auto done = state.records.find(id); done != state.records.end()) {
    found = Finished(done->second);
  }
  if (found && found->tenant_id != tenant) found.reset();
  return found;
}

bool Behind(const DeliveryQuery& query, const Uuid& id) {
  if (!query.after) return true;
  return query.oldest_first ? id > *query.after : id < *query.after;
}

// Every delivery of the tenant behind the query's position, in its order.
std::vector<DeliveryRecord> InOrder(const FakeState& state, store::TenantId tenant,
                                    const DeliveryQuery& query) {
  std::vector<DeliveryRecord> all;
  const auto consider = [&](DeliveryRecord record) {
    if (record.tenant_id != tenant || !Behind(query, record.delivery_id)) return;
    all.push_back(Complete(state, query.bodies, std::move(record)));
  };
  for (const auto& [id, window] : state.windows) consider(Unfinished(state, window));
  for (const auto& [id, record] : state.records) consider(Finished(record));
  std::sort(all.begin(), all.end(),
            [&query](const DeliveryRecord& a, const DeliveryRecord& b) {
              return query.oldest_first ? a.delivery_id < b.delivery_id
                                        : b.delivery_id < a.delivery_id;
            });
  return all;
}

}  // namespace

absl::StatusOr<store::DeliveryPage> FakeStore::ListDeliveries(
    store::TenantId tenant, const DeliveryQuery& query) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  store::DeliveryPage page;
  std::vector<DeliveryRecord> all = InOrder(*state_, tenant, query);
  for (DeliveryRecord& record : all) {
    page.more = page.examined == query.examine ||
                page.deliveries.size() == static_cast<std::size_t>(query.limit);
    if (page.more) break;
    ++page.examined;
    page.position = record.delivery_id;
    if (Matches(query.where, record)) page.deliveries.push_back(record);
  }
  return page;
}

absl::StatusOr<DeliveryRecord> FakeStore::GetDelivery(store::TenantId tenant,
                                                      const Uuid& id, bool bodies) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  std::optional<DeliveryRecord> record = Find(*state_, tenant, id);
  if (!record) return NoDelivery(*state_, tenant, id);
  return Complete(*state_, bodies, *std::move(record));
}

absl::StatusOr<store::AttemptPage> FakeStore::ListAttempts(store::TenantId tenant,
                                                           const Uuid& id, int offset,
                                                           int limit) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  if (!Find(*state_, tenant, id)) return NoDelivery(*state_, tenant, id);
  store::AttemptPage page;
  const auto attempts = state_->attempts.find(id);
  if (attempts == state_->attempts.end()) return page;
  int index = 0;
  for (const auto& [lease_seq, attempt] : attempts->second) {
    if (index++ < offset) continue;
    if (static_cast<int>(page.attempts.size()) == limit) {
      page.more = true;
      break;
    }
    page.attempts.push_back(attempt);
  }
  return page;
}

}  // namespace windrow::testing
