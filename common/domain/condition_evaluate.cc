// The rules of the tests. condition.h tells them.
#include <algorithm>
#include <compare>
#include <cstring>

#include "common/domain/condition.h"
#include "common/domain/condition_tree.h"
#include "common/domain/single_select.h"
#include "common/domain/value_equality.h"

namespace windrow::domain {
namespace {

using Kind = ConditionSpec::Kind;

// The value that a test of this type of value compares: a single-select's id with a
// number, its name with a text.
std::optional<json::Value> Comparable(const json::Value& value, json::Type type) {
  if (value.type() == type) return value;
  if (type != json::Type::kNumber && type != json::Type::kString) return std::nullopt;
  const std::optional<SingleSelect> select = AsSingleSelect(value);
  if (!select) return std::nullopt;
  const json::Value& part = type == json::Type::kNumber ? select->id : select->name;
  if (part.type() != type) return std::nullopt;
  return part;
}

std::weak_ordering CompareText(std::string_view text, std::string_view wanted,
                               bool ignore_case) {
  if (ignore_case) return CompareFolded(text, wanted);
  return text <=> wanted;
}

// None where the two do not compare.
std::optional<std::weak_ordering> Compare(const CompiledTest& test,
                                          const json::Value& value,
                                          const Literal& literal, EventDocument* event) {
  const std::optional<json::Value> comparable = Comparable(value, literal.type);
  if (!comparable) return std::nullopt;
  if (literal.type == json::Type::kNumber) {
    return Decimal(comparable->raw()) <=> literal.number;
  }
  if (literal.type == json::Type::kString) {
    return CompareText(event->Text(*comparable), literal.text, test.spec.ignore_case);
  }
  return std::nullopt;
}

bool Equals(const CompiledTest& test, const json::Value& value, const Literal& literal,
            EventDocument* event) {
  switch (literal.type) {
    case json::Type::kNull:
    case json::Type::kBool:
      return value.raw() == literal.raw;
    case json::Type::kNumber:
    case json::Type::kString: {
      const auto order = Compare(test, value, literal, event);
      return order && *order == 0;
    }
    case json::Type::kArray:
    case json::Type::kObject:
      return SameValue(value, literal.document->root(), test.spec.ignore_case, event);
  }
  return false;
}

bool HoldsNumber(const ValueSet& set, const json::Value& value) {
  if (set.numbers.empty()) return false;
  const auto number = Comparable(value, json::Type::kNumber);
  if (!number) return false;
  const Decimal wanted(number->raw());
  return std::binary_search(set.numbers.begin(), set.numbers.end(), wanted,
                            [](const Decimal& a, const Decimal& b) { return a < b; });
}

bool HoldsText(const CompiledTest& test, const json::Value& value, EventDocument* event) {
  const std::vector<std::string>& texts = test.set.texts;
  if (texts.empty()) return false;
  const auto string = Comparable(value, json::Type::kString);
  if (!string) return false;
  const std::string_view wanted = event->Text(*string);
  return std::binary_search(texts.begin(), texts.end(), wanted,
                            [&](std::string_view a, std::string_view b) {
                              return CompareText(a, b, test.spec.ignore_case) < 0;
                            });
}

bool IsIn(const CompiledTest& test, const json::Value& value, EventDocument* event) {
  if (HoldsNumber(test.set, value) || HoldsText(test, value, event)) return true;
  return std::ranges::any_of(test.set.others, [&](const Literal& literal) {
    return Equals(test, value, literal, event);
  });
}

// Linear in both, which std::string_view::find is not.
bool FindText(std::string_view text, std::string_view wanted) {
  return memmem(text.data(), text.size(), wanted.data(), wanted.size()) != nullptr;
}

bool Contains(const CompiledTest& test, const json::Value& value, EventDocument* event) {
  const Literal& wanted = test.literals[0];
  if (value.is_array()) {
    for (auto element = value.first_child(); element; element = element->next()) {
      if (Equals(test, *element, wanted, event)) return true;
    }
    return false;
  }
  if (wanted.type != json::Type::kString) return false;
  const auto string = Comparable(value, json::Type::kString);
  if (!string) return false;
  const std::string_view text = event->Text(*string);
  return test.search ? test.search->FoundIn(text) : FindText(text, wanted.text);
}

bool TextMatches(const CompiledTest& test, const json::Value& value,
                 EventDocument* event) {
  const auto string = Comparable(value, json::Type::kString);
  if (!string) return false;
  const std::string_view text = event->Text(*string);
  const std::string_view wanted = test.literals[0].text;
  switch (test.spec.kind) {
    case TestKind::kStartsWith:
      return test.spec.ignore_case ? StartsWithFolded(text, wanted)
                                   : text.starts_with(wanted);
    case TestKind::kEndsWith:
      return test.spec.ignore_case ? EndsWithFolded(text, wanted)
                                   : text.ends_with(wanted);
    default:
      return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()),
                                    *test.pattern);
  }
}

