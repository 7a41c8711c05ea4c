#include <algorithm>

#include "common/base/settings.h"

namespace windrow::config {
namespace {

std::vector<std::string> FlagNames(const SettingTable& table) {
  std::vector<std::string> names = {"--config", "--help", "--version"};
  for (const Setting& setting : table.settings()) names.push_back(setting.FlagName());
  return names;
}

const Setting* FindFlag(const SettingTable& table, std::string_view flag) {
  for (const Setting& setting : table.settings()) {
    if (setting.FlagName() == flag) return &setting;
  }
  return nullptr;
}

// One argument split at its first '='.
struct Argument {
  std::string name;
  std::optional<std::string> value;
};

Argument Split(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return {text, std::nullopt};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace

ParsedFlags ParseFlags(const std::vector<std::string>& args, const SettingTable& table,
                       Violations* violations) {
  ParsedFlags parsed;
  for (std::size_t i = 0; i < args.size(); ++i) {
    Argument argument = Split(args[i]);
    if (argument.name == "--help" || argument.name == "-h") {
      parsed.help = true;
      continue;
    }
    if (argument.name == "--version") {
      parsed.version = true;
      continue;
    }
    if (!argument.name.starts_with("--")) {
      violations->Add(args[i], "is not a flag; settings are given as --name VALUE");
      continue;
    }
    const Setting* setting = FindFlag(table, argument.name);
    const bool is_config = argument.name == "--config";
    if (setting == nullptr && !is_config) {
      violations->Add(argument.name, "is not a known flag" +
                                         Suggestion(argument.name, FlagNames(table)));
      // Its value, as far as one can tell, is not a second mistake.
      if (!argument.value && i + 1 < args.size() && !args[i + 1].starts_with("-")) ++i;
      continue;
    }
    if (!argument.value && setting != nullptr && setting->is_flag)
      argument.value = "true";
    if (!argument.value) {
      if (i + 1 >= args.size()) {
        violations->Add(argument.name, "needs a value");
        continue;
      }
      argument.value = args[++i];
    }
    if (is_config) {
      parsed.config_file = *argument.value;
    } else {
      parsed.given.push_back({setting->name, *argument.value, argument.name});
    }
  }
  return parsed;
}

}  // namespace windrow::config
