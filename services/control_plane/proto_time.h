// Times and durations: the API's messages and Abseil's values.
#pragma once

#include <absl/time/time.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <optional>

#include "services/control_plane/time_limits.h"

namespace windrow::control_plane {

// None outside of years 1–9999, and where nanos are outside of 0–999,999,999: the
// message's own rules.
std::optional<absl::Time> TimeFromProto(const google::protobuf::Timestamp& proto);
// None beyond ±10,000 years, and where seconds and nanos differ in sign.
std::optional<absl::Duration> DurationFromProto(const google::protobuf::Duration& proto);

// Values outside of what the messages can say become the nearest that they can.
void TimeToProto(absl::Time time, google::protobuf::Timestamp* proto);
void DurationToProto(absl::Duration duration, google::protobuf::Duration* proto);

}  // namespace windrow::control_plane
