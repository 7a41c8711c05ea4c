#include "common/domain/key_rate.h"

#include <algorithm>

namespace windrow::domain {
namespace {

constexpr double kBucketSeconds = 1;
constexpr absl::Duration kMostOwed = absl::Minutes(1);
// Of a token: what arithmetic in doubles may lose.
constexpr double kRounding = 1e-6;

absl::Duration TimeOf(double tokens, double per_second) {
  return absl::Seconds(tokens / per_second);
}

}  // namespace

absl::Duration WaitForKeyRate(double per_second, KeyRateState state, absl::Time now) {
  const absl::Duration one = TimeOf(1 - kRounding, per_second);
  const absl::Time allowed_at = std::min(state, now + kMostOwed) + one;
  if (allowed_at <= now) return absl::ZeroDuration();
  return std::max(allowed_at - now, absl::Milliseconds(1));
}

KeyRateState ChargeKeyRate(double per_second, KeyRateState state, absl::Time now,
                           int count) {
  const double size = std::max(1.0, per_second * kBucketSeconds);
  const absl::Time full = now - TimeOf(size, per_second);
  const absl::Time from = std::clamp(state, full, now + kMostOwed);
  return std::min(from + TimeOf(count, per_second), now + kMostOwed);
}

}  // namespace windrow::domain
