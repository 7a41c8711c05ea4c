#include "common/base/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace windrow::config {
namespace {

absl::Status Wanted(const std::string& what) {
  return absl::InvalidArgumentError("must be " + what);
}

std::optional<std::int64_t> ParseInt(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

struct ByteUnit {
  std::string_view suffix;
  int shift;
};
constexpr ByteUnit kByteUnits[] = {{"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}};

std::string BytesText(std::int64_t bytes) {
  for (const ByteUnit& unit : kByteUnits) {
    const std::int64_t whole = bytes >> unit.shift;
    if (whole > 0 && whole << unit.shift == bytes) {
      return fmt::format("{}{}", whole, unit.suffix);
    }
  }
  return fmt::format("{}B", bytes);
}

std::optional<std::int64_t> ParseBytes(std::string_view text) {
  int shift = 0;
  for (const ByteUnit& unit : kByteUnits) {
    if (text.ends_with(unit.suffix)) {
      text.remove_suffix(unit.suffix.size());
      shift = unit.shift;
      break;
    }
  }
  const std::optional<std::int64_t> count = ParseInt(text);
  if (!count || *count < 0 || *count > (INT64_MAX >> shift)) return std::nullopt;
  return *count << shift;
}

std::string LevelText(LogLevel level) {
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
  return "info";
}

std::string Joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ","));
}

std::string Masked(const Setting& setting, const std::string& text) {
  if (text.empty()) return text;
  switch (setting.masking) {
    case Masking::kNone:
      return text;
    case Masking::kDatabasePassword:
      return MaskDatabaseUrl(text);
    case Masking::kWhole:
      return "***";
  }
  return "***";
}

}  // namespace

