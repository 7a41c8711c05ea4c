#include "services/control_plane/stats_use_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "services/control_plane/proto_time.h"

namespace windrow::control_plane {
namespace {

using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// 2027-01-15T08:10:20Z.
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'620);

absl::Time At(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

v1::GetStatsRequest Span(absl::Time from, absl::Time until, v1::StatsStep step) {
  v1::GetStatsRequest request;
  TimeToProto(from, request.mutable_start_time());
  TimeToProto(until, request.mutable_end_time());
  request.set_step(step);
  return request;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const Violation& violation : ViolationsOf(status))
    fields.push_back(violation.field);
  return fields;
}

TEST(StatsQueryTest, WithoutASpanItIsTheLastDayByTheHour) {
  const auto query = StatsQueryOf({}, kNow).value();
  EXPECT_EQ(query.step, store::StatsStep::kHour);
  EXPECT_EQ(query.from, At("2027-01-14T08:00:00Z"));
  EXPECT_EQ(query.until, At("2027-01-15T09:00:00Z"));
  EXPECT_EQ(query.webhook, std::nullopt);
}

TEST(StatsQueryTest, EachStepHasASpanOfItsOwn) {
  v1::GetStatsRequest request;
  request.set_step(v1::STATS_STEP_MINUTE);
  EXPECT_EQ(StatsQueryOf(request, kNow)->from, At("2027-01-15T07:10:00Z"));
  EXPECT_EQ(StatsQueryOf(request, kNow)->until, At("2027-01-15T08:11:00Z"));
  request.set_step(v1::STATS_STEP_DAY);
  EXPECT_EQ(StatsQueryOf(request, kNow)->from, At("2026-12-16T00:00:00Z"));
  EXPECT_EQ(StatsQueryOf(request, kNow)->until, At("2027-01-16T00:00:00Z"));
}

TEST(StatsQueryTest, EveryRuleThatIsBrokenIsTold) {
  v1::GetStatsRequest request =
      Span(kNow, kNow - absl::Hours(100), v1::STATS_STEP_MINUTE);
  request.set_webhook_id("tickets");
  EXPECT_THAT(FieldsOf(StatsQueryOf(request, kNow).status()),
              UnorderedElementsAre("webhook_id", "end_time"));
  request = Span(kNow - absl::Hours(24 * 365), kNow, v1::STATS_STEP_HOUR);
  EXPECT_THAT(FieldsOf(StatsQueryOf(request, kNow).status()),
              UnorderedElementsAre("step"));
  request = Span(kNow - absl::Hours(80), kNow - absl::Hours(79), v1::STATS_STEP_MINUTE);
  EXPECT_THAT(FieldsOf(StatsQueryOf(request, kNow).status()),
              UnorderedElementsAre("start_time"));
  request.set_step(static_cast<v1::StatsStep>(9));
  EXPECT_THAT(FieldsOf(StatsQueryOf(request, kNow).status()),
              UnorderedElementsAre("step"));
}

TEST(StatsToProtoTest, EveryStepOfTheSpanIsThereAndTheTotalIsTheirSum) {
  const auto query = StatsQueryOf(Span(At("2027-01-15T05:00:00Z"),
                                       At("2027-01-15T08:00:00Z"), v1::STATS_STEP_HOUR),
                                  kNow)
                         .value();
  store::Counts counts{.succeeded = 90, .failed = 2, .cancelled = 1};
  counts.attempts[{store::AttemptError::kNone, 2}] = 90;
  counts.attempts[{store::AttemptError::kHttp, 5}] = 10;
  counts.requests.Add(80, 100);  // 10 ms
  store::Stats stats{.complete_until = kNow};
  stats.buckets = {{At("2027-01-15T05:00:00Z"), counts},
                   {At("2027-01-15T07:00:00Z"), counts}};
  v1::GetStatsResponse response;
  StatsToProto(query, stats, &response);

  ASSERT_THAT(response.buckets(), SizeIs(3));
  EXPECT_EQ(response.buckets(0).counts().succeeded(), 90);
  EXPECT_EQ(response.buckets(1).counts().succeeded(), 0);
  EXPECT_FALSE(response.buckets(1).counts().has_request_latency());
  const v1::StatsCounts& last = response.buckets(2).counts();
  ASSERT_THAT(last.attempts(), SizeIs(2));
  EXPECT_EQ(last.attempts(1).error(), v1::ATTEMPT_ERROR_HTTP);
  EXPECT_EQ(last.attempts(1).status_class(), 5);
  EXPECT_EQ(last.attempts(1).count(), 10);
  EXPECT_GE(last.request_latency().p50().nanos(), 10'000'000);
  EXPECT_LE(last.request_latency().p99().nanos(), 11'300'000);
  EXPECT_FALSE(last.has_delivery_latency());
  EXPECT_EQ(response.total().succeeded(), 180);
  EXPECT_EQ(response.total().cancelled(), 2);
  EXPECT_EQ(response.total().attempts(0).count(), 180);
}

}  // namespace
}  // namespace windrow::control_plane
