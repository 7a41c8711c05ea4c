#include "tests/fuzz/json_check.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <set>

namespace windrow::fuzz {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// RFC 8259, 6, rule by rule.
bool IsNumber(std::string_view text) {
  const auto digits = [&] {
    const std::size_t count = std::ranges::find_if_not(text, IsDigit) - text.begin();
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

// `text` with every number replaced by 0, since simdjson takes none that no double or
// int64 holds; none where one is no number.
std::optional<std::string> WithoutNumbers(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      const std::size_t begin = i++;
      while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
      i = std::min(i + 1, text.size());
      out += text.substr(begin, i - begin);
    } else if (IsDigit(text[i]) || text[i] == '-') {
      const std::size_t end =
          std::min(text.find_first_not_of("0123456789+-.eE", i), text.size());
      if (!IsNumber(text.substr(i, end - i))) return std::nullopt;
      out += '0';
      i = end;
    } else {
      out += text[i++];
    }
  }
  return out;
}

void Look(simdjson::dom::element value, int depth, JsonFacts* facts) {
  if (value.is_array()) {
    facts->depth = std::max(facts->depth, depth);
    for (simdjson::dom::element element : value.get_array()) {
      Look(element, depth + 1, facts);
    }
  } else if (value.is_object()) {
    facts->depth = std::max(facts->depth, depth);
    std::set<std::string_view> keys;
    for (const auto [key, member] : value.get_object()) {
      if (!keys.insert(key).second) facts->repeated_keys = true;
      Look(member, depth + 1, facts);
    }
  }
}

}  // namespace

JsonFacts FactsOf(std::string_view text) {
  JsonFacts facts;
  const auto numberless = WithoutNumbers(text);
  if (!numberless) return facts;
  static simdjson::dom::parser parser;  // keeps its memory
  simdjson::dom::element root;
  // Copied with the padding that simdjson reads.
  const simdjson::padded_string padded(*numberless);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return facts;
  facts.valid = true;
  Look(root, 1, &facts);
  return facts;
}

}  // namespace windrow::fuzz
