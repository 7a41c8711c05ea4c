// Flags of kinds that CLI11 does not know, and the texts of times.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace windrow::cli {

// "30s", "1m30s", "500ms"; a wrong one is a usage error that names the flag.
CLI::Option* AddDuration(CLI::App* app, const std::string& flag, absl::Duration* value,
                         const std::string& help);
CLI::Option* AddDuration(CLI::App* app, const std::string& flag,
                         std::optional<absl::Duration>* value, const std::string& help);

// A time or an age, as ParseTimeOrAge has it from now; a wrong one is a usage error that
// names the flag and the value.
CLI::Option* AddTimeOrAge(CLI::App* app, const std::string& flag,
                          std::function<void(absl::Time)> set, const std::string& help);

// An RFC 3339 time ("2026-11-25T10:00:00Z"), or how long before `now` ("1h").
std::optional<absl::Time> ParseTimeOrAge(std::string_view text, absl::Time now);
std::optional<absl::Time> ParseRfc3339(std::string_view text);

google::protobuf::Duration ToProto(absl::Duration duration);
google::protobuf::Timestamp ToProto(absl::Time time);

// "2026-11-25T10:00:00.123Z": as many digits as there are.
std::string TimeText(const google::protobuf::Timestamp& time);
std::string TimeText(absl::Time time);
// "30s", "12.5ms".
std::string DurationText(const google::protobuf::Duration& duration);

// Everything that standard input holds up to its first line feed, without it: where a
// password is read from.
absl::StatusOr<std::string> ReadSecret(std::istream& in, std::string_view from);
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);
// All that a file holds. NOT_FOUND, with the path, where it cannot be read.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace windrow::cli
