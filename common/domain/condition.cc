// Names, and the way from a ConditionSpec to what is evaluated.
#include "common/domain/condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/domain/condition_tree.h"

namespace windrow::domain {
namespace {

struct KindTraits {
  TestKind kind;
  std::string_view name;
  Operands operands;
};

constexpr KindTraits kKinds[] = {
    {TestKind::kEquals, "equals", Operands::kOne},
    {TestKind::kNotEquals, "not_equals", Operands::kOne},
    {TestKind::kIn, "in", Operands::kList},
    {TestKind::kNotIn, "not_in", Operands::kList},
    {TestKind::kContains, "contains", Operands::kOne},
    {TestKind::kNotContains, "not_contains", Operands::kOne},
    {TestKind::kStartsWith, "starts_with", Operands::kOneText},
    {TestKind::kEndsWith, "ends_with", Operands::kOneText},
    {TestKind::kMatches, "matches", Operands::kOneText},
    {TestKind::kLess, "less", Operands::kOneOrdered},
    {TestKind::kLessOrEqual, "less_or_equal", Operands::kOneOrdered},
    {TestKind::kGreater, "greater", Operands::kOneOrdered},
    {TestKind::kGreaterOrEqual, "greater_or_equal", Operands::kOneOrdered},
    {TestKind::kBetween, "between", Operands::kTwo},
    {TestKind::kEmpty, "empty", Operands::kNone},
    {TestKind::kNotEmpty, "not_empty", Operands::kNone},
    {TestKind::kExists, "exists", Operands::kNone},
    {TestKind::kNotExists, "not_exists", Operands::kNone},
    {TestKind::kChanged, "changed", Operands::kNone},
    {TestKind::kNotChanged, "not_changed", Operands::kNone},
    {TestKind::kChangedTo, "changed_to", Operands::kOne},
    {TestKind::kChangedFrom, "changed_from", Operands::kOne},
};

const KindTraits* Find(TestKind kind) {
  const auto* found = std::ranges::find(kKinds, kind, &KindTraits::kind);
  return found != std::end(kKinds) ? found : nullptr;
}

Literal MakeLiteral(const std::string& json, bool ignore_case) {
  auto document = json::Document::ParseValue(json);
  Literal literal;
  literal.type = document->root().type();
  literal.raw = json;
  if (literal.type == json::Type::kNumber) {
    literal.number = Decimal(json);
  } else if (literal.type == json::Type::kString) {
    literal.text = document->root().text();
    if (ignore_case) literal.text = Folded(literal.text);
  } else if (!document->root().is_scalar()) {
    literal.document = std::make_unique<const json::Document>(*std::move(document));
  }
  return literal;
}

ValueSet MakeSet(const TestSpec& spec) {
  ValueSet set;
  for (const std::string& value : spec.values) {
    Literal literal = MakeLiteral(value, spec.ignore_case);
    if (literal.type == json::Type::kNumber) {
      set.numbers.push_back(literal.number);
    } else if (literal.type == json::Type::kString) {
      set.texts.push_back(std::move(literal.text));
    } else {
      set.others.push_back(std::move(literal));
    }
  }
  std::ranges::sort(set.numbers,
                    [](const Decimal& a, const Decimal& b) { return a < b; });
  std::ranges::sort(set.texts);
  return set;
}

// Of a spec that Validate accepts.
CompiledTest MakeTest(const TestSpec& spec) {
  CompiledTest test(spec, *FieldPath::Parse(spec.path));
  if (OperandsOf(spec.kind) == Operands::kList) {
    test.set = MakeSet(test.spec);
    return test;
  }
  for (const std::string& value : test.spec.values) {
    test.literals.push_back(MakeLiteral(value, spec.ignore_case));
  }
  if (spec.kind == TestKind::kMatches) {
    // Not folded: RE2 has its own way to ignore case.
    const std::string pattern = MakeLiteral(test.spec.values[0], false).text;
    test.pattern = *CompilePattern(pattern, spec.ignore_case);
  }
  const bool contains =
      spec.kind == TestKind::kContains || spec.kind == TestKind::kNotContains;
  if (contains && spec.ignore_case && test.literals[0].type == json::Type::kString) {
    test.search.emplace(test.literals[0].text);
  }
  return test;
}

void AddNodes(const ConditionSpec& spec, CompiledCondition::Tree* tree) {
  const std::size_t node = tree->nodes.size();
  tree->nodes.push_back({.kind = spec.kind});
  if (spec.kind == ConditionSpec::Kind::kTest) {
    tree->nodes[node].test = static_cast<std::uint32_t>(tree->tests.size());
    tree->tests.push_back(MakeTest(spec.test));
  }
  for (const ConditionSpec& child : spec.children) AddNodes(child, tree);
  tree->nodes[node].end = static_cast<std::uint32_t>(tree->nodes.size());
}

re2::RE2::Options OptionsOf(bool ignore_case) {
  re2::RE2::Options options;
  options.set_case_sensitive(!ignore_case);
  options.set_max_mem(kMaxPatternMemory);
  options.set_never_capture(true);
  options.set_log_errors(false);
  return options;
}

// What may be tried at once at each byte of a text. Counted as if characters were bytes:
// a class such as \pL is one step of a thousand instructions, few of them ever tried.
int StepsOf(const re2::RE2& pattern) {
  re2::RE2::Options options;
  options.Copy(pattern.options());
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  const re2::RE2 bytes(pattern.pattern(), options);
  return bytes.ok() ? bytes.ProgramSize() : pattern.ProgramSize();
}

}  // namespace

std::string_view NameOf(TestKind kind) {
  const KindTraits* traits = Find(kind);
  return traits != nullptr ? traits->name : "";
}

std::optional<TestKind> TestKindFromName(std::string_view name) {
  const auto* found = std::ranges::find(kKinds, name, &KindTraits::name);
  if (found == std::end(kKinds)) return std::nullopt;
  return found->kind;
}

Operands OperandsOf(TestKind kind) {
  const KindTraits* traits = Find(kind);
  return traits != nullptr ? traits->operands : Operands::kNone;
}

bool IsTestOfChange(TestKind kind) {
  return kind == TestKind::kChanged || kind == TestKind::kNotChanged ||
         kind == TestKind::kChangedTo || kind == TestKind::kChangedFrom;
}

absl::StatusOr<std::unique_ptr<const re2::RE2>> CompilePattern(const std::string& pattern,
                                                               bool ignore_case) {
  auto compiled = std::make_unique<const re2::RE2>(pattern, OptionsOf(ignore_case));
  if (!compiled->ok()) {
    const std::size_t place = pattern.find(compiled->error_arg());
    return absl::InvalidArgumentError(
        fmt::format("is not a pattern of RE2: at byte {}: {}",
                    place == std::string::npos ? 0 : place, compiled->error()));
  }
  if (const int steps = StepsOf(*compiled); steps > kMaxPatternSteps) {
    return absl::InvalidArgumentError(fmt::format(
        "is a pattern of {} steps, at most {} are taken: make it shorter or repeat less",
        steps, kMaxPatternSteps));
  }
  return compiled;
}

std::size_t PatternsIn(const ConditionSpec& spec) {
  const bool is_pattern =
      spec.kind == ConditionSpec::Kind::kTest && spec.test.kind == TestKind::kMatches;
  std::size_t count = is_pattern ? 1 : 0;
  for (const ConditionSpec& child : spec.children) count += PatternsIn(child);
  return count;
}

CompiledCondition::CompiledCondition(std::shared_ptr<const Tree> tree)
    : tree_(std::move(tree)) {}

absl::StatusOr<CompiledCondition> CompiledCondition::Compile(const ConditionSpec& spec) {
  Violations violations;
  Validate(spec, "condition", &violations);
  if (!violations.empty()) return violations.ToStatus();
  auto tree = std::make_shared<Tree>();
  AddNodes(spec, tree.get());
  return CompiledCondition(std::move(tree));
}

bool CompiledCondition::always() const {
  return tree_->nodes.size() == 1 && tree_->nodes[0].kind == ConditionSpec::Kind::kAll;
}

}  // namespace windrow::domain
