#include "workers/delivery/dispatcher.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/fault_point.h"
#include "common/base/log.h"
#include "workers/delivery/verdict.h"

namespace windrow::delivery {
namespace {

store::HeldWindow HeldOf(const Delivery& delivery) {
  return {.window_id = delivery.outcome.window_id,
          .tenant_id = delivery.outcome.tenant_id,
          .webhook_id = delivery.outcome.webhook_id,
          .lease_seq = delivery.outcome.lease_seq};
}

std::vector<store::HeldWindow> HeldOf(const std::list<Delivery>& deliveries) {
  std::vector<store::HeldWindow> held;
  held.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) held.push_back(HeldOf(delivery));
  return held;
}

std::string WhatCameOf(const http::Response& response) {
  if (response.error == http::ErrorKind::kNone) {
    return fmt::format("the endpoint answered {}", response.status);
  }
  return fmt::format("{}: {}", http::ToString(response.error), response.error_detail);
}

}  // namespace

Dispatcher::Dispatcher(const DeliveryOptions& options, DispatcherParts parts)
    : options_(options),
      parts_(std::move(parts)),
      local_(parts_.clock->local()),
      lanes_(options) {}

Wanted Dispatcher::Want(std::span<const Uuid> candidates, int most) {
  Wanted wanted;
  std::vector<BreakerChange> changes;
  {
    std::lock_guard lock(mutex_);
    wanted = lanes_.Want(candidates, most, local_.Now());
    changes = lanes_.TakeBreakerChanges();
  }
  ShowBreakers(changes, "its time is over");
  return wanted;
}

void Dispatcher::Submit(Prepared prepared) {
  std::vector<Delivery*> starting;
  std::list<Delivery> cancelled;
  {
    std::lock_guard lock(mutex_);
    const absl::Time now = local_.Now();
    for (const Head& head : prepared.heads) lanes_.SetHead(head, prepared.claimed_at);
    while (!prepared.deliveries.empty()) {
      lanes_.Enqueue(&prepared.deliveries, prepared.deliveries.begin(), now);
    }
    for (const Head& head : prepared.heads) {
      Lane* lane = lanes_.Find(head.webhook_id);
      cancelled.splice(cancelled.end(), lanes_.TakeDisabled(lane));
      TakeStartable(lane, now, &starting);
    }
  }
  StartAll(starting);
  CancelAll(std::move(cancelled));
}

void Dispatcher::TakeStartable(Lane* lane, absl::Time now, std::vector<Delivery*>* out) {
  if (stopping_) return;
  const std::size_t before = out->size();
  lanes_.TakeStartable(lane, now, out);
  running_ += static_cast<int>(out->size() - before);
}

void Dispatcher::StartAll(const std::vector<Delivery*>& deliveries) {
  for (Delivery* delivery : deliveries) Start(delivery);
}

// Called without the lock: what it touches is nobody else's while the request runs.
void Dispatcher::Start(Delivery* delivery) {
  const absl::Time now = local_.Now();
  store::Outcome& outcome = delivery->outcome;
  WINDROW_FAULT_POINT("worker.before_send", outcome.webhook_id.ToString());
  if (now - delivery->signed_at > kSignatureFreshFor) {
    delivery->lines = Sign(*delivery->profile, outcome.window_id, parts_.clock->Now(),
                           outcome.request_body, delivery->hops);
    delivery->signed_at = now;
  }
  http::Request request = BuildRequest(*delivery->profile, delivery->lines);
  if (!delivery->url.empty()) request.url = delivery->url;
  // Lent, not copied: the delivery is here until Complete.
  request.body = {std::shared_ptr<const void>(), &outcome.request_body};
  if (delivery->profile->gets_token()) {
    request.may_start = [this, delivery] { return MayStillStart(*delivery); };
  }
  parts_.sender->Send(std::move(request), [this, delivery](http::Response response) {
    Complete(delivery, std::move(response));
  });
}

// Of a request that waited for its access token: upkeep reads the webhook's state
// meanwhile.
bool Dispatcher::MayStillStart(const Delivery& delivery) const {
  std::lock_guard lock(mutex_);
  return delivery.lane->enabled;
}

