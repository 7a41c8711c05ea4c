#include "workers/delivery/lanes.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace windrow::delivery {
namespace {

constexpr int kLeastShare = 8;
// Between two claims for a webhook that holds more than half of what it may.
constexpr absl::Duration kClaimPace = absl::Milliseconds(10);
constexpr absl::Duration kForgetAfter = absl::Minutes(10);

// Of those that are not sent to, read at once.
constexpr std::size_t kMaxBarredHeads = 500;

// Nothing is sent, or one request.
bool IsBarred(const Lane& lane) {
  const domain::BreakerState state = lane.breaker.state();
  return state == domain::BreakerState::kOpen || state == domain::BreakerState::kHalfOpen;
}

std::int64_t SlotNumber(absl::Time now, std::int64_t slot_ms) {
  return absl::ToUnixMillis(now) / slot_ms;
}

}  // namespace

void RecentCount::Add(absl::Time now) {
  const std::int64_t number = SlotNumber(now, kSlotMs);
  Slot& slot = slots_[static_cast<std::size_t>(number) % kSlots];
  if (slot.number != number) slot = {number, 0};
  ++slot.count;
}

int RecentCount::Count(absl::Time now) const {
  const std::int64_t number = SlotNumber(now, kSlotMs);
  int count = 0;
  for (const Slot& slot : slots_) {
    const bool recent =
        slot.number <= number && slot.number > number - static_cast<int>(kSlots);
    if (recent) count += slot.count;
  }
  return count;
}

Lanes::Lanes(const DeliveryOptions& options) : options_(options) {
  breaker_policy_.failures = options.breaker_failures;
  breaker_policy_.concurrency = options.concurrency;
}

Lane* Lanes::Find(const Uuid& webhook) {
  const auto found = lanes_.find(webhook);
  return found == lanes_.end() ? nullptr : found->second.get();
}

Lane* Lanes::FindOrAdd(const Uuid& webhook, absl::Time now) {
  std::unique_ptr<Lane>& lane = lanes_[webhook];
  if (lane == nullptr) {
    lane = std::make_unique<Lane>();
    lane->webhook_id = webhook;
    lane->last_used = now;
  }
  return lane.get();
}

int Lanes::Allowed(Lane* lane, absl::Time now) {
  const domain::BreakerState before = lane->breaker.state();
  const int allowed = lane->breaker.Allowed(breaker_policy_, now);
  NoteBreaker(*lane, before);
  return allowed;
}

void Lanes::NoteBreaker(const Lane& lane, domain::BreakerState before) {
  const domain::BreakerState after = lane.breaker.state();
  if (after == before) return;
  changes_.push_back({.webhook_id = lane.webhook_id,
                      .from = before,
                      .to = after,
                      .until = lane.breaker.open_until(),
                      .failures = lane.breaker.failures()});
}

int Lanes::Capacity(Lane* lane, absl::Time now) {
  const int allowed = Allowed(lane, now);
  if (IsBarred(*lane)) return allowed;
  if (lane->pace == Pace::kUnknown) return 1;
  const int most = std::max(1, options_.max_in_flight * 3 / 4);
  // What is claimed counts as a request that starts now, so nothing is claimed to wait.
  const bool has_rate = lane->profile != nullptr && lane->profile->has_rate;
  if (has_rate) return std::min(allowed, most);
  return std::min(std::max(allowed, lane->completions.Count(now)), most);
}

// What the webhook has room for by itself; 0 where it would be too small a bite.
int Lanes::Wish(Lane* lane, absl::Time now, bool* paced) {
  const int capacity = Capacity(lane, now);
  const int held = lane->held();
  if (held >= capacity) return 0;
  if (held * 2 > capacity) {
    const bool idle_requests =
        lane->waiting.empty() &&
        static_cast<int>(lane->started.size()) < Allowed(lane, now);
    if (!idle_requests) return 0;
    if (now - lane->last_wanted < kClaimPace) {
      *paced = true;
      return 0;
    }
  }
  return capacity - held;
}

