#include <gtest/gtest.h>

#include <string>

#include "common/domain/condition.h"
#include "tests/unit/domain/condition_samples.h"

namespace windrow::domain {
namespace {

// Evaluates one test of `object.f`.
bool Field(const std::string& object, std::string_view kind,
           std::vector<std::string> values = {}, bool ignore_case = false) {
  return Matches(TestOf(kind, "object.f", std::move(values), ignore_case),
                 {.object = object});
}

TEST(ConditionTest, NoConditionMatchesEveryEvent) {
  EXPECT_TRUE(Matches({}, {}));
  EXPECT_TRUE(Compiled({}).always());
  EXPECT_FALSE(Compiled(TestOf("exists", "object.f")).always());
}

TEST(ConditionTest, AnUpdateThatWritesTheSameStatusIsNoChange) {
  const auto to_closed = TestOf("changed_to", "object.status", {R"("Closed")"});
  EXPECT_FALSE(Matches(to_closed, {.object = R"({"status":"Closed"})",
                                   .previous = R"({"status":"Closed"})"}));
  EXPECT_TRUE(Matches(to_closed, {.object = R"({"status":"Closed"})",
                                  .previous = R"({"status":"Open"})"}));
  EXPECT_FALSE(Matches(
      TestOf("changed", "object.status"),
      {.object = R"({"status":"Closed"})", .previous = R"({"status":"Closed"})"}));
}

TEST(ConditionTest, ACreateChangesToItsStatusButIsNoChange) {
  const EventTexts created{.object = R"({"status":"Closed"})"};
  EXPECT_TRUE(Matches(TestOf("changed_to", "object.status", {R"("Closed")"}), created));
  EXPECT_FALSE(Matches(TestOf("changed_to", "object.status", {R"("Open")"}), created));
  EXPECT_FALSE(Matches(TestOf("changed", "object.status"), created));
  EXPECT_FALSE(Matches(TestOf("not_changed", "object.status"), created));
  EXPECT_FALSE(
      Matches(TestOf("changed_from", "object.status", {R"("Closed")"}), created));
}

TEST(ConditionTest, SingleSelectsCompareByIdWithNumbersAndByNameWithTexts) {
  const std::string team = R"({"f":{"id":3,"name":"3rd line"}})";
  EXPECT_TRUE(Field(team, "equals", {"3"}));
  EXPECT_TRUE(Field(team, "equals", {"3.0"}));
  EXPECT_FALSE(Field(team, "equals", {R"("3")"}));
  EXPECT_TRUE(Field(team, "equals", {R"("3rd line")"}));
  EXPECT_FALSE(Field(team, "equals", {R"("3RD LINE")"}));
  EXPECT_TRUE(Field(team, "equals", {R"("3RD LINE")"}, true));
  EXPECT_FALSE(Field(team, "not_equals", {"3"}));
  EXPECT_TRUE(Field(team, "in", {"1", "3"}));
  EXPECT_TRUE(Field(team, "in", {"1", R"("3rd line")"}));
  EXPECT_FALSE(Field(team, "in", {R"("3")", "4"}));
  EXPECT_TRUE(Field(team, "contains", {R"("line")"}));
  EXPECT_FALSE(Field(team, "contains", {"3"}));
  EXPECT_TRUE(Field(team, "starts_with", {R"("3rd")"}));
  EXPECT_TRUE(Field(team, "ends_with", {R"("line")"}));
  EXPECT_TRUE(Field(team, "matches", {R"("^\\d[a-z]+ ")"}));
  EXPECT_TRUE(Field(team, "greater", {"2"}));
  EXPECT_TRUE(Field(team, "between", {"3", "4"}));
  EXPECT_TRUE(Field(team, "less", {R"("4")"}));
  EXPECT_TRUE(Field(team, "equals", {R"({"name":"3rd line","id":3.0})"}));
  EXPECT_FALSE(Field(team, "equals", {"null"}));
}

TEST(ConditionTest, OnlyAnIdAndANameMakeASingleSelect) {
  EXPECT_TRUE(Field(R"({"f":{"\u006eame":"x","id":3}})", "equals", {"3"}));
  EXPECT_FALSE(Field(R"({"f":{"id":3}})", "equals", {"3"}));
  EXPECT_FALSE(Field(R"({"f":{"id":3,"name":"x","more":1}})", "equals", {"3"}));
  EXPECT_FALSE(Field(R"({"f":{"id":[3],"name":"x"}})", "equals", {R"("x")"}));
  EXPECT_FALSE(Field(R"({"f":{"id":"3","name":"x"}})", "equals", {"3"}));
  EXPECT_FALSE(Field(R"({"f":{"id":3,"name":null}})", "equals", {"null"}));
}

TEST(ConditionTest, AMissingFieldMakesTestsFalseButForFive) {
  const std::string none = R"({"other":1})";
  EXPECT_FALSE(Field(none, "equals", {"3"}));
  EXPECT_TRUE(Field(none, "not_equals", {"3"}));
  EXPECT_FALSE(Field(none, "in", {"3"}));
  EXPECT_TRUE(Field(none, "not_in", {"3"}));
  EXPECT_FALSE(Field(none, "contains", {R"("a")"}));
  EXPECT_TRUE(Field(none, "not_contains", {R"("a")"}));
  EXPECT_FALSE(Field(none, "starts_with", {R"("")"}));
  EXPECT_FALSE(Field(none, "ends_with", {R"("")"}));
  EXPECT_FALSE(Field(none, "matches", {R"("")"}));
  EXPECT_FALSE(Field(none, "less", {"3"}));
  EXPECT_FALSE(Field(none, "less_or_equal", {"3"}));
  EXPECT_FALSE(Field(none, "greater", {"3"}));
  EXPECT_FALSE(Field(none, "greater_or_equal", {"3"}));
  EXPECT_FALSE(Field(none, "between", {"1", "3"}));
  EXPECT_TRUE(Field(none, "empty"));
  EXPECT_FALSE(Field(none, "not_empty"));
  EXPECT_FALSE(Field(none, "exists"));
  EXPECT_TRUE(Field(none, "not_exists"));
  EXPECT_FALSE(Field(none, "changed"));
  EXPECT_FALSE(Field(none, "not_changed"));
  EXPECT_FALSE(Field(none, "changed_to", {"3"}));
  EXPECT_FALSE(Field(none, "changed_from", {"3"}));
  EXPECT_FALSE(
      Matches(TestOf("not_changed", "object.f"), {.object = none, .previous = none}));
}

TEST(ConditionTest, NotTurnsATestOfAMissingFieldRound) {
  EXPECT_TRUE(Matches(NotOf(TestOf("equals", "object.team", {"3"})), {}));
  EXPECT_FALSE(Matches(NotOf(TestOf("not_equals", "object.team", {"3"})), {}));
}

TEST(ConditionTest, ContainsLooksForElementsAndSubstrings) {
  const std::string list = R"({"f":["VIP","eu"]})";
  EXPECT_FALSE(Field(list, "contains", {R"("vip")"}));
  EXPECT_TRUE(Field(list, "contains", {R"("vip")"}, true));
  EXPECT_FALSE(Field(list, "contains", {R"("e")"}));
  EXPECT_TRUE(Field(R"({"f":"vip-eu"})", "contains", {R"("vip")"}));
  EXPECT_FALSE(Field(R"({"f":"VIP-eu"})", "contains", {R"("vip")"}));
  EXPECT_TRUE(Field(R"({"f":"VIP-eu"})", "contains", {R"("vip")"}, true));
  EXPECT_TRUE(Field(R"({"f":"ZO\u00cb"})", "contains", {R"("oë")"}, true));
  EXPECT_TRUE(Field(R"({"f":[1.0,2]})", "contains", {"1"}));
  EXPECT_TRUE(Field(R"({"f":[{"id":7,"name":"x"}]})", "contains", {"7"}));
  EXPECT_TRUE(Field(R"({"f":[[1],null]})", "contains", {"[1.0]"}));
  EXPECT_TRUE(Field(R"({"f":[[1],null]})", "contains", {"null"}));
  EXPECT_FALSE(Field(R"({"f":123})", "contains", {"2"}));
  EXPECT_FALSE(Field(R"({"f":"123"})", "contains", {"2"}));
  EXPECT_TRUE(Field(R"({"f":123})", "not_contains", {"2"}));
  EXPECT_FALSE(Field(list, "not_contains", {R"("eu")"}));
}

TEST(ConditionTest, NumbersCompareAsDecimals) {
  EXPECT_FALSE(Field(R"({"f":0.10})", "greater", {"0.1"}));
  EXPECT_TRUE(Field(R"({"f":0.1000000000000000000000000001})", "greater", {"0.1"}));
  EXPECT_TRUE(Field(R"({"f":0.10})", "equals", {"0.1"}));
  EXPECT_FALSE(Field(R"({"f":9007199254740993})", "equals", {"9007199254740992"}));
  EXPECT_TRUE(Field(R"({"f":1e400})", "greater", {"9e399"}));
  EXPECT_TRUE(Field(R"({"f":1e999999999})", "less", {"1e1000000000"}));
  EXPECT_TRUE(Field(R"({"f":5})", "less_or_equal", {"5.0"}));
  EXPECT_TRUE(Field(R"({"f":5})", "greater_or_equal", {"5.0"}));
  EXPECT_FALSE(Field(R"({"f":5})", "less", {"5.0"}));
  EXPECT_TRUE(Field(R"({"f":-0})", "equals", {"0"}));
}

TEST(ConditionTest, BetweenTakesItsEnds) {
  EXPECT_TRUE(Field(R"({"f":1})", "between", {"1", "2"}));
  EXPECT_TRUE(Field(R"({"f":2.0})", "between", {"1", "2"}));
  EXPECT_FALSE(Field(R"({"f":2.01})", "between", {"1", "2"}));
  EXPECT_FALSE(Field(R"({"f":0.99})", "between", {"1", "2"}));
  EXPECT_TRUE(
      Field(R"({"f":"2026-03-01"})", "between", {R"("2026-01-01")", R"("2026-12-31")"}));
  EXPECT_FALSE(Field(R"({"f":"x"})", "between", {"1", "2"}));
}

TEST(ConditionTest, TextsOrderByBytes) {
  EXPECT_TRUE(Field(R"({"f":"Zoe"})", "less", {R"("apple")"}));
  EXPECT_FALSE(Field(R"({"f":"Zoe"})", "less", {R"("apple")"}, true));
  EXPECT_TRUE(Field(R"({"f":"10"})", "less", {R"("9")"}));
}

TEST(ConditionTest, DifferentTypesDifferAndHaveNoOrder) {
  EXPECT_FALSE(Field(R"({"f":"3"})", "equals", {"3"}));
  EXPECT_TRUE(Field(R"({"f":"3"})", "not_equals", {"3"}));
  for (const char* kind : {"less", "less_or_equal", "greater", "greater_or_equal"}) {
    EXPECT_FALSE(Field(R"({"f":"3"})", kind, {"3"})) << kind;
    EXPECT_FALSE(Field(R"({"f":null})", kind, {"3"})) << kind;
    EXPECT_FALSE(Field(R"({"f":3})", kind, {R"("3")"})) << kind;
  }
  EXPECT_FALSE(Field(R"({"f":true})", "equals", {R"("true")"}));
  EXPECT_FALSE(Field(R"({"f":true})", "starts_with", {R"("t")"}));
}

TEST(ConditionTest, EqualsComparesEveryType) {
  EXPECT_TRUE(Field(R"({"f":null})", "equals", {"null"}));
  EXPECT_TRUE(Field(R"({"f":true})", "equals", {"true"}));
  EXPECT_FALSE(Field(R"({"f":true})", "equals", {"false"}));
  EXPECT_TRUE(Field(R"({"f":"a\u000ab"})", "equals", {R"("a\nb")"}));
  EXPECT_TRUE(Field(R"({"f":[1.0,{"b":"x","a":null}]})", "equals",
                    {R"([1, {"a": null, "b": "x"}])"}));
  EXPECT_FALSE(Field(R"({"f":[1,2]})", "equals", {"[1]"}));
  EXPECT_FALSE(Field(R"({"f":[1]})", "equals", {"[1,2]"}));
  EXPECT_FALSE(Field(R"({"f":{"a":1}})", "equals", {R"({"b":1})"}));
  EXPECT_FALSE(Field(R"({"f":["X"]})", "equals", {R"(["x"])"}));
  EXPECT_TRUE(Field(R"({"f":["X"]})", "equals", {R"(["x"])"}, true));
}

TEST(ConditionTest, InFindsAnyOfItsValues) {
  const std::vector<std::string> values = {R"("b")", "2.50", "null",
                                           R"("a")", "-1",   "[1]"};
  EXPECT_TRUE(Field(R"({"f":"a"})", "in", values));
  EXPECT_TRUE(Field(R"({"f":"b"})", "in", values));
  EXPECT_TRUE(Field(R"({"f":2.5})", "in", values));
  EXPECT_TRUE(Field(R"({"f":-1.0})", "in", values));
  EXPECT_TRUE(Field(R"({"f":null})", "in", values));
  EXPECT_TRUE(Field(R"({"f":[1e0]})", "in", values));
  EXPECT_FALSE(Field(R"({"f":"A"})", "in", values));
  EXPECT_TRUE(Field(R"({"f":"A"})", "in", values, true));
  EXPECT_FALSE(Field(R"({"f":2})", "in", values));
  EXPECT_TRUE(Field(R"({"f":2})", "not_in", values));
  EXPECT_FALSE(Field(R"({"f":2.5})", "not_in", values));
}

TEST(ConditionTest, EmptyIsNullOrHasNothing) {
  EXPECT_TRUE(Field(R"({"f":""})", "empty"));
  EXPECT_TRUE(Field(R"({"f":null})", "empty"));
  EXPECT_TRUE(Field(R"({"f":[ ]})", "empty"));
  EXPECT_TRUE(Field(R"({"f":{}})", "empty"));
  EXPECT_FALSE(Field(R"({"f":" "})", "empty"));
  EXPECT_FALSE(Field(R"({"f":0})", "empty"));
  EXPECT_FALSE(Field(R"({"f":false})", "empty"));
  EXPECT_FALSE(Field(R"({"f":[null]})", "empty"));
  EXPECT_TRUE(Field(R"({"f":" "})", "not_empty"));
  EXPECT_FALSE(Field(R"({"f":""})", "not_empty"));
}

TEST(ConditionTest, NullIsPresent) {
  EXPECT_TRUE(Field(R"({"f":null})", "exists"));
  EXPECT_FALSE(Field(R"({"f":null})", "not_exists"));
}

TEST(ConditionTest, StartsAndEndsAreOfTexts) {
  EXPECT_TRUE(Field(R"({"f":"VIP-eu"})", "starts_with", {R"("VIP")"}));
  EXPECT_FALSE(Field(R"({"f":"VIP-eu"})", "starts_with", {R"("vip")"}));
  EXPECT_TRUE(Field(R"({"f":"VIP-eu"})", "starts_with", {R"("vip")"}, true));
  EXPECT_TRUE(Field(R"({"f":"VIP-eu"})", "ends_with", {R"("-eu")"}));
  EXPECT_TRUE(Field(R"({"f":"VIP-eu"})", "ends_with", {R"("-EU")"}, true));
  EXPECT_FALSE(Field(R"({"f":["VIP"]})", "starts_with", {R"("VIP")"}));
}

TEST(ConditionTest, MatchesFindsThePatternAnywhere) {
  EXPECT_TRUE(Field(R"({"f":"order 17"})", "matches", {R"("\\d+")"}));
  EXPECT_FALSE(Field(R"({"f":"order 17"})", "matches", {R"("^\\d+$")"}));
  EXPECT_FALSE(Field(R"({"f":"VIP"})", "matches", {R"("vip")"}));
  EXPECT_TRUE(Field(R"({"f":"VIP"})", "matches", {R"("vip")"}, true));
  EXPECT_TRUE(Field(R"({"f":"a\u0000b"})", "matches", {R"("a\\x00b")"}));
  EXPECT_TRUE(Field(R"({"f":"ZOË"})", "matches", {R"("^...$")"}));
  EXPECT_FALSE(Field(R"({"f":17})", "matches", {R"("17")"}));
}

TEST(ConditionTest, MatchesAMebibyteInBoundedTime) {
  const std::string text(1'000'000, 'a');
  EXPECT_TRUE(Field(R"({"f":")" + text + R"("})", "matches", {R"("^a+$")"}));
  EXPECT_FALSE(Field(R"({"f":")" + text + R"(b"})", "matches", {R"("^a+$")"}));
  EXPECT_FALSE(Field(R"({"f":")" + text + R"(b"})", "matches", {R"("^(a+)+$")"}));
}

// The automaton of this one has more states than its memory holds, so RE2 goes on without
// one, step by step: the slowest that a pattern can be, and linear all the same.
TEST(ConditionTest, MatchesIsLinearForThePatternThatOutgrowsItsMemory) {
  std::string text;
  for (std::uint32_t i = 0, random = 1; i < 20'000; ++i) {
    random = random * 1'664'525 + 1'013'904'223;
    text += random >> 31 != 0 ? 'a' : 'b';
  }
  const std::string pattern = R"("(a|b)*a(a|b){200}x")";
  EXPECT_FALSE(Field(R"({"f":")" + text + R"("})", "matches", {pattern}));
  EXPECT_TRUE(Field(R"({"f":")" + text + "a" + std::string(200, 'b') + R"(x"})",
                    "matches", {pattern}));
}

TEST(ConditionTest, ChangedComparesWithPrevious) {
  const auto changed = [](const char* object, const char* previous) {
    const EventTexts event{.object = object, .previous = previous};
    const bool is = Matches(TestOf("changed", "object.f"), event);
    return is;
  };
  EXPECT_TRUE(changed(R"({"f":1})", R"({"f":2})"));
  EXPECT_FALSE(changed(R"({"f":1.0})", R"({"f":1})"));
  EXPECT_FALSE(changed(R"({"f":{"id":1,"name":"a"}})", R"({"f":{"name":"a","id":1}})"));
  EXPECT_TRUE(changed(R"({"f":{"id":1,"name":"a"}})", R"({"f":{"id":2,"name":"a"}})"));
  EXPECT_TRUE(changed(R"({"f":null})", R"({})"));
  EXPECT_TRUE(changed(R"({})", R"({"f":1})"));
  EXPECT_FALSE(changed(R"({})", R"({})"));
  EXPECT_TRUE(changed(R"({"f":"a"})", R"({"f":"A"})"));
  EXPECT_FALSE(Matches(TestOf("changed", "object.f", {}, true),
                       {.object = R"({"f":"a"})", .previous = R"({"f":"A"})"}));
  EXPECT_TRUE(Matches(TestOf("not_changed", "object.f"),
                      {.object = R"({"f":1})", .previous = R"({"f":1})"}));
  EXPECT_FALSE(Matches(TestOf("not_changed", "object.f"),
                       {.object = R"({"f":1})", .previous = R"({"f":2})"}));
}

TEST(ConditionTest, WholeObjectsCompareWhateverTheOrderOfTheirKeys) {
  std::string forward = "{";
  std::string backward = "{";
  for (int i = 0; i < 1'000; ++i) {
    forward += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    backward += "\"k" + std::to_string(999 - i) + "\":" + std::to_string(999 - i) + ".0,";
  }
  forward.back() = backward.back() = '}';
  EXPECT_TRUE(Matches(TestOf("not_changed", "object"),
                      {.object = forward, .previous = backward}));
  backward[backward.size() - 2] = '1';
  EXPECT_TRUE(
      Matches(TestOf("changed", "object"), {.object = forward, .previous = backward}));
}

TEST(ConditionTest, ChangedToAndFromNeedTheOtherSideToDiffer) {
  const EventTexts reopened{.object = R"({"s":{"id":1,"name":"Open"}})",
                            .previous = R"({"s":{"id":9,"name":"Closed"}})"};
  EXPECT_TRUE(Matches(TestOf("changed_from", "object.s", {"9"}), reopened));
  EXPECT_TRUE(Matches(TestOf("changed_from", "object.s", {R"("Closed")"}), reopened));
  EXPECT_TRUE(Matches(TestOf("changed_to", "object.s", {"1"}), reopened));
  EXPECT_FALSE(Matches(TestOf("changed_to", "object.s", {"9"}), reopened));
  EXPECT_FALSE(Matches(TestOf("changed_from", "object.s", {"1"}), reopened));
  const EventTexts same{.object = R"({"s":9})", .previous = R"({"s":9})"};
  EXPECT_FALSE(Matches(TestOf("changed_from", "object.s", {"9"}), same));
  EXPECT_TRUE(Matches(TestOf("changed_from", "object.s", {"9"}),
                      {.object = "{}", .previous = R"({"s":9})"}));
  EXPECT_TRUE(Matches(TestOf("changed_to", "object.s", {"9"}),
                      {.object = R"({"s":9})", .previous = "{}"}));
}

TEST(ConditionTest, ReadsEveryPartOfTheEvent) {
  const EventTexts event{.object = R"({"items":[{"sku":"a"}]})",
                         .previous = R"({"team":3})",
                         .action = R"({"outcome":"Note"})",
                         .agent_id = "42"};
  EXPECT_TRUE(Matches(TestOf("equals", "action.outcome", {R"("Note")"}), event));
  EXPECT_TRUE(Matches(TestOf("equals", "previous.team", {"3"}), event));
  EXPECT_TRUE(Matches(TestOf("equals", "event.agent_id", {R"("42")"}), event));
  EXPECT_TRUE(Matches(TestOf("equals", "object.items.0.sku", {R"("a")"}), event));
}

TEST(ConditionTest, TreesCombine) {
  const auto a = TestOf("equals", "object.a", {"1"});
  const auto b = TestOf("equals", "object.b", {"1"});
  const EventTexts only_a{.object = R"({"a":1,"b":0})"};
  EXPECT_FALSE(Matches(AllOf({a, b}), only_a));
  EXPECT_TRUE(Matches(AnyOf({a, b}), only_a));
  EXPECT_TRUE(Matches(AllOf({a, NotOf(b)}), only_a));
  EXPECT_FALSE(Matches(AnyOf({NotOf(a), b}), only_a));
  EXPECT_TRUE(Matches(NotOf(AllOf({a, b})), only_a));
  EXPECT_TRUE(Matches(AllOf({AnyOf({b, a}), NotOf(AnyOf({b})), a}), only_a));
}

}  // namespace
}  // namespace windrow::domain