void Dispatcher::Complete(Delivery* delivery, http::Response response) {
  WINDROW_FAULT_POINT("worker.after_answer");
  std::vector<Delivery*> starting;
  std::list<Delivery> ended;
  std::vector<BreakerChange> changes;
  bool wake = false;
  {
    const domain::EndpointReport report = ReportOf(response, parts_.clock->Now());
    const double random = parts_.random();
    std::lock_guard lock(mutex_);
    const absl::Time now = local_.Now();
    Lane* lane = delivery->lane;
    wake = lanes_.Complete(delivery, {now - delivery->started_at, report, random}, now,
                           &ended);
    TakeStartable(lane, now, &starting);
    changes = lanes_.TakeBreakerChanges();
  }
  StartAll(starting);
  ShowBreakers(changes, WhatCameOf(response));
  Conclude(&ended.front(), std::move(response));
  if (wake) parts_.room->Set();
  // Only now: whoever waits for the last request finds its outcome in the queue.
  if (--running_ == 0 && stopping_) parts_.stopped->Set();
}

void Dispatcher::Conclude(Delivery* delivery, http::Response response) {
  store::Outcome& outcome = delivery->outcome;
  outcome.keep_bodies = !delivery->profile->lightweight_logs;
  if (outcome.keep_bodies) {
    outcome.request_headers = ShownHeaders(*delivery->profile, delivery->lines);
  }
  parts_.metrics.request_seconds.Observe(response.total);
  Finish(delivery->profile->retry,
         {.attempt = delivery->attempt,
          .resent_after = delivery->resent_after,
          .now = parts_.clock->Now(),
          .random = parts_.random()},
         std::move(response), &outcome);
  parts_.metrics.AttemptsOf(outcome.attempt->error).Increment();
  parts_.outcomes->Push({std::move(outcome), local_.Now()});
}

void Dispatcher::ShowBreakers(const std::vector<BreakerChange>& changes,
                              const std::string& reason) const {
  for (const BreakerChange& change : changes) {
    parts_.metrics.BreakersTo(change.to).Increment();
    const bool opened = change.to == domain::BreakerState::kOpen;
    // A dead endpoint is asked again and again: that is told to who looks closely.
    LogLevel level = LogLevel::kDebug;
    if (opened && change.from != domain::BreakerState::kHalfOpen) level = LogLevel::kWarn;
    if (change.to == domain::BreakerState::kClosed) level = LogLevel::kInfo;
    Log(level, "breaker",
        {{"webhook", change.webhook_id.ToString()},
         {"from", domain::ToString(change.from)},
         {"to", domain::ToString(change.to)},
         {"reason", reason},
         {"failures", change.failures},
         {"until", opened ? absl::FormatTime(change.until, absl::UTCTimeZone()) : ""}});
  }
}

void Dispatcher::CancelAll(std::list<Delivery> deliveries) {
  std::vector<Ended> ended;
  const absl::Time now = local_.Now();
  for (Delivery& delivery : deliveries) {
    Cancel(&delivery.outcome);
    ended.push_back({std::move(delivery.outcome), now});
  }
  parts_.outcomes->Push(std::move(ended));
}

std::vector<Uuid> Dispatcher::StaleHeads() {
  std::lock_guard lock(mutex_);
  return lanes_.StaleHeads(local_.Now());
}

std::vector<Uuid> Dispatcher::UpdateHeads(const std::vector<Head>& heads,
                                          absl::Time asked_at) {
  std::vector<Uuid> freed;
  std::vector<Delivery*> starting;
  std::list<Delivery> cancelled;
  {
    std::lock_guard lock(mutex_);
    const absl::Time now = local_.Now();
    for (const Head& head : heads) {
      if (lanes_.SetHead(head, asked_at)) freed.push_back(head.webhook_id);
      Lane* lane = lanes_.Find(head.webhook_id);
      cancelled.splice(cancelled.end(), lanes_.TakeDisabled(lane));
      TakeStartable(lane, now, &starting);
    }
  }
  StartAll(starting);
  CancelAll(std::move(cancelled));
  return freed;
}

