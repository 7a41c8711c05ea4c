#include "common/domain/placeholder_text.h"

#include <fmt/format.h>

#include <utility>

namespace windrow::domain {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

std::string_view WithoutSpaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

absl::StatusOr<PlaceholderText> PlaceholderText::Parse(std::string_view text) {
  PlaceholderText out;
  std::size_t open = text.find(kOpen);
  out.head = text.substr(0, open);
  while (open != std::string_view::npos) {
    const std::size_t begin = open + kOpen.size();
    const std::size_t close = text.find(kClose, begin);
    if (close == std::string_view::npos) {
      return absl::InvalidArgumentError(
          fmt::format("the placeholder at byte {} is not closed: add }}}}", open));
    }
    auto path = FieldPath::Parse(WithoutSpaces(text.substr(begin, close - begin)));
    if (!path.ok()) {
      return absl::InvalidArgumentError(fmt::format(
          "the placeholder at byte {}: {}", open, std::string(path.status().message())));
    }
    const std::size_t behind = close + kClose.size();
    open = text.find(kOpen, behind);
    out.fields.push_back({.path = *std::move(path),
                          .behind = std::string(text.substr(
                              behind, open == text.npos ? open : open - behind))});
  }
  return out;
}

}  // namespace windrow::domain
