#include "workers/delivery/ready_set.h"

#include <algorithm>
#include <iterator>

namespace windrow::delivery {

void ReadySet::Add(const Uuid& webhook) {
  if (holds_.contains(webhook)) return;
  if (row_.size() >= kMost && !places_.contains(webhook)) return;
  const auto [place, added] = places_.try_emplace(webhook);
  if (added) place->second = row_.insert(row_.end(), webhook);
}

void ReadySet::Remove(const Uuid& webhook) {
  const auto place = places_.find(webhook);
  if (place == places_.end()) return;
  row_.erase(place->second);
  places_.erase(place);
}

void ReadySet::HoldBack(const Uuid& webhook, absl::Time until, bool until_freed) {
  Remove(webhook);
  EndHold(webhook);
  if (holds_.size() >= kMost) return;
  holds_[webhook] = {until, until_freed};
  holds_by_time_.emplace(until, webhook);
}

void ReadySet::EndHold(const Uuid& webhook) {
  const auto hold = holds_.find(webhook);
  if (hold == holds_.end()) return;
  holds_by_time_.erase({hold->second.until, webhook});
  holds_.erase(hold);
}

void ReadySet::Freed(const Uuid& webhook) {
  const auto hold = holds_.find(webhook);
  if (hold != holds_.end() && hold->second.until_freed) EndHold(webhook);
  Add(webhook);
}

void ReadySet::AddHeldBack(absl::Time now) {
  while (!holds_by_time_.empty() && holds_by_time_.begin()->first <= now) {
    const Uuid webhook = holds_by_time_.begin()->second;
    EndHold(webhook);
    Add(webhook);
  }
}

std::optional<absl::Time> ReadySet::NextHeldBack() const {
  if (holds_by_time_.empty()) return std::nullopt;
  return holds_by_time_.begin()->first;
}

std::vector<Uuid> ReadySet::Front(std::size_t most) const {
  std::vector<Uuid> front;
  front.reserve(std::min(most, row_.size()));
  for (auto it = row_.begin(); it != row_.end() && front.size() < most; ++it) {
    front.push_back(*it);
  }
  return front;
}

void ReadySet::Rotate(std::size_t count) {
  const auto end =
      std::next(row_.begin(), static_cast<std::ptrdiff_t>(std::min(count, row_.size())));
  row_.splice(row_.end(), row_, row_.begin(), end);
}

}  // namespace windrow::delivery
