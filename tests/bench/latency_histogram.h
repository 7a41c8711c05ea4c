// Counts durations in buckets that are at most 0.8 % wide, up to 2^63 ns.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace windrow::bench {

// Not thread-safe.
class LatencyHistogram {
 public:
  void Add(std::uint64_t nanos) {
    ++counts_[BucketOf(nanos)];
    ++count_;
  }

  std::uint64_t count() const { return count_; }

  // The upper end of the bucket that holds the given share (0–1); 0 where nothing was
  // counted.
  double Milliseconds(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted || (seen == count_ && seen > 0)) {
        return static_cast<double>(UpperEnd(i)) / 1e6;
      }
    }
    return 0;
  }

 private:
  static constexpr unsigned kSubBits = 7;
  static constexpr std::uint64_t kSub = 1u << kSubBits;

  static std::size_t BucketOf(std::uint64_t value) {
    if (value < 2 * kSub) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
    return (static_cast<std::size_t>(shift) << kSubBits) + (value >> shift);
  }
  static std::uint64_t UpperEnd(std::size_t bucket) {
    if (bucket < 2 * kSub) return bucket;
    const std::size_t shift = (bucket >> kSubBits) - 1;
    return ((bucket - (shift << kSubBits)) + 1) << shift;
  }

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(64 << kSubBits);
  std::uint64_t count_ = 0;
};

}  // namespace windrow::bench
