// JSON as simdjson sees it: a second opinion on what our reader takes, and on what
// rendering writes.
#pragma once

#include <string>
#include <string_view>

namespace windrow::fuzz {

struct JsonFacts {
  bool valid = false;          // RFC 8259, UTF-8 included; no lone surrogate
  bool repeated_keys = false;  // in any object, escapes resolved
  int depth = 0;               // of arrays and objects within each other
};

JsonFacts FactsOf(std::string_view text);

inline bool IsJson(std::string_view text) { return FactsOf(text).valid; }

}  // namespace windrow::fuzz
