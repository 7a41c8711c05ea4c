#include "common/domain/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/json/document.h"

namespace windrow::domain {
namespace {

constexpr std::string_view kWhiteSpace[] = {
    "\t",     "\n",     "\v",     "\f",     "\r",     " ",      "\u0085",
    "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004",
    "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u2028",
    "\u2029", "\u202f", "\u205f", "\u3000"};

std::size_t FindControl(std::string_view text) {
  const auto found = std::ranges::find_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  return found == text.end() ? std::string_view::npos : found - text.begin();
}

std::string LengthRule(const TextRule& rule, std::size_t length) {
  const std::string_view unit = rule.unit == Unit::kBytes ? "bytes" : "characters";
  if (length == 0) return fmt::format("is required: 1–{} {}", rule.max, unit);
  if (rule.min == 0) {
    return fmt::format("has {} {}: shorten it to at most {}", length, unit, rule.max);
  }
  return fmt::format("has {} {}: it must have {}–{}", length, unit, rule.min, rule.max);
}

}  // namespace

std::size_t CountCharacters(std::string_view utf8) {
  return std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::string_view Trim(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view space : kWhiteSpace) {
      if (text.starts_with(space)) {
        text.remove_prefix(space.size());
        again = true;
      }
      if (text.ends_with(space)) {
        text.remove_suffix(space.size());
        again = true;
      }
    }
  }
  return text;
}

bool CheckText(std::string_view text, const TextRule& rule, const std::string& field,
               Violations* violations) {
  if (std::size_t offset = 0; !json::IsUtf8(text, &offset)) {
    violations->Add(field, fmt::format("is not UTF-8: see byte {}", offset));
    return false;
  }
  const std::size_t bad = rule.refuse_controls ? FindControl(text) : text.find('\0');
  if (bad != std::string_view::npos) {
    violations->Add(field, fmt::format("holds the control character U+{:04X} at byte {}: "
                                       "remove it",
                                       static_cast<unsigned char>(text[bad]), bad));
    return false;
  }
  const std::size_t length =
      rule.unit == Unit::kBytes ? text.size() : CountCharacters(text);
  if (length < rule.min || length > rule.max) {
    violations->Add(field, LengthRule(rule, length));
    return false;
  }
  return true;
}

}  // namespace windrow::domain
