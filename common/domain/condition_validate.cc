#include <fmt/format.h>

#include <string>
#include <vector>

#include "common/domain/case_fold.h"
#include "common/domain/condition.h"
#include "common/domain/condition_tree.h"
#include "common/domain/decimal.h"
#include "common/domain/field_path.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

using Kind = ConditionSpec::Kind;

constexpr std::string_view kUnknownField = "event.escmsg_id";
// Groups and tests that are looked at, so that the answer to nonsense stays short.
constexpr std::size_t kMaxNodes = 1'000;

class Checker {
 public:
  explicit Checker(Violations* violations) : violations_(*violations) {}

  void CheckTree(const ConditionSpec& root, const std::string& prefix);

 private:
  void CheckNode(const ConditionSpec& node, const std::string& prefix, std::size_t depth);
  void CheckChildren(const ConditionSpec& node, const std::string& prefix,
                     std::size_t depth);
  void CheckTest(const TestSpec& test, const std::string& prefix);
  void CheckPath(const TestSpec& test, const std::string& field);
  bool CheckCount(const TestSpec& test, const std::string& field);
  void CheckValues(const TestSpec& test, const std::string& field);
  bool CheckValue(const std::string& json, const std::string& field, json::Type* type);
  bool CheckType(const TestSpec& test, json::Type type, const std::string& field);
  void CheckPattern(const TestSpec& test, const std::string& field);
  void CheckRange(const TestSpec& test, const std::string& field);

  void Add(const std::string& field, std::string rule) {
    violations_.Add(field, std::move(rule));
  }

  Violations& violations_;
  std::size_t nodes_ = 0;
  std::size_t tests_ = 0;
  std::size_t patterns_ = 0;
  std::size_t bytes_ = 0;
};

void Checker::CheckTree(const ConditionSpec& root, const std::string& prefix) {
  const bool no_condition = root.kind == Kind::kAll && root.children.empty();
  if (!no_condition) CheckNode(root, prefix, 1);
  if (nodes_ > kMaxNodes) {
    Add(prefix, fmt::format("has more than {} groups and tests", kMaxNodes));
  }
  if (tests_ > kMaxTests) {
    Add(prefix,
        fmt::format("has {} tests: a condition has at most {}", tests_, kMaxTests));
  }
  if (patterns_ > kMaxPatterns) {
    Add(prefix,
        fmt::format(
            "has {} `matches` tests: a condition has at most {}; join patterns by |",
            patterns_, kMaxPatterns));
  }
  if (bytes_ > kMaxConditionBytes) {
    Add(prefix,
        fmt::format("has paths and values of {} bytes: a condition has at most {}",
                    bytes_, kMaxConditionBytes));
  }
}

void Checker::CheckNode(const ConditionSpec& node, const std::string& prefix,
                        std::size_t depth) {
  if (++nodes_ > kMaxNodes) return;
  if (depth > kMaxConditionDepth) {
    Add(prefix, fmt::format("is nested deeper than the limit of {}", kMaxConditionDepth));
    return;
  }
  switch (node.kind) {
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot:
      CheckChildren(node, prefix, depth);
      return;
    case Kind::kTest:
      if (!node.children.empty()) Add(prefix, "a test has no conditions below it");
      // Past the limit a tree is only counted.
      if (++tests_ <= kMaxTests) CheckTest(node.test, prefix + ".test");
      return;
  }
  Add(prefix, "must be all, any, not or a test");
}

void Checker::CheckChildren(const ConditionSpec& node, const std::string& prefix,
                            std::size_t depth) {
  if (node.kind == Kind::kNot) {
    if (node.children.size() != 1) {
      Add(prefix + ".not",
          fmt::format("has {} conditions: `not` takes one", node.children.size()));
      return;
    }
    CheckNode(node.children[0], prefix + ".not", depth + 1);
    return;
  }
  const std::string name = prefix + (node.kind == Kind::kAll ? ".all" : ".any");
  if (node.children.empty()) {
    Add(name, "is empty: put at least one condition in it, or leave it out");
  }
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    CheckNode(node.children[i], fmt::format("{}[{}]", name, i), depth + 1);
  }
}

void Checker::CheckTest(const TestSpec& test, const std::string& prefix) {
  bytes_ += test.path.size();
  for (const std::string& value : test.values) bytes_ += value.size();
  CheckPath(test, prefix + ".path");
  if (NameOf(test.kind).empty()) {
    Add(prefix + ".kind", "is not a known test");
    return;
  }
  if (CheckCount(test, prefix + ".values")) CheckValues(test, prefix + ".values");
}

