// A program's settings, each declared once: name, default, range, help and parser. From
// the one table come the YAML keys, the environment's names, the flags, --help and the
// print-out of what is in force.
//
// Sources, each over the one before: defaults < YAML file (--config FILE or
// WINDROW_CONFIG) < environment (WINDROW_POOL_SIZE) < flags (--pool-size).
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/log.h"
#include "common/base/status.h"

namespace windrow::config {

// What must not be shown of a value.
enum class Masking : std::uint8_t { kNone, kDatabasePassword, kWhole };

struct Setting {
  std::string name;  // "pool_size"
  std::string default_text;
  std::string range;  // for a person: "1-1000 connections"
  std::string help;
  bool is_flag = false;  // --name alone means true
  bool is_list = false;  // may be given several times, or joined by commas
  Masking masking = Masking::kNone;
  // Puts the value into the struct; an error's message is the rule it broke, and holds
  // nothing of a value that is masked.
  std::function<absl::Status(const std::string& text)> assign;

  std::string FlagName() const;  // "--pool-size"
  std::string EnvName() const;   // "WINDROW_POOL_SIZE"
};

// Settings bound to the fields of one struct, which must outlive the table.
class SettingTable {
 public:
  struct Text {
    const char* name;
    const char* help;
  };
  void AddText(Text text, std::string* field, Masking masking = Masking::kNone);
  void AddList(Text text, std::vector<std::string>* field);
  void AddBool(Text text, bool* field);
  void AddInt(Text text, int* field, int least, int most, const char* unit);
  // "1048576", "1024KiB", "1MiB" or "1GiB".
  void AddBytes(Text text, std::int64_t* field, std::int64_t least, std::int64_t most);
  // "15s", "1m30s", "500ms".
  void AddDuration(Text text, absl::Duration* field, absl::Duration least,
                   absl::Duration most);
  // "7d" or "36h": how long something is kept.
  void AddAge(Text text, absl::Duration* field, absl::Duration least,
              absl::Duration most);
  // "127.0.0.1:7470", "[::1]:7470" or "localhost:7470"; `may_be_off` takes "off" too,
  // which leaves the field empty.
  void AddListen(Text text, std::string* field, bool may_be_off);
  void AddLogLevel(Text text, LogLevel* field);

  const std::vector<Setting>& settings() const { return settings_; }
  const Setting* Find(std::string_view name) const;

 private:
  std::vector<Setting> settings_;
};

// "7d", or as absl::ParseDuration has it; none where it is neither.
std::optional<absl::Duration> ParseAge(std::string_view text);
// "7d" where it is whole days, else "36h".
std::string AgeText(absl::Duration age);

// A value on its way into a setting. `origin` names its place for a person:
// "windrow.yaml:12", "WINDROW_POOL_SIZE", "--pool-size", "default".
struct Given {
  std::string name;
  std::string text;
  std::string origin;
};

// What the command line said, beside values of settings.
struct ParsedFlags {
  std::vector<Given> given;
  std::string config_file;
  bool help = false;
  bool version = false;
};

// `--name value`, `--name=value`; `args` is without the program's name.
ParsedFlags ParseFlags(const std::vector<std::string>& args, const SettingTable& table,
                       Violations* violations);

// A YAML file serves every program: a key on its top level is for all that know it, a
// section named after a program is for that one alone and wins.
struct FileSection {
  std::string name;  // "server"
  const SettingTable* table;
};
// The values that the section `wanted` gets from `text`; keys that none of `sections`
// knows are violations.
std::vector<Given> ParseYaml(const std::string& text, const std::string& file,
                             const std::vector<FileSection>& sections,
                             std::string_view wanted, Violations* violations);

// What is in force, secrets masked.
struct SettingReport {
  std::string name;
  std::string shown;
  std::string origin;
};
// Assigns the last one given of each setting (of a list: all of that source).
std::vector<SettingReport> Apply(const SettingTable& table,
                                 const std::vector<std::vector<Given>>& sources,
                                 Violations* violations);

// The known name that `name` is most likely a slip of the hand for; none where nothing
// is near.
std::optional<std::string> NearestName(std::string_view name,
                                       const std::vector<std::string>& known);
// " (did you mean pool_size?)", or "".
std::string Suggestion(std::string_view name, const std::vector<std::string>& known);

// A connection URL or a "key=value" text with its passwords replaced by "***".
std::string MaskDatabaseUrl(std::string_view url);

// HOST:PORT in its two parts; the host without brackets.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  static absl::StatusOr<HostPort> Parse(std::string_view text);
  std::string ToString() const;
  // 127.0.0.0/8, ::1 and localhost.
  bool IsLoopback() const;
};

}  // namespace windrow::config
