#include "common/base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace windrow::metrics {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RegistryTest, RendersWhatWasCounted) {
  Registry registry;
  const Counter ok =
      registry.AddCounter("windrow_sent_total", "Requests.", {{"r", "ok"}});
  const Counter bad =
      registry.AddCounter("windrow_sent_total", "Requests.", {{"r", "bad"}});
  const Gauge open = registry.AddGauge("windrow_open", "Open windows.");
  const Histogram time =
      registry.AddHistogram("windrow_wait_seconds", "Waits.", {0.1, 1});
  ok.Increment();
  ok.Increment(2);
  bad.Increment();
  open.Set(5);
  open.Add(-2);
  time.Observe(absl::Milliseconds(50));
  time.Observe(0.5);
  EXPECT_THAT(
      registry.Render(),
      AllOf(HasSubstr("# HELP windrow_sent_total Requests.\n"),
            HasSubstr("# TYPE windrow_sent_total counter\n"),
            HasSubstr("windrow_sent_total{r=\"ok\"} 3\n"),
            HasSubstr("windrow_sent_total{r=\"bad\"} 1\n"), HasSubstr("windrow_open 3\n"),
            HasSubstr("windrow_wait_seconds_bucket{le=\"0.1\"} 1\n"),
            HasSubstr("windrow_wait_seconds_bucket{le=\"1\"} 2\n"),
            HasSubstr("windrow_wait_seconds_bucket{le=\"+Inf\"} 2\n"),
            HasSubstr("windrow_wait_seconds_count 2\n")));
}

TEST(RegistryTest, TheSameNameAndLabelsAreOneMetric) {
  Registry registry;
  registry.AddCounter("windrow_x_total", "X.").Increment();
  registry.AddCounter("windrow_x_total", "X.").Increment();
  EXPECT_THAT(registry.Render(), HasSubstr("windrow_x_total 2\n"));
}

TEST(RegistryTest, AMistakenNameCountsNothingAndBreaksNothing) {
  Registry registry;
  registry.AddCounter("not a name", "X.").Increment();
  registry.AddCounter("windrow_x", "X.").Increment();
  registry.AddGauge("windrow_x", "X.").Set(7);
  EXPECT_THAT(registry.Render(),
              AllOf(HasSubstr("windrow_x 1\n"), Not(HasSubstr("not a name")),
                    Not(HasSubstr("windrow_x 7\n"))));
}

TEST(RegistryTest, ASourceIsAskedAtEachScrape) {
  Registry registry;
  int calls = 0;
  registry.AddGaugeSource("windrow_depth", "Depth.", {}, [&] { return ++calls * 10.0; });
  EXPECT_THAT(registry.Render(), HasSubstr("windrow_depth 10\n"));
  EXPECT_THAT(registry.Render(), HasSubstr("windrow_depth 20\n"));
}

TEST(RegistryTest, ProcessMetricsTellTheBuild) {
  Registry registry;
  registry.AddProcessMetrics("windrow-worker", "1.2.3");
  EXPECT_THAT(
      registry.Render(),
      AllOf(
          HasSubstr("windrow_build_info{program=\"windrow-worker\",version=\"1.2.3\"} 1"),
          HasSubstr("process_resident_memory_bytes "), HasSubstr("process_open_fds "),
          HasSubstr("process_cpu_seconds ")));
}

TEST(RegistryTest, CountsFromManyThreadsAreAllThere) {
  Registry registry;
  const Counter counter = registry.AddCounter("windrow_x_total", "X.");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 10'000; ++n) counter.Increment();
      });
    }
  }
  EXPECT_THAT(registry.Render(), HasSubstr("windrow_x_total 40000\n"));
}

TEST(HandleTest, AnUnfilledHandleCountsNothing) {
  Counter().Increment();
  Gauge().Set(1);
  Gauge().Add(1);
  Histogram().Observe(1);
  Histogram().Observe(absl::Seconds(1));
}

TEST(CountBoundsTest, GoByOneTwoFive) {
  EXPECT_THAT(CountBounds(100), ElementsAre(1, 2, 5, 10, 20, 50, 100));
}

}  // namespace
}  // namespace windrow::metrics