int Lanes::SlowRoom(int cautious) const {
  return std::max(1, options_.max_in_flight / 2) - cautious_held_ - cautious;
}

// What all webhooks of its kind have room for together, when the same claim takes so many
// windows of those that are not fast.
int Lanes::PoolRoom(const Lane& lane, int cautious) const {
  const int all = options_.max_in_flight - held_;
  if (lane.pace == Pace::kFast) return all;
  // A slow one that holds nothing shows anew how it is, as a new one does: endpoints that
  // hang must not keep one away for long that was slow for a moment.
  const bool shows = lane.pace == Pace::kUnknown || lane.held() == 0;
  if (!shows || IsBarred(lane)) return std::min(all - cautious, SlowRoom(cautious));
  return std::min(all, std::max(1, options_.max_in_flight * 3 / 4) - cautious_held_) -
         cautious;
}

// What has no room among its kind is passed over: however much of it there is, it must
// not keep those behind it out of a claim.
std::vector<Lanes::Asking> Lanes::ThoseWithRoom(std::span<const Uuid> candidates,
                                                absl::Time now, Wanted* wanted) {
  std::vector<Asking> asking;
  int cautious = 0;  // each takes one at least
  for (const Uuid& webhook : candidates) {
    if (asking.size() == kMaxWebhooksPerClaim) break;
    Lane* lane = Find(webhook);
    const bool fast = lane != nullptr && lane->pace == Pace::kFast;
    if (cautious < kMaxCautiousPerClaim) {
      ++wanted->examined;
    } else if (!fast) {
      continue;  // its turn comes with the next claim
    }
    if (lane == nullptr) lane = FindOrAdd(webhook, now);
    if (Allowed(lane, now) == 0) {
      lane->hungry = false;
      wanted->barred.emplace_back(webhook, lane->breaker.open_until());
      continue;
    }
    const int wish = Wish(lane, now, &wanted->paced);
    lane->hungry = wish == 0;
    if (wish == 0) continue;
    if (PoolRoom(*lane, cautious) <= 0) {
      (held_ >= options_.max_in_flight ? all_hungry_ : cautious_hungry_) = true;
      continue;
    }
    if (!fast) ++cautious;
    asking.push_back({lane, wish});
  }
  return asking;
}

Wanted Lanes::Want(std::span<const Uuid> candidates, int most, absl::Time now) {
  Wanted wanted;
  const std::vector<Asking> asking = ThoseWithRoom(candidates, now, &wanted);
  int room = std::min(most, options_.max_in_flight - held_);
  const int share =
      asking.empty() ? 0 : std::max(room / static_cast<int>(asking.size()), kLeastShare);
  const auto slow = std::ranges::count_if(
      asking, [](const Asking& one) { return one.lane->pace != Pace::kFast; });
  const int slow_share =
      kMaxCautiousWindowsPerClaim / std::max(1, static_cast<int>(slow));
  int cautious = 0;
  for (const auto& [lane, wish] : asking) {
    const bool fast = lane->pace == Pace::kFast;
    const int slow_room = SlowRoom(cautious);
    const bool crowded = !fast && slow_room <= 0;
    const int most_slow = fast ? wish : std::min(slow_share, std::max(1, slow_room));
    const int take = std::min({wish, most_slow, share, room, PoolRoom(*lane, cautious)});
    if (take <= 0) {
      (room <= 0 ? all_hungry_ : cautious_hungry_) = true;
      continue;
    }
    room -= take;
    if (!fast) cautious += take;
    lane->last_wanted = now;
    // Only the database knows how the last request of each ended.
    wanted.webhooks.push_back({lane->webhook_id, take, /*unless_failing=*/crowded});
  }
  return wanted;
}

