// Rules that text fields share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace windrow::domain {

// Characters (code points) of well-formed UTF-8.
std::size_t CountCharacters(std::string_view utf8);

// `text` without white space (Unicode's White_Space) at its ends.
std::string_view Trim(std::string_view text);

enum class Unit { kBytes, kCharacters };

struct TextRule {
  std::size_t min = 0;
  std::size_t max = 0;
  Unit unit = Unit::kBytes;
  // Else only U+0000, which PostgreSQL cannot store, is refused.
  bool refuse_controls = false;
};

// Adds the first rule that `text` breaks: UTF-8, U+0000 or controls, length. The text
// itself is never quoted: it may be secret, or not UTF-8. True where it keeps them all.
bool CheckText(std::string_view text, const TextRule& rule, const std::string& field,
               Violations* violations);

}  // namespace windrow::domain
