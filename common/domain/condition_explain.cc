#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "common/domain/condition.h"
#include "common/domain/condition_tree.h"
#include "common/domain/single_select.h"

namespace windrow::domain {
namespace {

using Kind = ConditionSpec::Kind;

std::optional<SeenValue> Shown(const std::optional<json::Value>& value) {
  if (!value) return std::nullopt;
  const std::string_view raw = value->raw();
  std::size_t end = std::min(raw.size(), kMaxSeenBytes);
  // Not within a character.
  while (end < raw.size() && end > 0 && (raw[end] & 0xc0) == 0x80) --end;
  return SeenValue{.json = std::string(raw.substr(0, end)), .cut = end < raw.size()};
}

std::string_view TypeName(const json::Value& value) {
  switch (value.type()) {
    case json::Type::kNull:
      return "null";
    case json::Type::kBool:
      return "true or false";
    case json::Type::kNumber:
      return "a number";
    case json::Type::kString:
      return "a text";
    case json::Type::kArray:
      return "an array";
    case json::Type::kObject:
      return AsSingleSelect(value) ? "a single-select" : "an object";
  }
  return "";
}

std::string WhyOfChange(const CompiledTest& test, const Seen& seen, bool matched) {
  const bool to = test.spec.kind == TestKind::kChangedTo;
  if (!seen.has_previous) {
    if (!to) return "the event has no previous object to compare with";
    return matched ? "the field equals the value, and there is no previous object"
                   : "the field does not equal the value";
  }
  switch (test.spec.kind) {
    case TestKind::kChangedTo:
    case TestKind::kChangedFrom: {
      const std::string_view verb = to ? "to" : "from";
      return fmt::format("the field {} {} the value",
                         matched ? "changed" : "did not change", verb);
    }
    default:
      break;
  }
  if (!seen.value && !seen.previous) return "the field is absent, now and before";
  if (!seen.previous) return "the field was absent before";
  if (!seen.value) return "the field is absent now, and was not before";
  const bool changed = (test.spec.kind == TestKind::kChanged) == matched;
  return changed ? "the field has another value than before"
                 : "the field has the same value as before";
}

// The types that a test can compare, where the field's is none of them.
std::string_view WantedType(const CompiledTest& test, const json::Value& value) {
  const std::optional<SingleSelect> select = AsSingleSelect(value);
  const auto is = [&](json::Type type) {
    return value.type() == type ||
           (select &&
            (type == json::Type::kNumber ? select->id : select->name).type() == type);
  };
  switch (OperandsOf(test.spec.kind)) {
    case Operands::kOneText:
      return is(json::Type::kString) ? "" : "texts";
    case Operands::kOneOrdered:
    case Operands::kTwo:
      if (is(test.literals[0].type)) return "";
      return test.literals[0].type == json::Type::kNumber ? "numbers" : "texts";
    default:
      return "";
  }
}

std::string_view Relation(TestKind kind) {
  switch (kind) {
    case TestKind::kEquals:
    case TestKind::kNotEquals:
      return "equals the value|does not equal the value";
    case TestKind::kIn:
    case TestKind::kNotIn:
      return "is one of the values|is none of the values";
    case TestKind::kContains:
    case TestKind::kNotContains:
      return "contains the value|does not contain the value";
    case TestKind::kStartsWith:
      return "starts with the value|does not start with the value";
    case TestKind::kEndsWith:
      return "ends with the value|does not end with the value";
    case TestKind::kMatches:
      return "matches the pattern|does not match the pattern";
    case TestKind::kLess:
      return "is less than the value|is not less than the value";
    case TestKind::kLessOrEqual:
      return "is not greater than the value|is greater than the value";
    case TestKind::kGreater:
      return "is greater than the value|is not greater than the value";
    case TestKind::kGreaterOrEqual:
      return "is not less than the value|is less than the value";
    case TestKind::kBetween:
      return "lies between the values|does not lie between the values";
    case TestKind::kEmpty:
    case TestKind::kNotEmpty:
      return "is empty|is not empty";
    default:
      return "is present|is absent";
  }
}

bool IsNegative(TestKind kind) {
  return kind == TestKind::kNotEquals || kind == TestKind::kNotIn ||
         kind == TestKind::kNotContains || kind == TestKind::kNotEmpty ||
         kind == TestKind::kNotExists;
}

std::string Why(const CompiledTest& test, const Seen& seen, bool matched) {
  if (IsTestOfChange(test.spec.kind)) return WhyOfChange(test, seen, matched);
  if (!seen.value) return "the field is absent";
  if (const std::string_view wanted = WantedType(test, *seen.value); !wanted.empty()) {
    return fmt::format("the field is {}, and the test compares {}", TypeName(*seen.value),
                       wanted);
  }
  const std::string_view relation = Relation(test.spec.kind);
  const std::size_t bar = relation.find('|');
  const bool holds = matched != IsNegative(test.spec.kind);
  return fmt::format("the field {}",
                     holds ? relation.substr(0, bar) : relation.substr(bar + 1));
}

void ExplainTest(const CompiledTest& test, EventDocument* event,
                 ConditionVerdict* verdict) {
  const Seen seen = Look(test, event);
  verdict->matched = Decide(test, seen, event);
  verdict->test = test.spec;
  verdict->value = Shown(seen.value);
  verdict->previous = Shown(seen.previous);
  verdict->why = Why(test, seen, verdict->matched);
}

ConditionVerdict ExplainNode(const CompiledCondition::Tree& tree, std::uint32_t at,
                             EventDocument* event) {
  const auto& node = tree.nodes[at];
  ConditionVerdict verdict{.kind = node.kind};
  if (node.kind == Kind::kTest) {
    ExplainTest(tree.tests[node.test], event, &verdict);
    return verdict;
  }
  for (std::uint32_t c = at + 1; c != node.end; c = tree.nodes[c].end) {
    verdict.children.push_back(ExplainNode(tree, c, event));
  }
  const auto matches = [](const ConditionVerdict& child) { return child.matched; };
  switch (node.kind) {
    case Kind::kAll:
      verdict.matched = std::ranges::all_of(verdict.children, matches);
      break;
    case Kind::kAny:
      verdict.matched = std::ranges::any_of(verdict.children, matches);
      break;
    default:
      verdict.matched = !verdict.children[0].matched;
  }
  return verdict;
}

}  // namespace

ConditionVerdict Explain(const CompiledCondition& condition, EventDocument* event) {
  return ExplainNode(condition.tree(), 0, event);
}

}  // namespace windrow::domain