bool Lanes::SetHead(const Head& head, absl::Time asked_at) {
  Lane* lane = FindOrAdd(head.webhook_id, asked_at);
  if (asked_at < lane->head_at) return false;
  lane->head_at = asked_at;
  lane->enabled = head.enabled;
  const bool newer =
      head.profile != nullptr &&
      (lane->profile == nullptr || head.profile->version > lane->profile->version);
  if (newer) lane->profile = head.profile;

  const domain::BreakerState before = lane->breaker.state();
  // What is due of a disabled one is claimed to be cancelled.
  if (!head.enabled) lane->breaker = domain::Breaker();
  if (newer) lane->breaker.Retry();
  NoteBreaker(*lane, before);
  return before == domain::BreakerState::kOpen && lane->breaker.state() != before;
}

void Lanes::CountHeld(Lane* lane, int change, std::size_t bytes) {
  held_ += change;
  if (lane->pace != Pace::kFast) cautious_held_ += change;
  bytes_ = change > 0 ? bytes_ + bytes : bytes_ - bytes;
}

void Lanes::Enqueue(std::list<Delivery>* from, std::list<Delivery>::iterator delivery,
                    absl::Time now) {
  Lane* lane = FindOrAdd(delivery->outcome.webhook_id, now);
  lane->waiting.splice(lane->waiting.end(), *from, delivery);
  lane->last_used = now;
  delivery->lane = lane;
  delivery->self = delivery;
  CountHeld(lane, 1, delivery->bytes);
}

bool Lanes::IsOutdated(const Lane& lane, const Delivery& delivery) {
  return delivery.profile != lane.profile && lane.profile != nullptr &&
         !lane.profile->CanTakeOver(*delivery.profile);
}

void Lanes::TakeStartable(Lane* lane, absl::Time now, std::vector<Delivery*>* out) {
  const bool may_send = lane->enabled && lane->profile != nullptr;
  if (!may_send || now - lane->head_at > kHeadFreshFor) return;
  const int allowed = Allowed(lane, now);
  while (!lane->waiting.empty() && static_cast<int>(lane->started.size()) < allowed) {
    Delivery& next = lane->waiting.front();
    // The lease outlives the request, or it is renewed first.
    if (next.lost || next.lease_until - now < lane->profile->timeout()) return;
    if (IsOutdated(*lane, next)) return;  // until TakeExcess has taken it
    lane->started.splice(lane->started.end(), lane->waiting, lane->waiting.begin());
    ++started_;
    next.started_at = now;
    next.ticket = lane->breaker.Start();
    if (next.profile != lane->profile) {
      next.profile = lane->profile;
      next.signed_at = absl::InfinitePast();
    }
    out->push_back(&next);
  }
}

void Lanes::SetPace(Lane* lane, Pace pace) {
  if (lane->pace != Pace::kFast) cautious_held_ -= lane->held();
  lane->pace = pace;
  if (lane->pace != Pace::kFast) cautious_held_ += lane->held();
}

bool Lanes::Complete(Delivery* delivery, const Completion& completion, absl::Time now,
                     std::list<Delivery>* out) {
  Lane* lane = delivery->lane;
  CountHeld(lane, -1, delivery->bytes);
  --started_;
  out->splice(out->end(), lane->started, delivery->self);
  lane->completions.Add(now);
  lane->last_used = now;
  const domain::BreakerState before = lane->breaker.state();
  lane->breaker.End(delivery->ticket, completion.report, breaker_policy_, now,
                    completion.random);
  NoteBreaker(*lane, before);
  bool wake = cautious_hungry_ && lane->pace != Pace::kFast;
  if (wake) cautious_hungry_ = false;
  const Pace pace = completion.took < kSlowAnswer ? Pace::kFast : Pace::kSlow;
  if (pace != lane->pace) SetPace(lane, pace);
  return WakesClaims(lane, now) || wake;
}

// After one of its requests has ended.
bool Lanes::WakesClaims(Lane* lane, absl::Time now) {
  bool wake = false;
  bool paced = false;
  if (lane->hungry && (Wish(lane, now, &paced) > 0 || paced)) {
    lane->hungry = false;
    wake = true;
  }
  if (all_hungry_ && held_ <= options_.max_in_flight * 7 / 8) {
    all_hungry_ = false;
    wake = true;
  }
  return wake;
}

