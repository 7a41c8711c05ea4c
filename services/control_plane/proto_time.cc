#include "services/control_plane/proto_time.h"

#include <algorithm>

namespace windrow::control_plane {
namespace {

constexpr std::int64_t kMostSeconds = 315'576'000'000;  // of a duration
constexpr std::int64_t kNanos = 1'000'000'000;

}  // namespace

std::optional<absl::Time> TimeFromProto(const google::protobuf::Timestamp& proto) {
  if (proto.seconds() < kFirstSecond || proto.seconds() > kLastSecond) return {};
  if (proto.nanos() < 0 || proto.nanos() >= kNanos) return {};
  return absl::FromUnixSeconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

std::optional<absl::Duration> DurationFromProto(const google::protobuf::Duration& proto) {
  const std::int64_t seconds = proto.seconds();
  const std::int64_t nanos = proto.nanos();
  if (seconds < -kMostSeconds || seconds > kMostSeconds) return {};
  if (nanos <= -kNanos || nanos >= kNanos) return {};
  if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) return {};
  return absl::Seconds(seconds) + absl::Nanoseconds(nanos);
}

void TimeToProto(absl::Time time, google::protobuf::Timestamp* proto) {
  time = std::clamp(time, absl::FromUnixSeconds(kFirstSecond),
                    absl::FromUnixSeconds(kLastSecond));
  const std::int64_t seconds = absl::ToUnixSeconds(time);  // rounds down, before 1970 too
  proto->set_seconds(seconds);
  proto->set_nanos(static_cast<std::int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

void DurationToProto(absl::Duration duration, google::protobuf::Duration* proto) {
  duration =
      std::clamp(duration, absl::Seconds(-kMostSeconds), absl::Seconds(kMostSeconds));
  absl::Duration rest;
  proto->set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  proto->set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(rest)));
}

}  // namespace windrow::control_plane
