#include "services/control_plane/error_text.h"

#include <fmt/format.h>

#include <utility>

#include "common/base/utf8.h"

namespace windrow::control_plane {
namespace {

constexpr std::size_t kMaxPartBytes = 400;  // of one violation's field, and of its rule
constexpr std::size_t kFraming = 8;         // tags and lengths of a violation's message

}  // namespace

std::string Shown(std::string_view text, std::size_t most) {
  std::string shown;
  while (!text.empty() && shown.size() < most) {
    const std::size_t size = Utf8SequenceLength(text);
    if (size == 0) {
      shown += '?';
      text.remove_prefix(1);
      continue;
    }
    const bool control = size == 1 && static_cast<unsigned char>(text[0]) < 0x20;
    shown.append(control ? std::string_view(" ") : text.substr(0, size));
    text.remove_prefix(size);
  }
  if (!text.empty()) shown += "…";
  return shown;
}

std::vector<Violation> ShownViolations(const std::vector<Violation>& violations,
                                       std::size_t most) {
  std::vector<Violation> shown;
  std::size_t bytes = 0;
  for (const Violation& violation : violations) {
    Violation next{Shown(violation.field, kMaxPartBytes),
                   Shown(violation.rule, kMaxPartBytes)};
    bytes += next.field.size() + next.rule.size() + kFraming;
    if (bytes > most && !shown.empty()) {
      shown.push_back({"", fmt::format("and {} more", violations.size() - shown.size())});
      break;
    }
    shown.push_back(std::move(next));
  }
  return shown;
}

}  // namespace windrow::control_plane
