// Conditions against the model of condition_model.h.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/condition.h"
#include "common/domain/event_document.h"
#include "tests/unit/domain/condition_model.h"
#include "tests/unit/domain/condition_samples.h"

namespace windrow::domain {
namespace {

// ---- Values and their spellings

Model AnyScalar() {
  Model value;
  value.type =
      *rc::gen::element(Model::kNull, Model::kBool, Model::kNumber, Model::kNumber,
                        Model::kText, Model::kText, Model::kText);
  if (value.type == Model::kBool) value.number = *rc::gen::inRange(0, 2);
  if (value.type == Model::kNumber) value.number = *rc::gen::inRange(-3, 4) * 50;
  if (value.type == Model::kText) {
    value.text = *rc::gen::container<std::string>(
        static_cast<std::size_t>(*rc::gen::inRange(0, 4)),
        rc::gen::element('a', 'A', 'b'));
  }
  return value;
}

Model AnyValue(int depth = 0) {
  const int kind = *rc::gen::inRange(0, depth < 2 ? 9 : 5);
  if (kind <= 4) return AnyScalar();
  Model value;
  if (kind <= 6) {
    value.type = Model::kObject;
    value.members["id"] = AnyScalar();
    value.members["name"] = AnyScalar();
    return value;
  }
  value.type = kind == 7 ? Model::kArray : Model::kObject;
  const int count = *rc::gen::inRange(0, 3);
  for (int i = 0; i < count; ++i) {
    if (kind == 7) {
      value.elements.push_back(AnyValue(depth + 1));
    } else {
      value.members[*rc::gen::element<std::string>("id", "k", "x")] = AnyValue(depth + 1);
    }
  }
  return value;
}

std::string NumberText(long hundredths) {
  const std::string sign = hundredths < 0 ? "-" : "";
  const long size = std::abs(hundredths);
  const std::string cents = (size % 100 < 10 ? "0" : "") + std::to_string(size % 100);
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return sign + std::to_string(size / 100) + "." + cents;
    case 1:
      return sign + std::to_string(size) + "e-2";
    default:
      return sign + std::to_string(size / 100) + "." + cents + "000E+0";
  }
}

std::string QuotedText(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    const bool escape = *rc::gen::inRange(0, 4) == 0;
    json += escape ? (c == 'a'   ? "\\u0061"
                      : c == 'A' ? "\\u0041"
                                 : "\\u0062")
                   : std::string(1, c);
  }
  return json + "\"";
}

std::string Spelled(const Model& value) {
  std::string json;
  switch (value.type) {
    case Model::kNull:
      return "null";
    case Model::kBool:
      return value.number != 0 ? "true" : "false";
    case Model::kNumber:
      return NumberText(value.number);
    case Model::kText:
      return QuotedText(value.text);
    case Model::kArray:
      for (const Model& element : value.elements) json += "," + Spelled(element);
      return "[" + (json.empty() ? "" : json.substr(1)) + "]";
    case Model::kObject: {
      const bool backward = *rc::gen::arbitrary<bool>();
      for (const auto& [key, member] : value.members) {
        const std::string one = "\"" + key + "\": " + Spelled(member);
        json = backward ? one + (json.empty() ? "" : ", ") + json
                        : json + (json.empty() ? "" : ",") + one;
      }
      return "{" + json + "}";
    }
  }
  return json;
}

// ---- Tests and trees

ModelTest AnyTest() {
  ModelTest test;
  test.kind = static_cast<TestKind>(*rc::gen::inRange(0, 22));
  test.ignore_case = *rc::gen::arbitrary<bool>();
  const auto of = [](Model::Type type) {
    return *rc::gen::suchThat(rc::gen::exec([] { return AnyScalar(); }),
                              [=](const Model& value) { return value.type == type; });
  };
  switch (test.kind) {
    case TestKind::kEquals:
    case TestKind::kNotEquals:
    case TestKind::kContains:
    case TestKind::kNotContains:
    case TestKind::kChangedTo:
    case TestKind::kChangedFrom:
      test.values = {AnyValue()};
      break;
    case TestKind::kIn:
    case TestKind::kNotIn:
      for (int i = *rc::gen::inRange(1, 5); i > 0; --i) test.values.push_back(AnyValue());
      break;
    case TestKind::kStartsWith:
    case TestKind::kEndsWith:
    case TestKind::kMatches:
      test.values = {of(Model::kText)};
      break;
    case TestKind::kLess:
    case TestKind::kLessOrEqual:
    case TestKind::kGreater:
    case TestKind::kGreaterOrEqual:
      test.values = {of(*rc::gen::element(Model::kNumber, Model::kText))};
      break;
    case TestKind::kBetween: {
      const Model::Type type = *rc::gen::element(Model::kNumber, Model::kText);
      test.values = {of(type), of(type)};
      const Model low = test.ignore_case ? Lower(test.values[0]) : test.values[0];
      const Model high = test.ignore_case ? Lower(test.values[1]) : test.values[1];
      if (*Order(low, high) > 0) std::swap(test.values[0], test.values[1]);
      break;
    }
    default:
      break;
  }
  return test;
}

