#include "common/filter/expression.h"

#include <algorithm>

#include "common/filter/words.h"

namespace windrow::filter {
namespace {

using Kind = Expression::Kind;

void AppendEscaped(const std::string& text, std::string* out) {
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '*') *out += '\\';
    *out += c;
  }
}

std::string TextOf(const Literal& value) {
  if (value.is_star()) return "*";
  if (!value.quoted) return value.text;
  std::string out = value.any_before ? "\"*" : "\"";
  AppendEscaped(value.text, &out);
  return out + (value.any_after ? "*\"" : "\"");
}

std::string TextOf(const Comparison& comparison) {
  std::string out;
  for (const std::string& part : comparison.path) {
    if (!out.empty()) out += '.';
    out += IsName(part) ? part : Quoted(part);
  }
  if (comparison.comparator == Comparator::kHas) {
    return out + ":" + TextOf(comparison.value);
  }
  return out + " " + std::string(SpellingOf(comparison.comparator)) + " " +
         TextOf(comparison.value);
}

// A part of a greater whole: in parentheses unless it is one comparison or a negation
// where those may stand.
std::string PartOf(const Expression& part, bool negation_may_stand) {
  const bool alone =
      part.kind == Kind::kComparison || (negation_may_stand && part.kind == Kind::kNot);
  return alone ? ToText(part) : "(" + ToText(part) + ")";
}

std::string Joined(const Expression& expression, const char* separator) {
  std::string out;
  for (const Expression& operand : expression.operands) {
    if (!out.empty()) out += separator;
    out += PartOf(operand, /*negation_may_stand=*/true);
  }
  return out;
}

}  // namespace

bool operator==(const Literal& a, const Literal& b) {
  return a.text == b.text && a.quoted == b.quoted && a.any_before == b.any_before &&
         a.any_after == b.any_after;
}

bool operator==(const Comparison& a, const Comparison& b) {
  return a.path == b.path && a.comparator == b.comparator && a.value == b.value;
}

bool operator==(const Expression& a, const Expression& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == Kind::kComparison) return a.comparison == b.comparison;
  return a.operands == b.operands;
}

std::string ToText(const Expression& expression) {
  switch (expression.kind) {
    case Kind::kAll:
      return Joined(expression, " AND ");
    case Kind::kAny:
      return Joined(expression, " OR ");
    case Kind::kNot:
      return "NOT " + PartOf(expression.operands.front(), /*negation_may_stand=*/false);
    case Kind::kComparison:
      break;
  }
  return TextOf(expression.comparison);
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  AppendEscaped(text, &out);
  return out + '"';
}

}  // namespace windrow::filter
