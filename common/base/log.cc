#include "common/base/log.h"

#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <mutex>

#include "common/base/utf8.h"

namespace windrow {
namespace {

std::atomic<LogLevel> least_level{LogLevel::kInfo};

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

// Logs take bytes from anywhere (a peer's answer in an error text), so what is not UTF-8
// becomes U+FFFD: a line that is not JSON would be lost to whoever collects it.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    const char c = text.front();
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
  return out;
}

// One write where the system takes it whole, so that processes that share the stream do
// not tear each other's lines either. A log that cannot be written is dropped.
void WriteLine(std::string_view line) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

bool ParseLogLevel(std::string_view text, LogLevel* level) {
  for (const LogLevel candidate :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    if (text == NameOf(candidate)) {
      *level = candidate;
      return true;
    }
  }
  return false;
}

void SetLogLevel(LogLevel level) { least_level.store(level, std::memory_order_relaxed); }

LogField::LogField(std::string_view key, std::string_view value)
    : key_(key), json_(Quoted(value)) {}

// JSON has no NaN and no infinity.
LogField::LogField(std::string_view key, double value)
    : key_(key), json_(std::isfinite(value) ? fmt::format("{}", value) : "null") {}

LogField::LogField(std::string_view key, std::int64_t value)
    : key_(key), json_(fmt::format("{}", value)) {}

LogField::LogField(std::string_view key, bool value)
    : key_(key), json_(value ? "true" : "false") {}

void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < least_level.load(std::memory_order_relaxed)) return;
  const std::string time =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","event":{})", time,
                                 NameOf(level), Quoted(event));
  for (const LogField& field : fields) {
    line += fmt::format(",{}:{}", Quoted(field.key()), field.json());
  }
  line += "}\n";
  WriteLine(line);
}

}  // namespace windrow
