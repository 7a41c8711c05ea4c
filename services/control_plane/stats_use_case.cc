#include "services/control_plane/stats_use_case.h"

#include <fmt/format.h>

#include <optional>

#include "common/base/status.h"
#include "services/control_plane/proto_time.h"

namespace windrow::control_plane {
namespace {

absl::Time Down(absl::Time time, absl::Duration step) {
  return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), step);
}

absl::Duration DefaultSpan(store::StatsStep step) {
  switch (step) {
    case store::StatsStep::kMinute:
      return absl::Hours(1);
    case store::StatsStep::kHour:
      return absl::Hours(24);
    case store::StatsStep::kDay:
      break;
  }
  return absl::Hours(24 * 30);
}

std::optional<store::StatsStep> StepOf(v1::StatsStep step) {
  switch (step) {
    case v1::STATS_STEP_MINUTE:
      return store::StatsStep::kMinute;
    case v1::STATS_STEP_UNSPECIFIED:
    case v1::STATS_STEP_HOUR:
      return store::StatsStep::kHour;
    case v1::STATS_STEP_DAY:
      return store::StatsStep::kDay;
    default:
      return std::nullopt;
  }
}

absl::Time TimeOf(const google::protobuf::Timestamp& proto, const char* field,
                  Violations* violations) {
  const std::optional<absl::Time> time = TimeFromProto(proto);
  if (!time) violations->Add(field, "must be a time of the years 1 to 9999");
  return time.value_or(absl::UnixEpoch());
}

void CheckSpan(const store::StatsQuery& query, absl::Time now, Violations* violations) {
  const absl::Duration step = store::LengthOf(query.step);
  if (query.until <= query.from) {
    violations->Add("end_time", "must be after start_time");
  } else if ((query.until - query.from) / step > kMostStatsBuckets) {
    violations->Add("step",
                    fmt::format("the span has {} of them, more than {}: take a longer "
                                "step, or a shorter span",
                                (query.until - query.from) / step, kMostStatsBuckets));
  }
  if (query.step == store::StatsStep::kMinute &&
      query.from < Down(now - store::kMinutesKept, step)) {
    violations->Add("start_time",
                    "minutes are kept for three days: take HOUR for what is older");
  }
}

void LatencyToProto(const domain::LatencyHistogram& histogram,
                    v1::LatencyPercentiles* proto) {
  DurationToProto(*histogram.Percentile(0.5), proto->mutable_p50());
  DurationToProto(*histogram.Percentile(0.95), proto->mutable_p95());
  DurationToProto(*histogram.Percentile(0.99), proto->mutable_p99());
}

void CountsToProto(const store::Counts& counts, v1::StatsCounts* proto) {
  proto->set_succeeded(counts.succeeded);
  proto->set_failed(counts.failed);
  proto->set_cancelled(counts.cancelled);
  for (const auto& [outcome, count] : counts.attempts) {
    v1::AttemptCount* attempt = proto->add_attempts();
    attempt->set_error(static_cast<v1::AttemptError>(outcome.error));
    attempt->set_status_class(outcome.status_class);
    attempt->set_count(count);
  }
  if (counts.requests.count() > 0) {
    LatencyToProto(counts.requests, proto->mutable_request_latency());
  }
  if (counts.delivered.count() > 0) {
    LatencyToProto(counts.delivered, proto->mutable_delivery_latency());
  }
}

void Add(const store::Counts& counts, store::Counts* sum) {
  sum->succeeded += counts.succeeded;
  sum->failed += counts.failed;
  sum->cancelled += counts.cancelled;
  for (const auto& [outcome, count] : counts.attempts) sum->attempts[outcome] += count;
  sum->requests.Add(counts.requests);
  sum->delivered.Add(counts.delivered);
}

}  // namespace

absl::StatusOr<store::StatsQuery> StatsQueryOf(const v1::GetStatsRequest& request,
                                               absl::Time now) {
  Violations violations;
  store::StatsQuery query;
  const std::optional<store::StatsStep> step = StepOf(request.step());
  if (!step) violations.Add("step", "must be MINUTE, HOUR or DAY");
  query.step = step.value_or(store::StatsStep::kHour);
  if (!request.webhook_id().empty()) {
    query.webhook = Uuid::Parse(request.webhook_id());
    if (!query.webhook) violations.Add("webhook_id", "must be a UUID");
  }
  const absl::Time end =
      request.has_end_time() ? TimeOf(request.end_time(), "end_time", &violations) : now;
  const absl::Time start = request.has_start_time()
                               ? TimeOf(request.start_time(), "start_time", &violations)
                               : end - DefaultSpan(query.step);
  const absl::Duration length = store::LengthOf(query.step);
  query.from = Down(start, length);
  query.until = Down(end, length);
  if (query.until < end) query.until += length;
  CheckSpan(query, now, &violations);
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  return query;
}

void StatsToProto(const store::StatsQuery& query, const store::Stats& stats,
                  v1::GetStatsResponse* response) {
  store::Counts total;
  auto next = stats.buckets.begin();
  for (absl::Time at = query.from; at < query.until; at += store::LengthOf(query.step)) {
    v1::StatsBucket* bucket = response->add_buckets();
    TimeToProto(at, bucket->mutable_start_time());
    store::Counts counts;
    if (next != stats.buckets.end() && next->start == at) counts = (next++)->counts;
    CountsToProto(counts, bucket->mutable_counts());
    Add(counts, &total);
  }
  CountsToProto(total, response->mutable_total());
  TimeToProto(stats.complete_until, response->mutable_complete_time());
}

absl::Status GetStats(store::StatsStore& stats, store::TenantId tenant,
                      const v1::GetStatsRequest& request, absl::Time now,
                      v1::GetStatsResponse* response) {
  WINDROW_ASSIGN_OR_RETURN(const store::StatsQuery query, StatsQueryOf(request, now));
  WINDROW_ASSIGN_OR_RETURN(const store::Stats read, stats.ReadStats(tenant, query));
  StatsToProto(query, read, response);
  return absl::OkStatus();
}

}  // namespace windrow::control_plane
