#include "workers/runtime/backoff.h"

#include <algorithm>
#include <random>
#include <utility>

namespace windrow::worker {

Random ThreadRandom() {
  return [] {
    thread_local std::mt19937_64 generator{std::random_device{}()};
    return static_cast<double>(generator() >> 11) * 0x1.0p-53;
  };
}

Backoff::Backoff(absl::Duration first, absl::Duration longest, Random random)
    : first_(first), longest_(longest), wait_(first), random_(std::move(random)) {}

absl::Duration Backoff::Next() {
  const absl::Duration wait = wait_ * (0.5 + random_() / 2);
  wait_ = std::min(wait_ * 2, longest_);
  return wait;
}

}  // namespace windrow::worker
