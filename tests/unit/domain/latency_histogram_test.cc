#include "common/domain/latency_histogram.h"

#include <gtest/gtest.h>

namespace windrow::domain {
namespace {

TEST(LatencyHistogramTest, BucketsGrowByATwentiethOfAPowerOfTen) {
  EXPECT_EQ(LatencyHistogram::BucketOf(absl::ZeroDuration()), 0);
  EXPECT_EQ(LatencyHistogram::BucketOf(absl::Microseconds(1)), 0);
  EXPECT_EQ(LatencyHistogram::BucketOf(absl::Microseconds(10)), 20);
  EXPECT_EQ(LatencyHistogram::BucketOf(absl::Milliseconds(1)), 60);
  EXPECT_EQ(LatencyHistogram::BucketOf(absl::Seconds(1)), 120);
  EXPECT_EQ(LatencyHistogram::BucketOf(absl::Hours(24)), 218);
}

TEST(LatencyHistogramTest, WithoutAnyThereIsNoPercentile) {
  EXPECT_EQ(LatencyHistogram().Percentile(0.5), std::nullopt);
  EXPECT_EQ(LatencyHistogram().count(), 0);
}

TEST(LatencyHistogramTest, PercentilesAreWithinTheWidthOfABucket) {
  LatencyHistogram histogram;
  for (int ms = 1; ms <= 1'000; ++ms) {
    histogram.Add(LatencyHistogram::BucketOf(absl::Milliseconds(ms)), 1);
  }
  const auto near = [&](double share, double ms) {
    const double found = absl::ToDoubleMilliseconds(*histogram.Percentile(share));
    EXPECT_NEAR(found, ms, ms * 0.06) << share;
  };
  near(0.5, 500);
  near(0.95, 950);
  near(0.99, 990);
}

TEST(LatencyHistogramTest, SumsAreAsIfAllWereCountedInOne) {
  LatencyHistogram fast, slow, both;
  fast.Add(60, 90);
  slow.Add(120, 10);
  both.Add(60, 90);
  both.Add(120, 10);
  fast.Add(slow);
  EXPECT_EQ(fast, both);
  EXPECT_EQ(fast.count(), 100);
  EXPECT_LT(*fast.Percentile(0.5), absl::Milliseconds(2));
  EXPECT_GE(*fast.Percentile(0.95), absl::Seconds(1));
}

}  // namespace
}  // namespace windrow::domain
