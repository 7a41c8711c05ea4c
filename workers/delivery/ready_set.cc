#include "workers/delivery/ready_set.h"

#include <algorithm>
#include <iterator>

namespace windrow::delivery {

void ReadySet::Add(const Uuid& webhook) {
  const auto [place, added] = places_.try_emplace(webhook);
  if (added) place->second = row_.insert(row_.end(), webhook);
}

void ReadySet::Remove(const Uuid& webhook) {
  const auto place = places_.find(webhook);
  if (place == places_.end()) return;
  row_.erase(place->second);
  places_.erase(place);
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
