#include "common/domain/rate.h"

#include <algorithm>
#include <cmath>

namespace windrow::domain {
namespace {

// Twenty claims a second keep up with any rate.
constexpr double kBucketSeconds = 0.1;
// Of a token: what arithmetic in doubles and microseconds may lose.
constexpr double kRounding = 1e-3;
// A request of another worker that ends is not told of.
constexpr absl::Duration kLookForRoom = absl::Milliseconds(250);

double BucketSize(const RateLimit& limit) {
  return std::max(1.0, limit.requests_per_second * kBucketSeconds);
}

absl::Duration TimeOf(double tokens, const RateLimit& limit) {
  return absl::Seconds(tokens / limit.requests_per_second);
}

// A clock that was set back must not stop the webhook: there is never more owed than one.
absl::Time EmptyAt(const RateLimit& limit, absl::Time empty_at, absl::Time now) {
  return std::min(empty_at, now + TimeOf(1, limit));
}

}  // namespace

Admission Admit(const RateLimit& limit, const RateState& state, absl::Time now,
                int wanted) {
  Admission admission{.most = wanted, .again_after = absl::Milliseconds(1)};
  if (limit.max_concurrent_requests > 0) {
    admission.most = std::clamp(limit.max_concurrent_requests - state.running, 0, wanted);
    admission.again_after = kLookForRoom;
    admission.until_freed = true;
  }
  if (limit.requests_per_second <= 0) return admission;
  const double size = BucketSize(limit);
  const absl::Time empty_at = EmptyAt(limit, state.empty_at, now);
  const double tokens = std::clamp(
      absl::ToDoubleSeconds(now - empty_at) * limit.requests_per_second, 0.0, size);
  const int whole = static_cast<int>(std::floor(tokens + kRounding));
  if (whole >= admission.most && whole > 0) return admission;
  // Half a bucket at a time: a webhook with a backlog is asked for ten times a second.
  const double wait_for = std::max(1.0, size / 2);
  admission.most = std::min(whole, admission.most);
  admission.until_freed = false;
  admission.again_after = std::clamp(empty_at + TimeOf(wait_for, limit) - now,
                                     absl::Milliseconds(1), kAskAgainAtMost);
  return admission;
}

absl::Time Charge(const RateLimit& limit, absl::Time empty_at, absl::Time now,
                  int requests) {
  if (limit.requests_per_second <= 0) return empty_at;
  const absl::Time full = now - TimeOf(BucketSize(limit), limit);
  const absl::Time from = std::max(EmptyAt(limit, empty_at, now), full);
  const absl::Time charged = from + TimeOf(requests, limit);
  return absl::UnixEpoch() +
         absl::Ceil(charged - absl::UnixEpoch(), absl::Microseconds(1));
}

}  // namespace windrow::domain