bool IsOrdered(const CompiledTest& test, const json::Value& value, EventDocument* event) {
  const auto order = Compare(test, value, test.literals[0], event);
  if (!order) return false;
  switch (test.spec.kind) {
    case TestKind::kLess:
      return *order < 0;
    case TestKind::kLessOrEqual:
      return *order <= 0;
    case TestKind::kGreater:
      return *order > 0;
    case TestKind::kGreaterOrEqual:
      return *order >= 0;
    default:  // between
      if (*order < 0) return false;
      const auto end = Compare(test, value, test.literals[1], event);
      return end && *end <= 0;
  }
}

bool IsEmpty(const json::Value& value) {
  switch (value.type()) {
    case json::Type::kNull:
      return true;
    case json::Type::kString:
      return value.raw().size() == 2;
    case json::Type::kArray:
    case json::Type::kObject:
      return !value.first_child();
    default:
      return false;
  }
}

bool IsChanged(const CompiledTest& test, const Seen& seen, EventDocument* event) {
  if (!seen.value || !seen.previous) {
    return seen.value.has_value() != seen.previous.has_value();
  }
  return !SameValue(*seen.value, *seen.previous, test.spec.ignore_case, event);
}

bool ChangeMatches(const CompiledTest& test, const Seen& seen, EventDocument* event) {
  const auto is_wanted = [&](const std::optional<json::Value>& value) {
    return value && Equals(test, *value, test.literals[0], event);
  };
  switch (test.spec.kind) {
    case TestKind::kChanged:
      return seen.has_previous && IsChanged(test, seen, event);
    case TestKind::kNotChanged:
      return seen.value && seen.previous && !IsChanged(test, seen, event);
    case TestKind::kChangedTo:
      return is_wanted(seen.value) && !is_wanted(seen.previous);
    default:  // changed_from
      return is_wanted(seen.previous) && !is_wanted(seen.value);
  }
}

// A test that needs the field, of a field that is there.
bool ValueMatches(const CompiledTest& test, const json::Value& value,
                  EventDocument* event) {
  switch (test.spec.kind) {
    case TestKind::kEquals:
    case TestKind::kNotEquals:
      return Equals(test, value, test.literals[0], event);
    case TestKind::kIn:
    case TestKind::kNotIn:
      return IsIn(test, value, event);
    case TestKind::kContains:
    case TestKind::kNotContains:
      return Contains(test, value, event);
    case TestKind::kStartsWith:
    case TestKind::kEndsWith:
    case TestKind::kMatches:
      return TextMatches(test, value, event);
    default:
      return IsOrdered(test, value, event);
  }
}

bool NodeMatches(const CompiledCondition::Tree& tree, std::uint32_t at,
                 EventDocument* event) {
  const auto& node = tree.nodes[at];
  switch (node.kind) {
    case Kind::kTest: {
      const CompiledTest& test = tree.tests[node.test];
      return Decide(test, Look(test, event), event);
    }
    case Kind::kNot:
      return !NodeMatches(tree, at + 1, event);
    case Kind::kAll:
      for (std::uint32_t c = at + 1; c != node.end; c = tree.nodes[c].end) {
        if (!NodeMatches(tree, c, event)) return false;
      }
      return true;
    case Kind::kAny:
      for (std::uint32_t c = at + 1; c != node.end; c = tree.nodes[c].end) {
        if (NodeMatches(tree, c, event)) return true;
      }
      return false;
  }
  return false;
}

}  // namespace

Seen Look(const CompiledTest& test, EventDocument* event) {
  Seen seen{.value = event->Find(test.path)};
  if (IsTestOfChange(test.spec.kind)) {
    seen.has_previous = event->has_previous();
    seen.previous = event->FindPrevious(test.path);
  }
  return seen;
}

bool Decide(const CompiledTest& test, const Seen& seen, EventDocument* event) {
  switch (test.spec.kind) {
    case TestKind::kExists:
      return seen.value.has_value();
    case TestKind::kNotExists:
      return !seen.value;
    case TestKind::kEmpty:
      return !seen.value || IsEmpty(*seen.value);
    case TestKind::kNotEmpty:
      return seen.value && !IsEmpty(*seen.value);
    case TestKind::kNotEquals:
    case TestKind::kNotIn:
    case TestKind::kNotContains:
      return !seen.value || !ValueMatches(test, *seen.value, event);
    case TestKind::kChanged:
    case TestKind::kNotChanged:
    case TestKind::kChangedTo:
    case TestKind::kChangedFrom:
      return ChangeMatches(test, seen, event);
    default:
      return seen.value && ValueMatches(test, *seen.value, event);
  }
}

bool Evaluate(const CompiledCondition& condition, EventDocument* event) {
  return NodeMatches(condition.tree(), 0, event);
}

}  // namespace windrow::domain
