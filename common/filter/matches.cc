#include <algorithm>

#include "common/filter/filter.h"

namespace windrow::filter {
namespace {

// Where wanted and value are of different types the answer is no; Check lets none
// through.
struct Satisfies {
  bool operator()(const Present&, const auto&) const { return true; }
  bool operator()(const TextPattern& pattern, const std::string& text) const {
    return Matches(pattern, text);
  }
  bool operator()(const Uuid& id, const Uuid& value) const { return id == value; }
  bool operator()(const NumberRange& range, std::int64_t value) const {
    return value >= range.from && value < range.until;
  }
  bool operator()(const TimeRange& range, absl::Time value) const {
    return value >= range.from && value < range.until;
  }
  bool operator()(const auto&, const auto&) const { return false; }
};

bool MatchesTest(const Test& test, const ValuesOf& values_of) {
  const std::vector<Value> values = values_of(test);
  return std::any_of(values.begin(), values.end(), [&](const Value& value) {
    return std::visit(Satisfies(), test.wanted, value);
  });
}

}  // namespace

bool Matches(const TextPattern& pattern, std::string_view text) {
  if (pattern.any_before && pattern.any_after) {
    return text.find(pattern.text) != std::string_view::npos;
  }
  if (pattern.any_before) return text.ends_with(pattern.text);
  if (pattern.any_after) return text.starts_with(pattern.text);
  return text == pattern.text;
}

bool Matches(const Filter& filter, const ValuesOf& values_of) {
  const auto matches = [&](const Filter& operand) { return Matches(operand, values_of); };
  switch (filter.kind) {
    case Filter::Kind::kAll:
      return std::all_of(filter.operands.begin(), filter.operands.end(), matches);
    case Filter::Kind::kAny:
      return std::any_of(filter.operands.begin(), filter.operands.end(), matches);
    case Filter::Kind::kNot:
      return !matches(filter.operands.front());
    case Filter::Kind::kTest:
      break;
  }
  return MatchesTest(filter.test, values_of);
}

}  // namespace windrow::filter
