#include "cli/condition_flag.h"

#include <utility>

#include "cli/condition_text.h"
#include "cli/flag_types.h"
#include "cli/profile_yaml.h"
#include "common/base/status.h"

namespace windrow::cli {
namespace {

// {"…": YAML would read most of it too, but names other places in its errors.
bool LooksLikeJson(const std::string& text) {
  constexpr char kSpace[] = " \t\r\n";
  const std::size_t brace = text.find_first_not_of(kSpace);
  if (brace == std::string::npos || text[brace] != '{') return false;
  const std::size_t next = text.find_first_not_of(kSpace, brace + 1);
  return next != std::string::npos && text[next] == '"';
}

}  // namespace

absl::StatusOr<v1::Condition> ConditionFromFlag(const std::string& text) {
  const bool is_file = text.starts_with('@');
  std::string content = text;
  if (is_file) {
    WINDROW_ASSIGN_OR_RETURN(content, ReadTextFile(text.substr(1)));
  }
  if (LooksLikeJson(content)) return ConditionFromText(std::move(content));
  return ReadConditionYaml(content, is_file ? text.substr(1) : "condition");
}

}  // namespace windrow::cli
