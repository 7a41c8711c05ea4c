// Latencies counted by size, so that percentiles of any span of time can be had by adding
// up counts.
//
// Buckets grow by 12.2 %, twenty to a power of ten: a percentile is off by no more than
// that. Pure.
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <map>
#include <optional>

namespace windrow::domain {

class LatencyHistogram {
 public:
  // Bucket n holds what takes 10^(n/20) to 10^((n+1)/20) µs; bucket 0 what takes less,
  // too. sql/roll_up_changes.sql computes the same.
  static int BucketOf(absl::Duration latency);

  void Add(int bucket, std::int64_t count) { counts_[bucket] += count; }
  void Add(const LatencyHistogram& other);

  std::int64_t count() const;
  // The time that `share` (0 to 1) of them take no longer than, interpolated within its
  // bucket; none where there are none.
  std::optional<absl::Duration> Percentile(double share) const;

  bool operator==(const LatencyHistogram&) const = default;

 private:
  std::map<int, std::int64_t> counts_;
};

}  // namespace windrow::domain
