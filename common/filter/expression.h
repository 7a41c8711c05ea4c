// What a list's filter says, by its grammar alone (AIP-160): which fields there are, and
// what may be compared with what, Check knows (filter.h).
//
// Plain values; positions are byte offsets in the filter, for messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace windrow::filter {

enum class Comparator : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kHas,  // ":"
};

// The right side of a comparison: a word, a text in quotes, or a lone `*`.
struct Literal {
  std::string text;  // without quotes, escapes and wildcards
  bool quoted = false;
  bool any_before = false;  // "*text"; in quotes only
  bool any_after = false;   // "text*"; without quotes it is the lone `*`
  std::size_t at = 0;

  bool is_star() const { return any_after && !quoted; }
};

struct Comparison {
  std::vector<std::string> path;  // labels.env: two parts; never empty
  Comparator comparator = Comparator::kEqual;
  Literal value;
  std::size_t at = 0;  // of the path
  std::size_t comparator_at = 0;
};

// kAll without operands is the empty filter: everything.
struct Expression {
  enum class Kind : std::uint8_t { kAll, kAny, kNot, kComparison };

  Kind kind = Kind::kAll;
  std::vector<Expression> operands;  // kNot: one; kAny: at least two
  Comparison comparison;             // kComparison
};

// The same but for positions.
bool operator==(const Literal& a, const Literal& b);
bool operator==(const Comparison& a, const Comparison& b);
bool operator==(const Expression& a, const Expression& b);

// The expression as a filter, which Parse reads as the same expression.
std::string ToText(const Expression& expression);

// `text` in quotes, meaning exactly itself.
std::string Quoted(const std::string& text);

}  // namespace windrow::filter
