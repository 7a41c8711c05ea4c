#include "cli/flag_types.h"

#include <absl/time/clock.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <istream>
#include <iterator>
#include <tuple>
#include <utility>

namespace windrow::cli {
namespace {

template <typename Value>
CLI::Option* AddDurationTo(CLI::App* app, const std::string& flag, Value* value,
                           const std::string& help) {
  return app
      ->add_option_function<std::string>(
          flag,
          [value, flag](const std::string& text) {
            absl::Duration parsed;
            if (!absl::ParseDuration(text, &parsed) || parsed < absl::ZeroDuration() ||
                parsed == absl::InfiniteDuration()) {
              throw CLI::ValidationError(
                  flag, fmt::format("'{}' is not a duration such as 30s or 1m30s", text));
            }
            *value = parsed;
          },
          help)
      ->type_name("DURATION");
}

}  // namespace

CLI::Option* AddDuration(CLI::App* app, const std::string& flag, absl::Duration* value,
                         const std::string& help) {
  return AddDurationTo(app, flag, value, help)->default_str(absl::FormatDuration(*value));
}

CLI::Option* AddDuration(CLI::App* app, const std::string& flag,
                         std::optional<absl::Duration>* value, const std::string& help) {
  return AddDurationTo(app, flag, value, help);
}

std::optional<absl::Time> ParseRfc3339(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, {text.data(), text.size()}, &time, &error) ||
      time == absl::InfiniteFuture() || time == absl::InfinitePast()) {
    return std::nullopt;
  }
  return time;
}

std::optional<absl::Time> ParseTimeOrAge(std::string_view text, absl::Time now) {
  if (std::optional<absl::Time> time = ParseRfc3339(text)) return time;
  absl::Duration age;
  if (!absl::ParseDuration({text.data(), text.size()}, &age) ||
      age < absl::ZeroDuration() || age > absl::Hours(24 * 366 * 100)) {
    return std::nullopt;
  }
  return now - age;
}

CLI::Option* AddTimeOrAge(CLI::App* app, const std::string& flag,
                          std::function<void(absl::Time)> set, const std::string& help) {
  return app
      ->add_option_function<std::string>(
          flag,
          [flag, set = std::move(set)](const std::string& text) {
            const std::optional<absl::Time> time = ParseTimeOrAge(text, absl::Now());
            if (!time) {
              throw CLI::ValidationError(
                  flag, fmt::format("'{}' is neither a time such as 2026-11-25T10:00:00Z "
                                    "nor an age such as 1h",
                                    text));
            }
            set(*time);
          },
          help)
      ->type_name("TIME|AGE");
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  absl::Duration rest;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  const std::int64_t seconds = absl::ToUnixSeconds(time);
  proto.set_seconds(seconds);
  proto.set_nanos(static_cast<std::int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return proto;
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return TimeText(absl::FromUnixSeconds(time.seconds()) +
                  absl::Nanoseconds(time.nanos()));
}

std::string DurationText(const google::protobuf::Duration& duration) {
  const absl::Duration value =
      absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
  return value == absl::ZeroDuration() ? "0s" : absl::FormatDuration(value);
}

absl::StatusOr<std::string> ReadSecret(std::istream& in, std::string_view from) {
  std::string secret;
  std::getline(in, secret);
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) {
    return absl::InvalidArgumentError(fmt::format("{} holds no secret", from));
  }
  return secret;
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  std::ifstream in(path);
  if (!in) return absl::InvalidArgumentError(fmt::format("{} cannot be opened", path));
  return ReadSecret(in, path);
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(fmt::format("{} cannot be read", path));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace windrow::cli