void Checker::CheckPath(const TestSpec& test, const std::string& field) {
  const absl::StatusOr<FieldPath> path = FieldPath::Parse(test.path);
  if (!path.ok()) {
    Add(field, std::string(path.status().message()));
  } else if (path->text() == kUnknownField) {
    Add(field,
        "event.escmsg_id cannot be tested: an event gets it after conditions are "
        "decided");
  } else if (IsTestOfChange(test.kind) && path->root() != PathRoot::kObject) {
    Add(field,
        fmt::format("`{}` compares the object with `previous`: the path must begin "
                    "with object",
                    NameOf(test.kind)));
  }
}

bool Checker::CheckCount(const TestSpec& test, const std::string& field) {
  const std::size_t count = test.values.size();
  std::size_t least = 1;
  std::size_t most = 1;
  switch (OperandsOf(test.kind)) {
    case Operands::kNone:
      least = most = 0;
      break;
    case Operands::kOne:
    case Operands::kOneText:
    case Operands::kOneOrdered:
      break;
    case Operands::kTwo:
      least = most = 2;
      break;
    case Operands::kList:
      most = kMaxListOperands;
      break;
  }
  if (count >= least && count <= most) return true;
  const std::string wanted =
      least == most ? fmt::format("{}", least) : fmt::format("{}–{}", least, most);
  Add(field,
      fmt::format("has {} values: `{}` takes {}", count, NameOf(test.kind), wanted));
  return false;
}

void Checker::CheckValues(const TestSpec& test, const std::string& field) {
  bool right = true;
  for (std::size_t i = 0; i < test.values.size(); ++i) {
    const std::string element = fmt::format("{}[{}]", field, i);
    json::Type type = json::Type::kNull;
    const bool fits =
        CheckValue(test.values[i], element, &type) && CheckType(test, type, element);
    right = right && fits;
  }
  if (!right) return;
  if (test.kind == TestKind::kMatches) CheckPattern(test, field + "[0]");
  if (test.kind == TestKind::kBetween) CheckRange(test, field);
}

bool Checker::CheckValue(const std::string& json, const std::string& field,
                         json::Type* type) {
  if (json.size() > kMaxOperandBytes) {
    Add(field, fmt::format("has {} bytes: a value has at most {}", json.size(),
                           kMaxOperandBytes));
    return false;
  }
  const auto document = json::Document::ParseValue(
      json, {.max_bytes = kMaxOperandBytes, .max_depth = kMaxOperandDepth});
  if (!document.ok()) {
    Add(field, fmt::format("is not JSON: {}; write a text in quotes",
                           std::string(document.status().message())));
    return false;
  }
  if (document->root().raw().size() != json.size()) {
    Add(field, "has white space around it: write the JSON value alone");
    return false;
  }
  *type = document->root().type();
  return true;
}

bool Checker::CheckType(const TestSpec& test, json::Type type, const std::string& field) {
  switch (OperandsOf(test.kind)) {
    case Operands::kOneText:
      if (type == json::Type::kString) return true;
      Add(field, fmt::format("`{}` takes a text in quotes", NameOf(test.kind)));
      return false;
    case Operands::kOneOrdered:
    case Operands::kTwo:
      if (type == json::Type::kString || type == json::Type::kNumber) return true;
      Add(field, fmt::format("`{}` takes numbers or texts", NameOf(test.kind)));
      return false;
    default:
      return true;
  }
}

void Checker::CheckPattern(const TestSpec& test, const std::string& field) {
  // Past the limit patterns are only counted: compiling them is what costs.
  if (++patterns_ > kMaxPatterns) return;
  const std::string pattern = json::Document::ParseValue(test.values[0])->root().text();
  if (pattern.size() > kMaxPatternBytes) {
    Add(field, fmt::format("has {} bytes: a pattern has at most {}", pattern.size(),
                           kMaxPatternBytes));
    return;
  }
  const auto compiled = CompilePattern(pattern, test.ignore_case);
  if (!compiled.ok()) Add(field, std::string(compiled.status().message()));
}

void Checker::CheckRange(const TestSpec& test, const std::string& field) {
  const auto low = json::Document::ParseValue(test.values[0]);
  const auto high = json::Document::ParseValue(test.values[1]);
  if (low->root().type() != high->root().type()) {
    Add(field, "`between` takes two numbers or two texts");
    return;
  }
  bool empty = false;
  if (low->root().type() == json::Type::kNumber) {
    empty = Decimal(test.values[0]) > Decimal(test.values[1]);
  } else if (test.ignore_case) {
    empty = CompareFolded(low->root().text(), high->root().text()) > 0;
  } else {
    empty = low->root().text() > high->root().text();
  }
  if (empty) Add(field, "no value lies between these: put the smaller one first");
}

}  // namespace

void Validate(const ConditionSpec& spec, const std::string& prefix,
              Violations* violations) {
  Checker(violations).CheckTree(spec, prefix);
}

}  // namespace windrow::domain
