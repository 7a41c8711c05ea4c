#include "cli/condition_yaml.h"

#include <absl/strings/ascii.h>

#include "cli/condition_text.h"
#include "cli/yaml_text.h"
#include "common/base/settings.h"
#include "common/json/document.h"

namespace windrow::cli {
namespace {

using Kind = YamlNode::Kind;

constexpr char kStringTag[] = "tag:yaml.org,2002:str";
constexpr char kJsonTag[] = "!json";
constexpr char kShape[] =
    "must be a map with one of all, any, not or test, such as {test: equals, path: "
    "object.status, values: [Closed]}";

class Reader {
 public:
  explicit Reader(YamlFaults* faults) : faults_(*faults) {}

  void Read(const YamlNode& node, const std::string& field, v1::Condition* out) {
    if (faults_.full()) return;
    if (node.kind != Kind::kMap || node.map.empty()) {
      return faults_.Add(node.place, field, kShape);
    }
    const auto& [key, value] = node.map.front();
    const bool is_group = key.text == "all" || key.text == "any" || key.text == "not";
    if (!is_group) return ReadTest(node, field, out->mutable_test());
    if (node.map.size() > 1) {
      faults_.Add(node.map[1].first.place, field,
                  "has more than one of all, any, not and test: put them into one `all`");
    }
    const std::string inner = field + "." + key.text;
    if (key.text == "not") return Read(value, inner, out->mutable_not_());
    ReadList(value, inner, key.text == "all" ? out->mutable_all() : out->mutable_any());
  }

 private:
  void ReadList(const YamlNode& node, const std::string& field, v1::ConditionList* out) {
    if (node.kind != Kind::kList) {
      return faults_.Add(node.place, field,
                         "must be a list of conditions, [{test: …}, …]");
    }
    for (std::size_t i = 0; i < node.list.size(); ++i) {
      Read(node.list[i], fmt::format("{}[{}]", field, i), out->add_conditions());
    }
  }

  void ReadTest(const YamlNode& node, const std::string& field, v1::ConditionTest* out) {
    for (const auto& [key, value] : node.map) {
      ReadMember(key, value, field + "." + key.text, out);
    }
    const auto is_test = [](const auto& entry) { return entry.first.text == "test"; };
    if (std::find_if(node.map.begin(), node.map.end(), is_test) == node.map.end()) {
      faults_.Add(node.place, field, kShape);
    }
  }

  void ReadMember(const YamlNode& key, const YamlNode& value, const std::string& field,
                  v1::ConditionTest* out) {
    if (faults_.full()) return;
    if (key.text == "test") return ReadOperator(value, field, out);
    if (key.text == "values") return ReadValues(value, field, out);
    if (key.text == "path") {
      if (value.kind == Kind::kScalar) return out->set_path(value.text);
      return faults_.Add(value.place, field,
                         "must be a dotted path, such as object.status");
    }
    if (key.text == "ignore_case") {
      const bool is_bool = value.plain && (value.text == "true" || value.text == "false");
      if (!is_bool) return faults_.Add(value.place, field, "must be true or false");
      return out->set_ignore_case(value.text == "true");
    }
    const std::vector<std::string> known = {"all",  "any",    "not",        "test",
                                            "path", "values", "ignore_case"};
    faults_.Add(key.place, field,
                "is not known: a condition has all, any or not; a test has test, path, "
                "values and ignore_case" +
                    config::Suggestion(key.text, known));
  }

  void ReadOperator(const YamlNode& value, const std::string& field,
                    v1::ConditionTest* out) {
    const std::optional<v1::TestOperator> found =
        value.kind == Kind::kScalar ? OperatorFromText(value.text) : std::nullopt;
    if (found) return out->set_operator_(*found);
    faults_.Add(value.place, field,
                fmt::format("is no test: {}{}", OperatorNames(),
                            config::Suggestion(value.text, OperatorList())));
  }

  static std::vector<std::string> OperatorList() {
    std::vector<std::string> names;
    for (int i = 1; i < v1::TestOperator_ARRAYSIZE; ++i) {
      names.push_back(OperatorText(static_cast<v1::TestOperator>(i)));
    }
    return names;
  }

  static std::string OperatorNames() {
    return fmt::format("{}", fmt::join(OperatorList(), ", "));
  }

  void ReadValues(const YamlNode& node, const std::string& field,
                  v1::ConditionTest* out) {
    if (node.kind != Kind::kList) {
      return faults_.Add(node.place, field, "must be a list, such as [Closed, 9]");
    }
    for (std::size_t i = 0; i < node.list.size(); ++i) {
      std::string json;
      AppendJson(node.list[i], fmt::format("{}[{}]", field, i), &json);
      out->add_values(std::move(json));
    }
  }

