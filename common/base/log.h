// Logs: JSON, one line an event, on standard error. No body and no secret goes in.
//
//   Log(LogLevel::kWarn, "claim_failed", {{"error", status.message()}, {"worker", 7}});
//   → {"time":"2026-11-25T10:00:00.000Z","level":"warn","event":"claim_failed",…}
#pragma once

#include <absl/strings/string_view.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace windrow {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// Accepts "debug", "info", "warn", "error"; false for anything else.
bool ParseLogLevel(std::string_view text, LogLevel* level);
// Below this nothing is written. Default kInfo. Thread-safe.
void SetLogLevel(LogLevel level);

// absl::string_view, where that is not std::string_view.
template <typename T>
concept ForeignStringView = std::same_as<T, absl::string_view> && !
std::same_as<T, std::string_view>;

class LogField {
 public:
  LogField(std::string_view key, std::string_view value);
  LogField(std::string_view key, const std::string& value)
      : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, const char* value)
      : LogField(key, std::string_view(value)) {}
  template <ForeignStringView T>
  LogField(std::string_view key, T value)
      : LogField(key, std::string_view(value.data(), value.size())) {}
  template <std::integral T>
  LogField(std::string_view key, T value)
      : LogField(key, static_cast<std::int64_t>(value)) {}
  LogField(std::string_view key, float value)
      : LogField(key, static_cast<double>(value)) {}
  LogField(std::string_view key, double value);
  LogField(std::string_view key, std::int64_t value);
  LogField(std::string_view key, int value)
      : LogField(key, static_cast<std::int64_t>(value)) {}
  LogField(std::string_view key, std::size_t value)
      : LogField(key, static_cast<std::int64_t>(value)) {}
  LogField(std::string_view key, bool value);

  const std::string& key() const { return key_; }
  // Already JSON.
  const std::string& json() const { return json_; }

 private:
  std::string key_;
  std::string json_;
};

// Thread-safe; a line is never torn.
void Log(LogLevel level, std::string_view event,
         std::initializer_list<LogField> fields = {});

}  // namespace windrow
