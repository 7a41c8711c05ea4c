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

Lanes::Lanes(const DeliveryOptions& options) : options_(options) {}

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

int Lanes::Capacity(const Lane& lane, absl::Time now) const {
  if (lane.pace == Pace::kUnknown) return 1;
  const int most = std::max(1, options_.max_in_flight * 3 / 4);
  // What is claimed counts as a request that starts now, so nothing is claimed to wait.
  const bool has_rate = lane.profile != nullptr && lane.profile->has_rate;
  if (has_rate) return std::min(options_.concurrency, most);
  return std::min(std::max(options_.concurrency, lane.completions.Count(now)), most);
}

// What the webhook has room for by itself; 0 where it would be too small a bite.
int Lanes::Wish(const Lane& lane, absl::Time now, bool* paced) const {
  const int capacity = Capacity(lane, now);
  const int held = lane.held();
  if (held >= capacity) return 0;
  if (held * 2 > capacity) {
    const bool idle_requests =
        lane.waiting.empty() &&
        static_cast<int>(lane.started.size()) < options_.concurrency;
    if (!idle_requests) return 0;
    if (now - lane.last_wanted < kClaimPace) {
      *paced = true;
      return 0;
    }
  }
  return capacity - held;
}

// What all webhooks of its kind have room for together.
int Lanes::PoolRoom(const Lane& lane) const {
  const int all = options_.max_in_flight - held_;
  if (lane.pace == Pace::kFast) return all;
  const int quarters = lane.pace == Pace::kUnknown ? 3 : 2;
  const int pool = std::max(1, options_.max_in_flight * quarters / 4);
  return std::min(all, pool - cautious_held_);
}

Wanted Lanes::Want(std::span<const Uuid> candidates, int most, absl::Time now) {
  Wanted wanted;
  std::vector<std::pair<Lane*, int>> wishes;
  for (const Uuid& webhook : candidates) {
    if (wishes.size() == kMaxWebhooksPerClaim) break;
    ++wanted.examined;
    Lane* lane = FindOrAdd(webhook, now);
    const int wish = Wish(*lane, now, &wanted.paced);
    lane->hungry = wish == 0;
    if (wish > 0) wishes.emplace_back(lane, wish);
  }
  int room = std::min(most, options_.max_in_flight - held_);
  const int share =
      wishes.empty() ? 0 : std::max(room / static_cast<int>(wishes.size()), kLeastShare);
  int cautious = 0;
  for (const auto& [lane, wish] : wishes) {
    const bool fast = lane->pace == Pace::kFast;
    const int pool = PoolRoom(*lane) - (fast ? 0 : cautious);
    const int take = std::min({wish, share, room, pool});
    if (take <= 0) {
      (room <= 0 ? all_hungry_ : cautious_hungry_) = true;
      continue;
    }
    room -= take;
    if (!fast) cautious += take;
    lane->last_wanted = now;
    wanted.webhooks.push_back({lane->webhook_id, take});
  }
  return wanted;
}

void Lanes::SetHead(const Head& head, absl::Time asked_at) {
  Lane* lane = FindOrAdd(head.webhook_id, asked_at);
  if (asked_at < lane->head_at) return;
  lane->head_at = asked_at;
  lane->enabled = head.enabled;
  const bool newer =
      head.profile != nullptr &&
      (lane->profile == nullptr || head.profile->version > lane->profile->version);
  if (newer) lane->profile = head.profile;
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
  while (!lane->waiting.empty() &&
         static_cast<int>(lane->started.size()) < options_.concurrency) {
    Delivery& next = lane->waiting.front();
    // The lease outlives the request, or it is renewed first.
    if (next.lost || next.lease_until - now < lane->profile->timeout()) return;
    if (IsOutdated(*lane, next)) return;  // until TakeExcess has taken it
    lane->started.splice(lane->started.end(), lane->waiting, lane->waiting.begin());
    ++started_;
    next.started_at = now;
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

bool Lanes::Complete(Delivery* delivery, absl::Duration took, absl::Time now,
                     std::list<Delivery>* out) {
  Lane* lane = delivery->lane;
  CountHeld(lane, -1, delivery->bytes);
  --started_;
  out->splice(out->end(), lane->started, delivery->self);
  lane->completions.Add(now);
  lane->last_used = now;
  bool wake = cautious_hungry_ && lane->pace != Pace::kFast;
  if (wake) cautious_hungry_ = false;
  const Pace pace = took < kSlowAnswer ? Pace::kFast : Pace::kSlow;
  if (pace != lane->pace) SetPace(lane, pace);

  bool paced = false;
  if (lane->hungry && (Wish(*lane, now, &paced) > 0 || paced)) {
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
  for (const auto& [id, lane] : lanes_) {
    const bool for_tokens =
        !lane->started.empty() && lane->profile != nullptr && lane->profile->gets_token();
    if ((!lane->waiting.empty() || for_tokens) &&
        now - lane->head_at >= kHeadRefreshAfter) {
      stale.push_back(id);
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
    if (lane->pace != Pace::kSlow) continue;
    const int capacity = Capacity(*lane, now);
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
  absl::erase_if(lanes_, [&](const auto& entry) {
    const Lane& lane = *entry.second;
    return lane.held() == 0 && now - lane.last_used > kForgetAfter;
  });
}

}  // namespace windrow::delivery
