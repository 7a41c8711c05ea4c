// What CompiledCondition holds. Internal to the condition_*.cc files.
#pragma once

#include <absl/status/statusor.h>
#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/case_fold.h"
#include "common/domain/condition.h"
#include "common/domain/decimal.h"
#include "common/domain/event_document.h"
#include "common/domain/field_path.h"
#include "common/json/document.h"

namespace windrow::domain {

// One value of a test.
struct Literal {
  json::Type type = json::Type::kNull;
  std::string_view raw;           // into TestSpec::values
  Decimal number = Decimal("0");  // kNumber, into TestSpec::values
  std::string text;               // kString: escapes resolved; folded with ignore_case
  std::unique_ptr<const json::Document> document;  // kArray, kObject
};

// The values of `in` and `not_in`, in order, so that a thousand cost ten comparisons.
struct ValueSet {
  std::vector<Decimal> numbers;
  std::vector<std::string> texts;  // folded with ignore_case
  std::vector<Literal> others;
};

// Moves, and keeps its views valid then: the elements of `spec.values` stay where they
// are.
struct CompiledTest {
  CompiledTest(TestSpec test_spec, FieldPath field_path)
      : spec(std::move(test_spec)), path(std::move(field_path)) {}
  CompiledTest(CompiledTest&&) = default;
  CompiledTest& operator=(CompiledTest&&) = default;

  TestSpec spec;
  FieldPath path;
  std::vector<Literal> literals;       // all but in and not_in
  ValueSet set;                        // in, not_in
  std::optional<FoldedSearch> search;  // contains a text, with ignore_case
  std::unique_ptr<const re2::RE2> pattern;
};

// The nodes in the order of the tree, each before its children: the first child of `i` is
// `i + 1`, what follows a child `c` is nodes[c].end.
struct CompiledCondition::Tree {
  struct Node {
    ConditionSpec::Kind kind;
    std::uint32_t end = 0;   // behind the node and all below it
    std::uint32_t test = 0;  // kTest: in `tests`
  };

  std::vector<Node> nodes;
  std::vector<CompiledTest> tests;
};

// Which values a kind of test takes.
enum class Operands : std::uint8_t { kNone, kOne, kOneText, kOneOrdered, kTwo, kList };
Operands OperandsOf(TestKind kind);
bool IsTestOfChange(TestKind kind);

// The error tells RE2's reason and the byte offset in the pattern.
absl::StatusOr<std::unique_ptr<const re2::RE2>> CompilePattern(const std::string& pattern,
                                                               bool ignore_case);

// What a test looks at.
struct Seen {
  std::optional<json::Value> value;
  // Tests of changes only.
  bool has_previous = false;
  std::optional<json::Value> previous;
};
Seen Look(const CompiledTest& test, EventDocument* event);
bool Decide(const CompiledTest& test, const Seen& seen, EventDocument* event);

}  // namespace windrow::domain