// A lease must outlast the request, which may not have started yet, by half of the slack.
bool Dispatcher::NeedsRenewal(const Lane& lane, const Delivery& delivery, bool is_started,
                              absl::Time now) const {
  if (delivery.lost || lane.profile == nullptr) return false;
  const absl::Duration timeout =
      is_started ? delivery.profile->timeout() : lane.profile->timeout();
  const absl::Time ends = (is_started ? delivery.started_at : now) + timeout;
  return delivery.lease_until < std::max(ends, now) + options_.lease_slack / 2;
}

std::vector<Renewal> Dispatcher::DueRenewals() {
  std::map<absl::Duration, std::vector<store::HeldWindow>> due;
  {
    std::lock_guard lock(mutex_);
    const absl::Time now = local_.Now();
    lanes_.ForEach([&](Lane* lane) {
      for (const bool is_started : {false, true}) {
        for (const Delivery& d : is_started ? lane->started : lane->waiting) {
          if (!NeedsRenewal(*lane, d, is_started, now)) continue;
          due[lane->profile->timeout() + options_.lease_slack].push_back(HeldOf(d));
        }
      }
    });
  }
  std::vector<Renewal> renewals;
  for (auto& [lasts, held] : due) renewals.push_back({lasts, std::move(held)});
  return renewals;
}

void Dispatcher::Renewed(const Renewal& renewal, const std::vector<bool>& still_held,
                         absl::Time asked_at) {
  absl::flat_hash_map<Uuid, bool> answers;
  for (std::size_t i = 0; i < renewal.held.size(); ++i) {
    answers[renewal.held[i].window_id] = i < still_held.size() && still_held[i];
  }
  std::vector<Delivery*> starting;
  std::list<Delivery> lost;  // dropped: whoever holds them sends them
  std::unique_lock lock(mutex_);
  const absl::Time now = local_.Now();
  lanes_.ForEach([&](Lane* lane) {
    for (std::list<Delivery>* list : {&lane->waiting, &lane->started}) {
      for (Delivery& delivery : *list) {
        const auto answer = answers.find(delivery.outcome.window_id);
        if (answer == answers.end()) continue;
        delivery.lost = !answer->second;
        if (answer->second) delivery.lease_until = asked_at + renewal.lasts;
        (answer->second ? parts_.metrics.renewed_leases : parts_.metrics.lost_leases)
            .Increment();
      }
    }
    lost.splice(lost.end(), lanes_.TakeLost(lane));
    TakeStartable(lane, now, &starting);
  });
  lock.unlock();
  StartAll(starting);
}

std::vector<store::HeldWindow> Dispatcher::TakeExcess() {
  std::lock_guard lock(mutex_);
  return HeldOf(lanes_.TakeExcess(local_.Now()));
}

std::vector<store::HeldWindow> Dispatcher::TakeWaiting(const Uuid& webhook) {
  std::lock_guard lock(mutex_);
  return HeldOf(lanes_.TakeWaiting(webhook));
}

void Dispatcher::Tidy() {
  std::unique_lock lock(mutex_);
  lanes_.RemoveIdle(local_.Now());
  parts_.metrics.open_breakers.Set(lanes_.open_breakers());
  parts_.metrics.held.Set(lanes_.held());
  parts_.metrics.in_flight.Set(lanes_.started());
  parts_.metrics.bytes.Set(static_cast<double>(lanes_.bytes()));
  const std::vector<BreakerChange> changes = lanes_.TakeBreakerChanges();
  lock.unlock();
  ShowBreakers(changes, "the webhook was changed");
}

std::vector<store::HeldWindow> Dispatcher::StopStarting() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
  if (running_ == 0) parts_.stopped->Set();
  return HeldOf(lanes_.TakeAllWaiting());
}

std::size_t Dispatcher::bytes() const {
  std::lock_guard lock(mutex_);
  return lanes_.bytes();
}

int Dispatcher::held() const {
  std::lock_guard lock(mutex_);
  return lanes_.held();
}

}  // namespace windrow::delivery
