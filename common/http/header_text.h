// Header names compare without regard to case (RFC 9110, 5.1).
#pragma once

#include <algorithm>
#include <string_view>

namespace windrow::http {

// `lower` is in lower case.
inline bool StartsWithIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char l, char c) {
           return l == (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
         });
}

}  // namespace windrow::http
