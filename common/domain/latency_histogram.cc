#include "common/domain/latency_histogram.h"

#include <algorithm>
#include <cmath>

namespace windrow::domain {
namespace {

constexpr double kPerPowerOfTen = 20;

double LowerBound(int bucket) {
  return bucket <= 0 ? 0 : std::pow(10, bucket / kPerPowerOfTen);
}

}  // namespace

int LatencyHistogram::BucketOf(absl::Duration latency) {
  const double us = std::max(1.0, absl::ToDoubleMicroseconds(latency));
  return static_cast<int>(std::floor(kPerPowerOfTen * std::log10(us)));
}

void LatencyHistogram::Add(const LatencyHistogram& other) {
  for (const auto& [bucket, count] : other.counts_) Add(bucket, count);
}

std::int64_t LatencyHistogram::count() const {
  std::int64_t all = 0;
  for (const auto& [bucket, count] : counts_) all += count;
  return all;
}

std::optional<absl::Duration> LatencyHistogram::Percentile(double share) const {
  const double wanted = share * static_cast<double>(count());
  double below = 0;
  for (auto at = counts_.begin(); at != counts_.end(); ++at) {
    const auto here = static_cast<double>(at->second);
    if (below + here < wanted && std::next(at) != counts_.end()) {
      below += here;
      continue;
    }
    const double low = LowerBound(at->first), high = LowerBound(at->first + 1);
    const double part = here > 0 ? std::clamp((wanted - below) / here, 0.0, 1.0) : 1;
    return absl::Microseconds(std::round(low + (high - low) * part));
  }
  return std::nullopt;
}

}  // namespace windrow::domain
