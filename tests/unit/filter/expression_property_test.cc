// Filters that are written and read again.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "common/filter/expression.h"
#include "common/filter/parser.h"

namespace windrow::filter {
namespace {

std::string AnyText(int most, bool bare) {
  const auto letter =
      bare ? rc::gen::element<std::string>("a", "B", "7", "_", "é")
           : rc::gen::element<std::string>("a", "\"", "'", "\\", "*", " ", ".", "(", ")",
                                           "-", ":", "=", "\n", "é", "😀", "AND", "NOT");
  std::string text;
  const int letters = *rc::gen::inRange(bare ? 1 : 0, most);
  for (int i = 0; i < letters; ++i) text += *letter;
  return text;
}

Literal AnyLiteral() {
  Literal value;
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      value.any_after = true;  // *
      break;
    case 1:
      value.text = AnyText(8, /*bare=*/true);
      break;
    default:
      value.quoted = true;
      value.text = AnyText(8, /*bare=*/false);
      value.any_after = *rc::gen::arbitrary<bool>();
      // "*" has one asterisk, and is read as the one behind the text.
      value.any_before =
          *rc::gen::arbitrary<bool>() && (value.any_after || !value.text.empty());
  }
  return value;
}

Comparison AnyComparison() {
  Comparison comparison;
  comparison.path.push_back(
      *rc::gen::element<std::string>("state", "labels", "x_1", "größe"));
  if (*rc::gen::inRange(0, 3) == 0) {
    comparison.path.push_back(AnyText(6, *rc::gen::arbitrary<bool>()));
  }
  comparison.comparator = static_cast<Comparator>(*rc::gen::inRange(0, 7));
  comparison.value = AnyLiteral();
  return comparison;
}

// `depth` is how many parentheses may still be opened.
Expression AnyExpression(int depth) {
  Expression expression{.kind = Expression::Kind::kComparison};
  const int kind = depth > 0 ? *rc::gen::inRange(0, 5) : 4;
  if (kind >= 3) {
    expression.comparison = AnyComparison();
    return expression;
  }
  expression.kind = static_cast<Expression::Kind>(kind);
  const int operands =
      expression.kind == Expression::Kind::kNot ? 1 : *rc::gen::inRange(2, 4);
  for (int i = 0; i < operands; ++i) {
    expression.operands.push_back(AnyExpression(depth - 1));
  }
  return expression;
}

RC_GTEST_PROP(ExpressionProperty, WhatIsWrittenIsReadAsTheSame, ()) {
  const Expression expression = AnyExpression(*rc::gen::inRange(0, 4));
  const std::string text = ToText(expression);
  RC_PRE(text.size() <= kMaxFilterBytes);
  const auto parsed = Parse(text);
  if (!parsed.ok()) RC_FAIL(text + ": " + parsed.status().ToString());
  RC_ASSERT(*parsed == expression);
  RC_ASSERT(ToText(*parsed) == text);
}

// A whole filter cut anywhere is an answer too, and never read beyond its end.
RC_GTEST_PROP(ExpressionProperty, APieceOfAFilterGivesAnAnswer, ()) {
  const std::string text = ToText(AnyExpression(3));
  const auto from = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
  const auto parsed = Parse(text.substr(from, *rc::gen::inRange<std::size_t>(0, 40)));
  RC_ASSERT(parsed.ok() || parsed.status().code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace windrow::filter
