#include "services/control_plane/condition_mapping.h"

#include <fmt/format.h>

namespace windrow::control_plane {
namespace {

using Kind = domain::ConditionSpec::Kind;

// The API's numbers are the domain's, after UNSPECIFIED.
static_assert(v1::TEST_OPERATOR_EQUALS ==
              1 + static_cast<int>(domain::TestKind::kEquals));
static_assert(v1::TEST_OPERATOR_BETWEEN ==
              1 + static_cast<int>(domain::TestKind::kBetween));
static_assert(v1::TEST_OPERATOR_CHANGED_FROM ==
              1 + static_cast<int>(domain::TestKind::kChangedFrom));

domain::TestSpec TestFromProto(const v1::ConditionTest& proto, const std::string& path,
                               Violations* violations) {
  domain::TestSpec test{.path = proto.path(),
                        .values = {proto.values().begin(), proto.values().end()},
                        .ignore_case = proto.ignore_case()};
  if (v1::TestOperator_IsValid(proto.operator_()) && proto.operator_() != 0) {
    test.kind = static_cast<domain::TestKind>(proto.operator_() - 1);
  } else {
    violations->Add(path + ".operator",
                    "is required: one of the named operators, such as EQUALS");
  }
  return test;
}

std::vector<domain::ConditionSpec> ListFromProto(const v1::ConditionList& list,
                                                 const std::string& path,
                                                 Violations* violations) {
  std::vector<domain::ConditionSpec> children;
  for (int i = 0; i < list.conditions_size(); ++i) {
    children.push_back(ConditionFromProto(list.conditions(i),
                                          fmt::format("{}[{}]", path, i), violations));
  }
  return children;
}

void TestToProto(const domain::TestSpec& test, v1::ConditionTest* proto) {
  proto->set_operator_(static_cast<v1::TestOperator>(static_cast<int>(test.kind) + 1));
  proto->set_path(test.path);
  for (const std::string& value : test.values) proto->add_values(value);
  proto->set_ignore_case(test.ignore_case);
}

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kAll:
      return "all";
    case Kind::kAny:
      return "any";
    case Kind::kNot:
      return "not";
    case Kind::kTest:
      return "test";
  }
  return "";
}

}  // namespace

domain::ConditionSpec ConditionFromProto(const v1::Condition& proto,
                                         const std::string& path,
                                         Violations* violations) {
  domain::ConditionSpec spec;
  switch (proto.kind_case()) {
    case v1::Condition::kAll:
      spec.children = ListFromProto(proto.all(), path + ".all", violations);
      break;
    case v1::Condition::kAny:
      spec.kind = Kind::kAny;
      spec.children = ListFromProto(proto.any(), path + ".any", violations);
      break;
    case v1::Condition::kNot:
      spec.kind = Kind::kNot;
      spec.children.push_back(
          ConditionFromProto(proto.not_(), path + ".not", violations));
      break;
    case v1::Condition::kTest:
      spec.kind = Kind::kTest;
      spec.test = TestFromProto(proto.test(), path + ".test", violations);
      break;
    case v1::Condition::KIND_NOT_SET:
      break;
  }
  return spec;
}

void ConditionToProto(const domain::ConditionSpec& spec, v1::Condition* proto) {
  switch (spec.kind) {
    case Kind::kAll:
      proto->mutable_all();
      for (const auto& child : spec.children) {
        ConditionToProto(child, proto->mutable_all()->add_conditions());
      }
      break;
    case Kind::kAny:
      proto->mutable_any();
      for (const auto& child : spec.children) {
        ConditionToProto(child, proto->mutable_any()->add_conditions());
      }
      break;
    case Kind::kNot:
      ConditionToProto(spec.children.at(0), proto->mutable_not_());
      break;
    case Kind::kTest:
      TestToProto(spec.test, proto->mutable_test());
      break;
  }
}

void VerdictToProto(const domain::ConditionVerdict& verdict,
                    v1::ConditionVerdict* proto) {
  proto->set_matched(verdict.matched);
  proto->set_kind(NameOf(verdict.kind));
  for (const auto& child : verdict.children) VerdictToProto(child, proto->add_children());
  if (verdict.kind != Kind::kTest) return;
  TestToProto(verdict.test, proto->mutable_test());
  if (verdict.value) proto->set_value(verdict.value->json);
  if (verdict.previous) proto->set_previous(verdict.previous->json);
  proto->set_why(verdict.why);
}

}  // namespace windrow::control_plane