struct Situation {
  Optional now;
  Optional before;
  bool has_previous = false;

  EventTexts Event() const {
    const auto object = [](const Optional& value) {
      return value ? "{\"other\":1,\"f\":" + Spelled(*value) + "}" : "{\"other\":1}";
    };
    return {.object = object(now), .previous = has_previous ? object(before) : ""};
  }
};

Situation AnySituation(const std::vector<Model>& likely) {
  const auto value = [&]() -> Optional {
    const int kind = *rc::gen::inRange(0, 6);
    if (kind == 0) return std::nullopt;
    if (kind <= 2 && !likely.empty()) return *rc::gen::elementOf(likely);
    return AnyValue();
  };
  Situation situation;
  situation.now = value();
  situation.has_previous = *rc::gen::inRange(0, 3) > 0;
  if (situation.has_previous) {
    situation.before = *rc::gen::inRange(0, 3) == 0 ? situation.now : value();
  }
  return situation;
}

ConditionSpec SpecOf(const ModelTest& test) {
  std::vector<std::string> values;
  for (const Model& value : test.values) values.push_back(Spelled(value));
  return TestOf(NameOf(test.kind), "object.f", values, test.ignore_case);
}

// Builds a tree and its answer side by side.
struct Tree {
  ConditionSpec spec;
  bool holds = false;
};

Tree AnyTree(const Situation& event, int depth = 1) {
  const int kind = *rc::gen::inRange(0, depth < 4 ? 5 : 2);
  if (kind <= 1) {
    const ModelTest test = AnyTest();
    return {SpecOf(test), Holds(test, event.now, event.before, event.has_previous)};
  }
  if (kind == 2) {
    Tree child = AnyTree(event, depth + 1);
    return {NotOf(std::move(child.spec)), !child.holds};
  }
  Tree tree{.spec = kind == 3 ? AllOf({}) : AnyOf({}), .holds = kind == 3};
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
    Tree child = AnyTree(event, depth + 1);
    tree.holds = kind == 3 ? tree.holds && child.holds : tree.holds || child.holds;
    tree.spec.children.push_back(std::move(child.spec));
  }
  return tree;
}

bool Agrees(const ConditionVerdict& verdict) {
  const auto matches = [](const ConditionVerdict& child) { return child.matched; };
  if (!std::ranges::all_of(verdict.children, Agrees)) return false;
  switch (verdict.kind) {
    case ConditionSpec::Kind::kAll:
      return verdict.matched == std::ranges::all_of(verdict.children, matches);
    case ConditionSpec::Kind::kAny:
      return verdict.matched == std::ranges::any_of(verdict.children, matches);
    case ConditionSpec::Kind::kNot:
      return verdict.matched != verdict.children[0].matched;
    default:
      return !verdict.why.empty();
  }
}

RC_GTEST_PROP(ConditionProperty, EachTestAgreesWithTheModel, ()) {
  const ModelTest test = AnyTest();
  const Situation situation = AnySituation(test.values);
  const EventTexts event = situation.Event();
  RC_LOG() << NameOf(test.kind) << " " << event.object << " " << event.previous;
  const bool expected =
      Holds(test, situation.now, situation.before, situation.has_previous);
  RC_CLASSIFY(expected, std::string(NameOf(test.kind)));
  RC_ASSERT(Matches(SpecOf(test), event) == expected);
}

RC_GTEST_PROP(ConditionProperty, TreesAgreeWithTheModelAndWithTheirExplanation, ()) {
  const Situation situation = AnySituation({});
  const EventTexts event = situation.Event();
  const Tree tree = AnyTree(situation);
  RC_ASSERT(Matches(tree.spec, event) == tree.holds);
  const ConditionVerdict verdict = ExplanationOf(tree.spec, event);
  RC_ASSERT(verdict.matched == tree.holds);
  RC_ASSERT(Agrees(verdict));
}

RC_GTEST_PROP(ConditionProperty, StorageReadsBackWhatItWrote, ()) {
  const Tree tree = AnyTree({});
  std::string json;
  AppendJson(tree.spec, &json);
  const auto read = ConditionFromJson(json);
  RC_ASSERT(read.ok());
  RC_ASSERT(*read == tree.spec);
}

}  // namespace
}  // namespace windrow::domain