std::vector<Uuid> Lanes::StaleHeads(absl::Time now) const {
  std::vector<Uuid> stale;
  std::size_t barred = 0;
  for (const auto& [id, lane] : lanes_) {
    const absl::Duration age = now - lane->head_at;
    const bool for_tokens =
        !lane->started.empty() && lane->profile != nullptr && lane->profile->gets_token();
    if (!lane->waiting.empty() || for_tokens) {
      if (age >= kHeadRefreshAfter) stale.push_back(id);
    } else if (lane->breaker.state() == domain::BreakerState::kOpen &&
               age >= kBarredHeadRefreshAfter && barred < kMaxBarredHeads) {
      stale.push_back(id);
      ++barred;
    }
  }
  return stale;
}

void Lanes::TakeOne(Lane* lane, std::list<Delivery>::iterator delivery,
                    std::list<Delivery>* out) {
  CountHeld(lane, -1, delivery->bytes);
  out->splice(out->end(), lane->waiting, delivery);
}

std::list<Delivery> Lanes::TakeDisabled(Lane* lane) {
  std::list<Delivery> taken;
  while (!lane->enabled && !lane->waiting.empty()) {
    TakeOne(lane, lane->waiting.begin(), &taken);
  }
  return taken;
}

void Lanes::TakeOutdated(Lane* lane, std::list<Delivery>* taken) {
  for (auto next = lane->waiting.begin(); next != lane->waiting.end();) {
    const auto delivery = next++;
    if (IsOutdated(*lane, *delivery)) TakeOne(lane, delivery, taken);
  }
}

std::list<Delivery> Lanes::TakeExcess(absl::Time now) {
  std::list<Delivery> taken;
  for (auto& [id, lane] : lanes_) {
    TakeOutdated(lane.get(), &taken);
    const bool stuck =
        !lane->started.empty() && now - lane->started.front().started_at > kSlowAnswer;
    if (stuck && lane->pace == Pace::kFast) SetPace(lane.get(), Pace::kSlow);
    const bool full = lane->pace == Pace::kSlow || IsBarred(*lane);
    if (lane->waiting.empty() || !full) continue;
    const int capacity = Capacity(lane.get(), now);
    while (!lane->waiting.empty() && lane->held() > capacity) {
      TakeOne(lane.get(), std::prev(lane->waiting.end()), &taken);
    }
  }
  return taken;
}

std::list<Delivery> Lanes::TakeWaiting(const Uuid& webhook) {
  std::list<Delivery> taken;
  Lane* lane = Find(webhook);
  while (lane != nullptr && !lane->waiting.empty()) {
    TakeOne(lane, lane->waiting.begin(), &taken);
  }
  return taken;
}

std::list<Delivery> Lanes::TakeAllWaiting() {
  std::list<Delivery> taken;
  for (const auto& [id, lane] : lanes_) taken.splice(taken.end(), TakeWaiting(id));
  return taken;
}

std::list<Delivery> Lanes::TakeLost(Lane* lane) {
  std::list<Delivery> taken;
  for (auto it = lane->waiting.begin(); it != lane->waiting.end();) {
    const auto next = std::next(it);
    if (it->lost) TakeOne(lane, it, &taken);
    it = next;
  }
  return taken;
}

void Lanes::RemoveIdle(absl::Time now) {
  const bool too_many = lanes_.size() > kMaxWebhooks;
  absl::erase_if(lanes_, [&](const auto& entry) {
    const Lane& lane = *entry.second;
    return lane.held() == 0 && (too_many || now - lane.last_used > kForgetAfter);
  });
}

int Lanes::open_breakers() const {
  return static_cast<int>(std::ranges::count_if(
      lanes_, [](const auto& entry) { return IsBarred(*entry.second); }));
}

}  // namespace windrow::delivery
