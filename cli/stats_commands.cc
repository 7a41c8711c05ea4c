// `windrow stats`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/flag_types.h"
#include "cli/proto_json.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "windrow/v1/stats.grpc.pb.h"

namespace windrow::cli {
namespace {

struct StatsArguments {
  v1::GetStatsRequest request;
};

const std::map<std::string, v1::StatsStep> kSteps = {
    {"1m", v1::STATS_STEP_MINUTE}, {"minute", v1::STATS_STEP_MINUTE},
    {"1h", v1::STATS_STEP_HOUR},   {"hour", v1::STATS_STEP_HOUR},
    {"1d", v1::STATS_STEP_DAY},    {"day", v1::STATS_STEP_DAY}};

std::int64_t AttemptsOf(const v1::StatsCounts& counts) {
  std::int64_t all = 0;
  for (const v1::AttemptCount& attempt : counts.attempts()) all += attempt.count();
  return all;
}

// "TIMEOUT 3, 5xx 2": attempts that failed, by what they failed with.
std::string FailuresText(const v1::StatsCounts& counts) {
  std::string out;
  for (const v1::AttemptCount& attempt : counts.attempts()) {
    if (attempt.error() == v1::ATTEMPT_ERROR_UNSPECIFIED) continue;
    const std::string what =
        attempt.error() == v1::ATTEMPT_ERROR_HTTP
            ? fmt::format("{}xx", attempt.status_class())
            : EnumText(v1::AttemptError_descriptor()->FindValueByNumber(attempt.error()));
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", what, attempt.count());
  }
  return out;
}

// "12ms/80ms/240ms", to three digits at most.
std::string LatencyText(const v1::LatencyPercentiles& latency) {
  const auto text = [](const google::protobuf::Duration& duration) {
    const double us =
        static_cast<double>(duration.seconds()) * 1e6 + duration.nanos() / 1e3;
    if (us < 1e3) return fmt::format("{:.0f}us", us);
    if (us < 1e6) return fmt::format("{:.3g}ms", us / 1e3);
    if (us < 120e6) return fmt::format("{:.3g}s", us / 1e6);
    return us < 7200e6 ? fmt::format("{:.3g}min", us / 60e6)
                       : fmt::format("{:.3g}h", us / 3600e6);
  };
  return fmt::format("{}/{}/{}", text(latency.p50()), text(latency.p95()),
                     text(latency.p99()));
}

std::vector<std::string> RowOf(std::string start, const v1::StatsCounts& counts) {
  return {std::move(start),
          fmt::to_string(counts.succeeded()),
          fmt::to_string(counts.failed()),
          fmt::to_string(counts.cancelled()),
          fmt::to_string(AttemptsOf(counts)),
          counts.has_request_latency() ? LatencyText(counts.request_latency()) : "",
          counts.has_delivery_latency() ? LatencyText(counts.delivery_latency()) : "",
          FailuresText(counts)};
}

int Stats(const Session& session, const v1::GetStatsRequest& request) {
  v1::GetStatsResponse response;
  const grpc::Status status =
      v1::StatsService::NewStub(Connect(session))
          ->GetStats(MakeContext(session).get(), request, &response);
  if (!status.ok()) return Fail(session, "get the statistics", status);
  if (session.output == OutputFormat::kJson) {
    session.out << ToJson(response, /*indented=*/true) << '\n';
    return kOk;
  }
  ListWriter writer(session, {"START", "SUCCEEDED", "FAILED", "CANCELLED", "ATTEMPTS",
                              "REQUEST p50/p95/p99", "DELIVERY p50/p95/p99", "FAILURES"});
  for (const v1::StatsBucket& bucket : response.buckets()) {
    writer.Add(bucket, RowOf(TimeText(bucket.start_time()), bucket.counts()));
  }
  if (session.output == OutputFormat::kTable) {
    writer.Add(response.total(), RowOf("total", response.total()));
  }
  writer.Finish();
  return kOk;
}

}  // namespace

void AddStats(CLI::App* app, Session* session) {
  auto a = std::make_shared<StatsArguments>();
  CLI::App* stats = app->add_subcommand(
      "stats", "Show counts and latencies over time: what ended, and how");
  stats
      ->add_option_function<std::string>(
          "--webhook", [a](const std::string& id) { a->request.set_webhook_id(id); },
          "one webhook's id; else all of them")
      ->type_name("WEBHOOK_ID");
  AddTimeOrAge(
      stats, "--since",
      [a](absl::Time time) { *a->request.mutable_start_time() = ToProto(time); },
      "not before; default 24h, or 1h where the step is 1m");
  AddTimeOrAge(
      stats, "--until",
      [a](absl::Time time) { *a->request.mutable_end_time() = ToProto(time); },
      "before; default: now");
  stats
      ->add_option_function<std::string>(
          "--step",
          [a](const std::string& step) { a->request.set_step(kSteps.at(step)); },
          "1m (kept for three days), 1h or 1d")
      ->check(CLI::IsMember({"1m", "1h", "1d", "minute", "hour", "day"}))
      ->default_str("1h")
      ->type_name("STEP");
  stats->callback([session, a] {
    session->action = [session, a] { return Stats(*session, a->request); };
  });
}

}  // namespace windrow::cli
