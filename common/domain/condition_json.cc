#include <fmt/format.h>

#include <string>
#include <utility>

#include "common/domain/condition.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

using Kind = ConditionSpec::Kind;

constexpr std::size_t kMaxStoredBytes = 4u << 20;  // far above what Validate lets through

void AppendTest(const TestSpec& test, std::string* out) {
  out->append("{\"test\":");
  json::AppendString(NameOf(test.kind), out);
  out->append(",\"path\":");
  json::AppendString(test.path, out);
  if (!test.values.empty()) {
    out->append(",\"values\":[");
    for (std::size_t i = 0; i < test.values.size(); ++i) {
      if (i > 0) out->push_back(',');
      out->append(test.values[i]);
    }
    out->push_back(']');
  }
  if (test.ignore_case) out->append(",\"ignore_case\":true");
  out->push_back('}');
}

absl::Status Unreadable(std::string_view what) {
  return absl::DataLossError(
      fmt::format("stored condition: {}; it may come from a newer release", what));
}

absl::Status UnknownField(std::string_view key) {
  return Unreadable(fmt::format("the field \"{}\" is not known", key));
}

absl::Status ReadCondition(const json::Value& value, std::size_t depth,
                           ConditionSpec* out);

absl::Status ReadText(const json::Value& value, std::string* out) {
  if (value.type() != json::Type::kString) return Unreadable("a text is wanted");
  *out = value.text();
  return absl::OkStatus();
}

absl::Status ReadTestMember(const std::string& key, const json::Value& member,
                            TestSpec* out) {
  if (key == "test") {
    std::string name;
    WINDROW_RETURN_IF_ERROR(ReadText(member, &name));
    const std::optional<TestKind> kind = TestKindFromName(name);
    if (!kind) return Unreadable(fmt::format("the test \"{}\" is not known", name));
    out->kind = *kind;
    return absl::OkStatus();
  }
  if (key == "path") return ReadText(member, &out->path);
  if (key == "values") {
    if (!member.is_array()) return Unreadable("an array of values is wanted");
    for (auto element = member.first_child(); element; element = element->next()) {
      out->values.emplace_back(element->raw());
    }
    return absl::OkStatus();
  }
  if (key == "ignore_case") {
    if (member.type() != json::Type::kBool) return Unreadable("true or false is wanted");
    out->ignore_case = member.raw() == "true";
    return absl::OkStatus();
  }
  return UnknownField(key);
}

absl::Status ReadTest(const json::Value& value, ConditionSpec* out) {
  out->kind = Kind::kTest;
  for (auto member = value.first_child(); member; member = member->next()) {
    WINDROW_RETURN_IF_ERROR(ReadTestMember(member->key(), *member, &out->test));
  }
  if (!value.Find("path")) return Unreadable("a test has no path");
  return absl::OkStatus();
}

absl::Status ReadGroup(Kind kind, const json::Value& list, std::size_t depth,
                       ConditionSpec* out) {
  out->kind = kind;
  if (kind == Kind::kNot) {
    return ReadCondition(list, depth + 1, &out->children.emplace_back());
  }
  if (!list.is_array()) return Unreadable("an array of conditions is wanted");
  for (auto element = list.first_child(); element; element = element->next()) {
    WINDROW_RETURN_IF_ERROR(
        ReadCondition(*element, depth + 1, &out->children.emplace_back()));
  }
  return absl::OkStatus();
}

absl::Status ReadCondition(const json::Value& value, std::size_t depth,
                           ConditionSpec* out) {
  if (depth > kMaxConditionDepth) return Unreadable("it is nested too deep");
  if (!value.is_object()) return Unreadable("an object is wanted");
  if (value.Find("test")) return ReadTest(value, out);
  const std::optional<json::Value> only = value.first_child();
  if (!only) return Unreadable("it is empty");
  if (only->next()) return Unreadable("a group has one field: all, any or not");
  const std::string key = only->key();
  if (key == "all") return ReadGroup(Kind::kAll, *only, depth, out);
  if (key == "any") return ReadGroup(Kind::kAny, *only, depth, out);
  if (key == "not") return ReadGroup(Kind::kNot, *only, depth, out);
  return UnknownField(key);
}

}  // namespace

void AppendJson(const ConditionSpec& spec, std::string* out) {
  switch (spec.kind) {
    case Kind::kTest:
      AppendTest(spec.test, out);
      return;
    case Kind::kNot:
      out->append("{\"not\":");
      for (const ConditionSpec& child : spec.children) AppendJson(child, out);
      break;
    case Kind::kAll:
    case Kind::kAny:
      out->append(spec.kind == Kind::kAll ? "{\"all\":[" : "{\"any\":[");
      for (std::size_t i = 0; i < spec.children.size(); ++i) {
        if (i > 0) out->push_back(',');
        AppendJson(spec.children[i], out);
      }
      out->push_back(']');
      break;
  }
  out->push_back('}');
}

absl::StatusOr<ConditionSpec> ConditionFromJson(const json::Value& value) {
  ConditionSpec spec;
  WINDROW_RETURN_IF_ERROR(ReadCondition(value, 1, &spec));
  return spec;
}

absl::StatusOr<ConditionSpec> ConditionFromJson(std::string json) {
  const auto document =
      json::Document::ParseValue(std::move(json), {.max_bytes = kMaxStoredBytes});
  if (!document.ok()) {
    return Unreadable(
        fmt::format("not JSON: {}", std::string(document.status().message())));
  }
  return ConditionFromJson(document->root());
}

}  // namespace windrow::domain