std::string Setting::FlagName() const {
  std::string flag = "--" + name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string Setting::EnvName() const {
  std::string env = "WINDROW_";
  for (const char c : name) env += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return env;
}

const Setting* SettingTable::Find(std::string_view name) const {
  for (const Setting& setting : settings_) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

void SettingTable::AddText(Text text, std::string* field, Masking masking) {
  Setting setting{text.name, *field, "", text.help};
  setting.masking = masking;
  setting.assign = [field](const std::string& value) {
    if (value.find('\0') != std::string::npos) return Wanted("text without a NUL byte");
    *field = value;
    return absl::OkStatus();
  };
  settings_.push_back(std::move(setting));
}

void SettingTable::AddList(Text text, std::vector<std::string>* field) {
  Setting setting{text.name, Joined(*field), "a list, joined by commas", text.help};
  setting.is_list = true;
  setting.assign = [field](const std::string& value) {
    field->clear();
    std::string part;
    for (const char c : value + ",") {
      if (c == ',') {
        if (!part.empty()) field->push_back(std::exchange(part, ""));
      } else if (c != ' ' && c != '\t') {
        part += c;
      }
    }
    return absl::OkStatus();
  };
  settings_.push_back(std::move(setting));
}

void SettingTable::AddBool(Text text, bool* field) {
  Setting setting{text.name, *field ? "true" : "false", "true or false", text.help};
  setting.is_flag = true;
  setting.assign = [field](const std::string& value) {
    const bool yes = value == "true" || value == "1" || value == "yes" || value == "on";
    const bool no = value == "false" || value == "0" || value == "no" || value == "off";
    if (!yes && !no) return Wanted(fmt::format("true or false, not '{}'", value));
    *field = yes;
    return absl::OkStatus();
  };
  settings_.push_back(std::move(setting));
}

void SettingTable::AddInt(Text text, int* field, int least, int most, const char* unit) {
  const std::string range = fmt::format("{}-{}{}{}", least, most, *unit ? " " : "", unit);
  Setting setting{text.name, fmt::format("{}", *field), range, text.help};
  setting.assign = [=](const std::string& value) {
    const std::optional<std::int64_t> number = ParseInt(value);
    if (!number || *number < least || *number > most) {
      return Wanted(fmt::format("a whole number, {}, not '{}'", range, value));
    }
    *field = static_cast<int>(*number);
    return absl::OkStatus();
  };
  settings_.push_back(std::move(setting));
}

void SettingTable::AddBytes(Text text, std::int64_t* field, std::int64_t least,
                            std::int64_t most) {
  const std::string range = fmt::format("{}-{}", BytesText(least), BytesText(most));
  Setting setting{text.name, BytesText(*field), range, text.help};
  setting.assign = [=](const std::string& value) {
    const std::optional<std::int64_t> bytes = ParseBytes(value);
    if (!bytes || *bytes < least || *bytes > most) {
      return Wanted(fmt::format("a size such as 64MiB, {}, not '{}'", range, value));
    }
    *field = *bytes;
    return absl::OkStatus();
  };
  settings_.push_back(std::move(setting));
}

void SettingTable::AddDuration(Text text, absl::Duration* field, absl::Duration least,
                               absl::Duration most) {
  const std::string range =
      fmt::format("{}-{}", absl::FormatDuration(least), absl::FormatDuration(most));
  Setting setting{text.name, absl::FormatDuration(*field), range, text.help};
  setting.assign = [=](const std::string& value) {
    absl::Duration duration;
    if (!absl::ParseDuration(value, &duration) || duration < least || duration > most) {
      return Wanted(
          fmt::format("a duration such as 15s or 2m, {}, not '{}'", range, value));
    }
    *field = duration;
    return absl::OkStatus();
  };
  settings_.push_back(std::move(setting));
}

void SettingTable::AddAge(Text text, absl::Duration* field, absl::Duration least,
                          absl::Duration most) {
  const std::string range = fmt::format("{}-{}", AgeText(least), AgeText(most));
  Setting setting{text.name, AgeText(*field), range, text.help};
  setting.assign = [=](const std::string& value) {
    const std::optional<absl::Duration> age = ParseAge(value);
    if (!age || *age < least || *age > most) {
      return Wanted(fmt::format("a time such as 7d or 36h, {}, not '{}'", range, value));
    }
    *field = *age;
    return absl::OkStatus();
  };
  settings_.push_back(std::move(setting));
}

void SettingTable::AddListen(Text text, std::string* field, bool may_be_off) {
  Setting setting{text.name, field->empty() ? "off" : *field,
                  may_be_off ? "HOST:PORT or off" : "HOST:PORT", text.help};
  setting.assign = [=](const std::string& value) {
    if (may_be_off && value == "off") {
      field->clear();
      return absl::OkStatus();
    }
    const absl::StatusOr<HostPort> parsed = HostPort::Parse(value);
    if (!parsed.ok()) return parsed.status();
    *field = parsed->ToString();
    return absl::OkStatus();
  };
  settings_.push_back(std::move(setting));
}

void SettingTable::AddLogLevel(Text text, LogLevel* field) {
  Setting setting{text.name, LevelText(*field), "debug, info, warn or error", text.help};
  setting.assign = [field](const std::string& value) {
    if (ParseLogLevel(value, field)) return absl::OkStatus();
    return Wanted(fmt::format("debug, info, warn or error, not '{}'", value));
  };
  settings_.push_back(std::move(setting));
}

std::vector<SettingReport> Apply(const SettingTable& table,
                                 const std::vector<std::vector<Given>>& sources,
                                 Violations* violations) {
  std::vector<SettingReport> reports;
  for (const Setting& setting : table.settings()) {
    Given winner{setting.name, setting.default_text, "default"};
    bool is_default = true;
    for (const std::vector<Given>& source : sources) {
      bool first_of_source = true;
      for (const Given& given : source) {
        if (given.name != setting.name) continue;
        if (setting.is_list && !first_of_source) {
          winner.text += "," + given.text;
        } else {
          winner = given;
        }
        is_default = first_of_source = false;
      }
    }
    if (!is_default) {
      if (const absl::Status status = setting.assign(winner.text); !status.ok()) {
        const bool has_name = winner.origin.find(':') == std::string::npos;
        violations->Add(has_name ? winner.origin : winner.origin + ": " + setting.name,
                        std::string(status.message()));
      }
    }
    reports.push_back({setting.name, Masked(setting, winner.text), winner.origin});
  }
  return reports;
}

}  // namespace windrow::config
