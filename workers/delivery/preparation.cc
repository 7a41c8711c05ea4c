#include "workers/delivery/preparation.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/domain/event_document.h"
#include "common/domain/payload.h"
#include "workers/delivery/database_errors.h"
#include "workers/delivery/verdict.h"

namespace windrow::delivery {
namespace {

std::vector<domain::EventView> ViewsOf(const std::vector<store::StoredEvent>& events) {
  std::vector<domain::EventView> views;
  views.reserve(events.size());
  for (const store::StoredEvent& stored : events) {
    const domain::Event& event = stored.event;
    views.push_back({.escmsg_id = stored.escmsg_id,
                     .type = event.type,
                     .object_type = event.object_type,
                     .object_id = event.object_id,
                     .occurred_at = event.occurred_at.value_or(stored.received_at),
                     .message = event.message,
                     .agent_id = event.agent_id,
                     .object = event.object,
                     .action = event.action,
                     .linked = event.linked,
                     .previous = event.previous,
                     .key_fields = stored.key_fields.get()});
  }
  return views;
}

store::Outcome OutcomeFor(const store::ClaimedWindow& window,
                          const std::vector<store::StoredEvent>& events) {
  store::Outcome outcome{.window_id = window.window_id,
                         .tenant_id = window.tenant_id,
                         .webhook_id = window.webhook_id,
                         .webhook_version = window.webhook_version,
                         .lease_seq = window.lease_seq,
                         .webhook_failing = window.webhook_failing,
                         .gated = window.gated,
                         .order_key = window.order_key};
  outcome.items.reserve(window.items.size());
  outcome.event_types.reserve(window.items.size());
  outcome.object_ids.reserve(window.items.size());
  for (const store::ClaimedItem& item : window.items) {
    outcome.items.push_back(item.ref);
    outcome.event_types.push_back(events[item.event].event.type);
    outcome.object_ids.push_back(events[item.event].event.object_id);
  }
  return outcome;
}

}  // namespace

// One claim on its way, with the profile of the webhook that came last: a claim holds its
// windows webhook by webhook.
struct Preparation::Batch {
  std::vector<store::StoredEvent> events;
  std::vector<domain::EventView> views;
  absl::Time claimed_at;
  PreparedClaim result;
  std::optional<Uuid> webhook;
  absl::StatusOr<std::shared_ptr<const Profile>> profile;
};

Preparation::Preparation(const DeliveryOptions& options, ProfileCache* profiles,
                         const DatabaseClock* clock, worker::Random random)
    : options_(options), profiles_(profiles), clock_(clock), random_(std::move(random)) {}

PreparedClaim Preparation::Prepare(store::Claim claim, absl::Time claimed_at) {
  Batch batch;
  batch.events = std::move(claim.events);
  batch.views = ViewsOf(batch.events);
  batch.claimed_at = claimed_at;
  batch.result.prepared.claimed_at = claimed_at;
  for (const store::ClaimedWindow& window : claim.windows) {
    PrepareWindow(window, &batch);
  }
  return std::move(batch.result);
}

// True where the window ends without a look at its webhook's profile.
bool Preparation::EndsUnsent(const store::ClaimedWindow& window,
                             store::Outcome* outcome) const {
  if (!window.webhook_enabled) {
    Cancel(outcome);
  } else if (window.lost_leases >= kPoisonLeases) {
    FinishAsPoison({.attempt = window.attempt + 1, .now = clock_->Now()},
                   window.lost_leases, outcome);
  } else if (window.events_lost) {
    FailWithoutEvents(outcome);
  } else {
    return false;
  }
  return true;
}

void Preparation::PrepareWindow(const store::ClaimedWindow& window, Batch* batch) {
  store::Outcome outcome = OutcomeFor(window, batch->events);
  if (EndsUnsent(window, &outcome)) {
    batch->result.ended.push_back({std::move(outcome), clock_->local().Now()});
    return;
  }
  const absl::StatusOr<Contents> contents = FindContents(window, batch);
  if (!contents.ok()) {
    Refuse(window, contents.status(), batch, std::move(outcome));
    return;
  }
  if (DropsLoop(window, *batch, &outcome)) {
    batch->result.ended.push_back({std::move(outcome), clock_->local().Now()});
    return;
  }
  if (const absl::Status status = Render(window, *contents, batch, &outcome);
      !status.ok()) {
    FinishUnrendered(window, status, batch, std::move(outcome));
    return;
  }
  Hold(window, batch, std::move(outcome));
}

// Publishing leaves what would go round for ever alone in its window.
bool Preparation::DropsLoop(const store::ClaimedWindow& window, const Batch& batch,
                            store::Outcome* outcome) {
  if (window.items.size() != 1) return false;
  const domain::Event& event = batch.events[window.items[0].event].event;
  const int max_hops = (*batch.profile)->max_hops;
  if (!domain::IsLoop(event, window.webhook_id, max_hops)) return false;
  DropLoop(event.hops, max_hops, outcome);
  return true;
}

absl::StatusOr<Contents> Preparation::FindContents(const store::ClaimedWindow& window,
                                                   Batch* batch) {
  if (batch->webhook != window.webhook_id) {
    batch->webhook = window.webhook_id;
    batch->profile = profiles_->Current(window.webhook_id, window.current_version);
    if (batch->profile.ok()) {
      batch->result.prepared.heads.push_back(
          {.webhook_id = window.webhook_id, .profile = *batch->profile, .enabled = true});
    }
  }
  WINDROW_RETURN_IF_ERROR(batch->profile.status());
  const Profile& profile = **batch->profile;
  if (profile.version == window.webhook_version) return profile.contents;
  return profiles_->ContentsOf(window.webhook_id, window.webhook_version);
}

// Waits for the database where that is what failed; else the attempt counts as failed, so
// that the webhook's records tell why, and other webhooks go on.
void Preparation::Refuse(const store::ClaimedWindow& window, const absl::Status& why,
                         Batch* batch, store::Outcome outcome) {
  if (IsPassing(why)) {
    batch->result.give_back.push_back({.window_id = window.window_id,
                                       .tenant_id = window.tenant_id,
                                       .webhook_id = window.webhook_id,
                                       .lease_seq = window.lease_seq});
    batch->result.error = why;
    return;
  }
  FinishUnrendered(window, why, batch, std::move(outcome));
}

// The attempt counts as failed, with the reason on record.
void Preparation::FinishUnrendered(const store::ClaimedWindow& window,
                                   const absl::Status& why, Batch* batch,
                                   store::Outcome outcome) {
  const domain::RetryPolicy policy =
      profiles_->RetryPolicyOf(window.webhook_id, window.current_version);
  FinishUnsendable(policy,
                   {.attempt = window.attempt + 1,
                    .resent_after = window.resent_after,
                    .now = clock_->Now(),
                    .random = random_()},
                   std::string(why.message()), &outcome);
  batch->result.ended.push_back({std::move(outcome), clock_->local().Now()});
}

// The body, where the method has one.
absl::Status Preparation::Render(const store::ClaimedWindow& window,
                                 const Contents& contents, Batch* batch,
                                 store::Outcome* outcome) {
  if (!(*batch->profile)->sends_body()) return absl::OkStatus();
  std::vector<domain::Item> items;
  items.reserve(window.items.size());
  for (const store::ClaimedItem& item : window.items) {
    items.push_back({item.ref.notification_id, &batch->views[item.event]});
  }
  WINDROW_ASSIGN_OR_RETURN(
      outcome->request_body,
      domain::RenderBody(contents.format, contents.mode, window.tenant_id,
                         window.webhook_id, std::move(items)));
  return absl::OkStatus();
}

void Preparation::Hold(const store::ClaimedWindow& window, Batch* batch,
                       store::Outcome outcome) {
  const std::shared_ptr<const Profile>& profile = *batch->profile;
  Delivery delivery;
  if (profile->url.has_placeholders()) {
    const domain::EventView& event = batch->views[window.items.at(0).event];
    domain::EventDocument document(event, event.previous);
    absl::StatusOr<std::string> url = profile->url.Expand(&document);
    if (!url.ok()) {
      FinishUnrendered(window, url.status(), batch, std::move(outcome));
      return;
    }
    delivery.url = *std::move(url);
  }
  delivery.attempt = window.attempt + 1;
  delivery.resent_after = window.resent_after;
  delivery.lease_until = batch->claimed_at + profile->timeout() + options_.lease_slack;
  delivery.profile = profile;
  for (const store::ClaimedItem& item : window.items) {
    delivery.hops = std::max(delivery.hops, batch->events[item.event].event.hops + 1);
  }
  delivery.lines = Sign(*profile, outcome.window_id, clock_->Now(), outcome.request_body,
                        delivery.hops);
  delivery.signed_at = clock_->local().Now();
  delivery.bytes = delivery.url.size() + sizeof(Delivery) + outcome.request_body.size() +
                   outcome.items.size() * 80;
  delivery.outcome = std::move(outcome);
  batch->result.prepared.deliveries.push_back(std::move(delivery));
}

}  // namespace windrow::delivery