  // The JSON text that a value of YAML stands for.
  void AppendJson(const YamlNode& node, const std::string& field, std::string* out) {
    if (node.tag == kJsonTag) return AppendJsonText(node, field, out);
    if (!node.tag.empty() && node.tag != kStringTag) {
      return faults_.Add(node.place, field,
                         "has a tag that is not taken: !json is, for a JSON text");
    }
    switch (node.kind) {
      case Kind::kNull:
        *out += "null";
        return;
      case Kind::kScalar:
        return AppendScalar(node, field, out);
      case Kind::kList:
        *out += '[';
        for (std::size_t i = 0; i < node.list.size(); ++i) {
          if (i > 0) *out += ',';
          AppendJson(node.list[i], fmt::format("{}[{}]", field, i), out);
        }
        *out += ']';
        return;
      case Kind::kMap:
        *out += '{';
        for (std::size_t i = 0; i < node.map.size(); ++i) {
          if (i > 0) *out += ',';
          json::AppendString(node.map[i].first.text, out);
          *out += ':';
          AppendJson(node.map[i].second, field + "." + node.map[i].first.text, out);
        }
        *out += '}';
        return;
    }
  }

  void AppendScalar(const YamlNode& node, const std::string& field, std::string* out) {
    const bool is_json = node.plain && (IsJsonNumber(node.text) || node.text == "true" ||
                                        node.text == "false");
    if (is_json) {
      *out += node.text;
    } else if (node.plain && LooksLikeOtherThanText(node.text)) {
      faults_.Add(node.place, field,
                  fmt::format("{0} is read in more than one way: write \"{0}\" for a "
                              "text, or a number as JSON has it",
                              node.text));
    } else {
      json::AppendString(node.text, out);
    }
  }

  void AppendJsonText(const YamlNode& node, const std::string& field, std::string* out) {
    if (node.kind != Kind::kScalar) {
      return faults_.Add(node.place, field,
                         "!json takes a text, such as !json '{\"id\":9}'");
    }
    const auto document = json::Document::ParseValue(node.text);
    if (!document.ok()) {
      return faults_.Add(node.place, field,
                         "is not JSON: " + std::string(document.status().message()));
    }
    *out += node.text;
  }

  YamlFaults& faults_;
};

// A value that is read back to the same bytes.
std::string ValueToYaml(const std::string& json) {
  const auto as_json = [&json] {
    if (json.find_first_of("\n\r\t") != json.npos) return "!json " + YamlFlowText(json);
    std::string quoted;
    for (const char c : json) quoted += c == '\'' ? "''" : std::string(1, c);
    return fmt::format("!json '{}'", quoted);
  };
  const auto document = json::Document::ParseValue(json);
  if (!document.ok()) return as_json();
  const json::Value root = document->root();
  if (root.raw().size() != json.size() || !root.is_scalar()) return as_json();
  if (root.type() != json::Type::kString) return json;
  std::string again;
  json::AppendString(root.text(), &again);
  return again == json ? YamlFlowText(root.text()) : as_json();
}

std::string TestToYaml(const v1::ConditionTest& test, const std::string& indent) {
  std::string out = fmt::format("test: {}\n{}path: {}", OperatorText(test.operator_()),
                                indent, YamlText(test.path()));
  if (test.values_size() > 0) {
    out += fmt::format("\n{}values: [", indent);
    for (int i = 0; i < test.values_size(); ++i) {
      out += (i == 0 ? "" : ", ") + ValueToYaml(test.values(i));
    }
    out += ']';
  }
  if (test.ignore_case()) out += fmt::format("\n{}ignore_case: true", indent);
  return out;
}

std::string ListToYaml(const char* name, const v1::ConditionList& list,
                       const std::string& indent) {
  if (list.conditions().empty()) return fmt::format("{}: []", name);
  std::string out = fmt::format("{}:", name);
  for (const v1::Condition& condition : list.conditions()) {
    out += fmt::format("\n{}  - {}", indent, ConditionToYaml(condition, indent + "    "));
  }
  return out;
}

}  // namespace

void ReadCondition(const YamlNode& node, const std::string& field, v1::Condition* out,
                   YamlFaults* faults) {
  Reader(faults).Read(node, field, out);
}

std::string ConditionToYaml(const v1::Condition& condition, const std::string& indent) {
  switch (condition.kind_case()) {
    case v1::Condition::kAll:
      return ListToYaml("all", condition.all(), indent);
    case v1::Condition::kAny:
      return ListToYaml("any", condition.any(), indent);
    case v1::Condition::kNot:
      return fmt::format("not:\n{}  {}", indent,
                         ConditionToYaml(condition.not_(), indent + "  "));
    case v1::Condition::kTest:
      return TestToYaml(condition.test(), indent);
    case v1::Condition::KIND_NOT_SET:
      break;
  }
  return "all: []";
}

}  // namespace windrow::cli
