// Counts and latencies over time.
#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using store::AttemptError;
using store::DeliveryState;
using store::StatsStep;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Everything that is in the log is counted: nothing else writes to this database, but
// transactions of another may hold up what comes after them for a moment.
store::Stats CountedStats(store::StatsStore& stats, absl::Time now,
                          store::TenantId tenant, std::optional<Uuid> webhook,
                          StatsStep step, std::int64_t attempts) {
  store::Stats read;
  for (int i = 0; i < 2'000; ++i) {
    EXPECT_OK(stats.RollUp().status());
    read = stats
               .ReadStats(tenant, {.webhook = webhook,
                                   .step = step,
                                   .from = now - absl::Hours(3),
                                   .until = now + absl::Hours(1)})
               .value();
    std::int64_t found = 0;
    for (const auto& bucket : read.buckets) {
      for (const auto& [outcome, count] : bucket.counts.attempts) found += count;
    }
    if (found >= attempts) break;
  }
  return read;
}

store::Counts Sum(const store::Stats& stats) {
  store::Counts sum;
  for (const auto& [start, counts] : stats.buckets) {
    sum.succeeded += counts.succeeded;
    sum.failed += counts.failed;
    sum.cancelled += counts.cancelled;
    for (const auto& [outcome, count] : counts.attempts) sum.attempts[outcome] += count;
    sum.requests.Add(counts.requests);
    sum.delivered.Add(counts.delivered);
  }
  return sum;
}

TEST_P(StatsContract, EveryEndAndEveryAttemptIsCountedOnceByWebhookAndInAll) {
  const auto one = Create(SpecNamed("One"));
  const auto two = Create(SpecNamed("Two"));
  Publish(one);
  Record({OutcomeOf(ClaimOne(one), DeliveryState::kRetrying, 503)});
  harness().ShiftWindows(absl::Hours(1));
  Record({OutcomeOf(ClaimOne(one), DeliveryState::kSucceeded, 200)});
  Publish(two);
  auto timeout = OutcomeOf(ClaimOne(two), DeliveryState::kFailed, 0);
  timeout.attempt->error = AttemptError::kTimeout;
  Record({timeout});
  const auto cancelled = Publish(two);
  EXPECT_OK(control().Cancel(kTenant, cancelled.window_id, "by hand"));

  const auto all = Sum(CountedStats(stats(), Now(), kTenant, {}, StatsStep::kMinute, 3));
  EXPECT_EQ(all.succeeded, 1);
  EXPECT_EQ(all.failed, 1);
  EXPECT_EQ(all.cancelled, 1);
  EXPECT_THAT(
      all.attempts,
      UnorderedElementsAre(Pair(store::AttemptOutcome{AttemptError::kHttp, 5}, 1),
                           Pair(store::AttemptOutcome{AttemptError::kNone, 2}, 1),
                           Pair(store::AttemptOutcome{AttemptError::kTimeout, 0}, 1)));
  EXPECT_EQ(all.requests.count(), 3);
  EXPECT_EQ(all.delivered.count(), 1);
  // 120 ms each, within the width of a bucket.
  const absl::Duration p50 = *all.requests.Percentile(0.5);
  EXPECT_GT(p50, absl::Milliseconds(106));
  EXPECT_LT(p50, absl::Milliseconds(135));

  const auto first =
      Sum(CountedStats(stats(), Now(), kTenant, one.webhook_id, StatsStep::kHour, 2));
  EXPECT_EQ(first.succeeded, 1);
  EXPECT_EQ(first.failed, 0);
  EXPECT_EQ(first.requests.count(), 2);
  const auto second =
      Sum(CountedStats(stats(), Now(), kTenant, two.webhook_id, StatsStep::kDay, 1));
  EXPECT_EQ(second.failed, 1);
  EXPECT_EQ(second.cancelled, 1);
  EXPECT_EQ(second.delivered.count(), 0);

  // Counting again adds nothing.
  EXPECT_OK(stats().RollUp().status());
  EXPECT_EQ(Sum(CountedStats(stats(), Now(), kTenant, {}, StatsStep::kHour, 3)), all);
}

TEST_P(StatsContract, BucketsBeginAtMultiplesOfTheStep) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  for (const StatsStep step : {StatsStep::kMinute, StatsStep::kHour, StatsStep::kDay}) {
    const auto read = CountedStats(stats(), Now(), kTenant, {}, step, 1);
    ASSERT_THAT(read.buckets, SizeIs(1));
    EXPECT_EQ((read.buckets[0].start - absl::UnixEpoch()) % store::LengthOf(step),
              absl::ZeroDuration());
    EXPECT_LE(read.buckets[0].start, Now());
    EXPECT_LE(Now() - read.buckets[0].start, store::LengthOf(step) + absl::Minutes(1));
  }
}

TEST_P(StatsContract, AnotherTenantSeesNothing) {
  const auto other = harness().AddTenant("other");
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  CountedStats(stats(), Now(), kTenant, {}, StatsStep::kMinute, 1);
  EXPECT_THAT(
      CountedStats(stats(), Now(), other, webhook.webhook_id, StatsStep::kMinute, 0)
          .buckets,
      IsEmpty());
}

TEST_P(StatsContract, ALateOutcomeIsCountedAsNothing) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Publish(webhook);
  const auto late = ClaimOne(webhook);
  harness().ShiftWindows(absl::Hours(1));
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  Record({OutcomeOf(late, DeliveryState::kFailed, 500)});
  const auto all = Sum(CountedStats(stats(), Now(), kTenant, {}, StatsStep::kMinute, 1));
  EXPECT_EQ(all.failed, 0);
  EXPECT_EQ(all.requests.count(), 1);
}

}  // namespace
}  // namespace windrow::contract
