#include "cli/condition_text.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include "common/base/status.h"
#include "common/json/document.h"

namespace windrow::cli {
namespace {

constexpr char kPrefix[] = "TEST_OPERATOR_";

absl::Status Wrong(const std::string& where, std::string_view what) {
  return absl::InvalidArgumentError(
      fmt::format("{}: {}", where.empty() ? "condition" : where, what));
}

absl::Status ReadCondition(const json::Value& value, const std::string& where,
                           v1::Condition* out);

absl::Status ReadList(const json::Value& value, const std::string& where,
                      v1::ConditionList* out) {
  if (!value.is_array()) return Wrong(where, "must be an array of conditions");
  int i = 0;
  for (auto v = value.first_child(); v; v = v->next()) {
    WINDROW_RETURN_IF_ERROR(
        ReadCondition(*v, fmt::format("{}[{}]", where, i++), out->add_conditions()));
  }
  return absl::OkStatus();
}

absl::Status ReadTestMember(const std::string& key, const json::Value& value,
                            const std::string& where, v1::ConditionTest* out) {
  if (key == "values") {
    if (!value.is_array()) return Wrong(where, "values must be an array");
    for (auto v = value.first_child(); v; v = v->next()) {
      out->add_values(std::string(v->raw()));
    }
    return absl::OkStatus();
  }
  if (key == "ignore_case") {
    if (value.type() != json::Type::kBool)
      return Wrong(where, "ignore_case: true or false");
    out->set_ignore_case(value.raw() == "true");
    return absl::OkStatus();
  }
  if (key != "test" && key != "path") {
    return Wrong(where,
                 fmt::format("'{}' is not known: a test has test, path, values and "
                             "ignore_case",
                             key));
  }
  if (value.type() != json::Type::kString) {
    return Wrong(where, fmt::format("{} must be a text", key));
  }
  if (key == "path") {
    out->set_path(value.text());
    return absl::OkStatus();
  }
  const std::optional<v1::TestOperator> number = OperatorFromText(value.text());
  if (!number) {
    return Wrong(where, fmt::format("there is no test '{}': equals, in, contains, "
                                    "changed_to, … are the names",
                                    value.text()));
  }
  out->set_operator_(*number);
  return absl::OkStatus();
}

absl::Status ReadCondition(const json::Value& value, const std::string& where,
                           v1::Condition* out) {
  const auto first = value.is_object() ? value.first_child() : std::nullopt;
  if (!first) return Wrong(where, "must be an object with all, any, not or test");
  const std::string key = first->key();
  if (key == "all") return ReadList(*first, where + ".all", out->mutable_all());
  if (key == "any") return ReadList(*first, where + ".any", out->mutable_any());
  if (key == "not") return ReadCondition(*first, where + ".not", out->mutable_not_());
  for (auto v = first; v; v = v->next()) {
    WINDROW_RETURN_IF_ERROR(ReadTestMember(v->key(), *v, where, out->mutable_test()));
  }
  if (out->test().operator_() == v1::TEST_OPERATOR_UNSPECIFIED) {
    return Wrong(where, "must have all, any, not or test");
  }
  return absl::OkStatus();
}

void AppendList(const char* name, const v1::ConditionList& list, std::string* out) {
  *out += fmt::format("{{\"{}\":[", name);
  for (int i = 0; i < list.conditions_size(); ++i) {
    if (i > 0) *out += ',';
    *out += ConditionText(list.conditions(i));
  }
  *out += "]}";
}

}  // namespace

std::string OperatorText(v1::TestOperator number) {
  const std::string name = v1::TestOperator_Name(number);
  return absl::AsciiStrToLower(name.substr(sizeof(kPrefix) - 1));
}

std::optional<v1::TestOperator> OperatorFromText(std::string_view text) {
  v1::TestOperator number;
  const std::string name = kPrefix + absl::AsciiStrToUpper({text.data(), text.size()});
  if (!v1::TestOperator_Parse(name, &number)) return std::nullopt;
  if (number == v1::TEST_OPERATOR_UNSPECIFIED) return std::nullopt;
  return number;
}

absl::StatusOr<v1::Condition> ConditionFromText(std::string json) {
  const auto document = json::Document::ParseObject(std::move(json));
  if (!document.ok()) return document.status();
  v1::Condition condition;
  WINDROW_RETURN_IF_ERROR(ReadCondition(document->root(), "", &condition));
  return condition;
}

std::string ConditionText(const v1::Condition& condition) {
  std::string out;
  switch (condition.kind_case()) {
    case v1::Condition::kAll:
      AppendList("all", condition.all(), &out);
      break;
    case v1::Condition::kAny:
      AppendList("any", condition.any(), &out);
      break;
    case v1::Condition::kNot:
      out = fmt::format("{{\"not\":{}}}", ConditionText(condition.not_()));
      break;
    case v1::Condition::kTest: {
      const v1::ConditionTest& test = condition.test();
      out = fmt::format("{{\"test\":\"{}\",\"path\":", OperatorText(test.operator_()));
      json::AppendString(test.path(), &out);
      for (int i = 0; i < test.values_size(); ++i) {
        out += (i == 0 ? ",\"values\":[" : ",") + test.values(i);
      }
      if (test.values_size() > 0) out += ']';
      if (test.ignore_case()) out += ",\"ignore_case\":true";
      out += '}';
      break;
    }
    case v1::Condition::KIND_NOT_SET:
      break;
  }
  return out;
}

std::string TestText(const v1::ConditionTest& test) {
  std::string out = fmt::format("{} {}", test.path(), OperatorText(test.operator_()));
  for (int i = 0; i < test.values_size(); ++i) {
    out += (i == 0 ? " " : ", ") + test.values(i);
  }
  if (test.ignore_case()) out += " (ignoring case)";
  return out;
}

}  // namespace windrow::cli
