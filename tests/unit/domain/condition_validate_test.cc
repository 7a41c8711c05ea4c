#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/domain/condition.h"
#include "tests/unit/domain/condition_samples.h"

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Violation> ViolationsOfSpec(const ConditionSpec& spec) {
  Violations violations;
  Validate(spec, "c", &violations);
  return violations.list();
}

auto Broken(std::string field, std::string rule) {
  return testing::AllOf(testing::Field(&Violation::field, field),
                        testing::Field(&Violation::rule, HasSubstr(rule)));
}

TEST(ConditionValidateTest, EveryTestIsAcceptedWithItsValues) {
  EXPECT_THAT(ViolationsOfSpec({}), IsEmpty());
  EXPECT_THAT(ViolationsOfSpec(AllOf({
                  TestOf("equals", "object.f", {"null"}),
                  TestOf("not_equals", "object.f", {"[1]"}),
                  TestOf("in", "object.f", {"1", R"("a")", "true"}),
                  TestOf("not_in", "object.f", {"1"}),
                  TestOf("contains", "object.f", {"1"}),
                  TestOf("not_contains", "object.f", {R"("")"}),
                  TestOf("starts_with", "object.f", {R"("a")"}),
                  TestOf("ends_with", "object.f", {R"("a")"}),
                  TestOf("matches", "object.f", {R"("a|b")"}),
                  TestOf("less", "object.f", {"1"}),
                  TestOf("less_or_equal", "object.f", {R"("a")"}),
                  TestOf("greater", "object.f", {"1"}),
                  TestOf("greater_or_equal", "object.f", {"1"}),
                  TestOf("between", "object.f", {"1", "1.0"}),
                  TestOf("empty", "action.f"),
                  TestOf("not_empty", "object"),
                  TestOf("exists", "previous"),
                  TestOf("not_exists", "event.agent_id"),
                  TestOf("changed", "object.f"),
                  TestOf("not_changed", "object.f"),
                  TestOf("changed_to", "object.f", {"1"}),
                  TestOf("changed_from", "object.f", {"1"}),
              })),
              IsEmpty());
}

TEST(ConditionValidateTest, AllViolationsAreNamedAtOnceWithTheirPaths) {
  EXPECT_THAT(ViolationsOfSpec(AllOf(
                  {TestOf("equals", "status", {"1"}),
                   AnyOf({NotOf(TestOf("equals", "object.f", {"oops"})), AnyOf({})}),
                   TestOf("in", "object.f", {"1", "01"})})),
              ElementsAre(Broken("c.all[0].test.path", "at byte 0: a path begins with"),
                          Broken("c.all[1].any[0].not.test.values[0]", "is not JSON"),
                          Broken("c.all[1].any[1].any",
                                 "is empty: put at least one condition in it"),
                          Broken("c.all[2].test.values[1]", "is not JSON")));
}

TEST(ConditionValidateTest, EachTestTakesItsOwnNumberOfValues) {
  const auto rule = [](std::string_view kind, std::vector<std::string> values) {
    const auto list = ViolationsOfSpec(TestOf(kind, "object.f", std::move(values)));
    return list.size() == 1 && list[0].field == "c.test.values" ? list[0].rule : "";
  };
  EXPECT_EQ(rule("equals", {}), "has 0 values: `equals` takes 1");
  EXPECT_EQ(rule("equals", {"1", "2"}), "has 2 values: `equals` takes 1");
  EXPECT_EQ(rule("between", {"1"}), "has 1 values: `between` takes 2");
  EXPECT_EQ(rule("exists", {"1"}), "has 1 values: `exists` takes 0");
  EXPECT_EQ(rule("in", {}), "has 0 values: `in` takes 1–1000");
  EXPECT_EQ(rule("in", std::vector<std::string>(1'000, "1")), "");
  EXPECT_EQ(rule("in", std::vector<std::string>(1'001, "1")),
            "has 1001 values: `in` takes 1–1000");
}

TEST(ConditionValidateTest, ValuesAreOfATypeThatTheTestCompares) {
  EXPECT_THAT(ViolationsOfSpec(TestOf("starts_with", "object.f", {"1"})),
              ElementsAre(Broken("c.test.values[0]", "`starts_with` takes a text")));
  EXPECT_THAT(ViolationsOfSpec(TestOf("less", "object.f", {"null"})),
              ElementsAre(Broken("c.test.values[0]", "`less` takes numbers or texts")));
  EXPECT_THAT(ViolationsOfSpec(TestOf("between", "object.f", {"1", R"("2")"})),
              ElementsAre(Broken("c.test.values", "two numbers or two texts")));
  EXPECT_THAT(ViolationsOfSpec(TestOf("between", "object.f", {"2", "1.9"})),
              ElementsAre(Broken("c.test.values", "put the smaller one first")));
  EXPECT_THAT(ViolationsOfSpec(TestOf("between", "object.f", {R"("b")", R"("A")"}, true)),
              ElementsAre(Broken("c.test.values", "put the smaller one first")));
}

TEST(ConditionValidateTest, ValuesAreOneJsonTextEach) {
  const auto rule = [](std::string value) {
    const auto list = ViolationsOfSpec(TestOf("equals", "object.f", {std::move(value)}));
    return list.size() == 1 && list[0].field == "c.test.values[0]" ? list[0].rule : "";
  };
  EXPECT_THAT(rule("Closed"), HasSubstr("is not JSON"));
  EXPECT_THAT(rule(""), HasSubstr("is not JSON"));
  EXPECT_THAT(rule("1 2"), HasSubstr("is not JSON"));
  EXPECT_THAT(rule("\"\xff\""), HasSubstr("is not JSON"));
  EXPECT_THAT(rule(" 1"), HasSubstr("has white space around it"));
  EXPECT_EQ(rule("\"" + std::string(4'094, 'a') + "\""), "");
  EXPECT_EQ(rule("\"" + std::string(4'095, 'a') + "\""),
            "has 4097 bytes: a value has at most 4096");
  EXPECT_EQ(rule(std::string(16, '[') + std::string(16, ']')), "");
  EXPECT_THAT(rule(std::string(17, '[') + std::string(17, ']')),
              HasSubstr("nested deeper than the limit of 16"));
}

TEST(ConditionValidateTest, PatternsAreRefusedWithTheirPlace) {
  const auto rule = [](std::string pattern) {
    const auto list =
        ViolationsOfSpec(TestOf("matches", "object.f", {"\"" + pattern + "\""}));
    return list.size() == 1 && list[0].field == "c.test.values[0]" ? list[0].rule : "";
  };
  EXPECT_EQ(rule("ab[z-a]"),
            "is not a pattern of RE2: at byte 3: invalid character class range: z-a");
  EXPECT_EQ(rule("a(b"), "is not a pattern of RE2: at byte 0: missing ): a(b");
  EXPECT_THAT(rule("x**"), HasSubstr("at byte 1: bad repetition operator: **"));
  EXPECT_THAT(rule(R"((a)\\1)"), HasSubstr("at byte 3: invalid escape sequence"));
  EXPECT_THAT(rule("(?=a)"), HasSubstr("is not a pattern of RE2"));
  EXPECT_EQ(rule(std::string(1'024, 'a')).find("bytes"), std::string::npos);
  EXPECT_EQ(rule(std::string(1'025, 'a')), "has 1025 bytes: a pattern has at most 1024");
  EXPECT_THAT(rule("((a{100}){100}){100}"), HasSubstr("is not a pattern of RE2"));
  EXPECT_EQ(rule("\\\\pL+ \\\\w{1,50}@[一-龥]{2,4}"), "");
  EXPECT_THAT(rule("(a?b?){500}"), HasSubstr("steps, at most 1000 are taken"));
}

// Made to be slow or large, in every way that has a name: each is refused, with the rule,
// or costs no more than any other pattern.
TEST(ConditionValidateTest, HostilePatternsAreRefusedOrBounded) {
  const auto rule = [](const std::string& pattern) {
    const auto list =
        ViolationsOfSpec(TestOf("matches", "object.f", {"\"" + pattern + "\""}));
    return list.empty() ? "" : list[0].rule;
  };
  std::string classes;
  while (classes.size() < 1'000) classes += "[^\\\\p{L}]";
  EXPECT_THAT(rule("((((a{10}){10}){10}){10}){10}"),
              HasSubstr("invalid repetition size"));
  EXPECT_THAT(rule("(a{1000}){1000}"), HasSubstr("invalid repetition size"));
  EXPECT_THAT(rule("a{1001}"), HasSubstr("invalid repetition size"));
  EXPECT_THAT(rule("(x+y+){500}z"), HasSubstr("steps, at most 1000 are taken"));
  EXPECT_THAT(rule("(a|b)*a(a|bc){400}"), HasSubstr("steps, at most 1000 are taken"));
  EXPECT_THAT(rule(classes + "{9}"), HasSubstr("pattern too large"));
  EXPECT_THAT(rule(std::string(1'024, '(')), HasSubstr("missing )"));
  for (const char* slow_elsewhere :
       {"^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*x", "(a*)*(a*)*b", "(?i)(k|K|s)*$"}) {
    EXPECT_EQ(rule(slow_elsewhere), "") << slow_elsewhere;
  }
}

TEST(ConditionValidateTest, PatternsOfATreeAreLimited) {
  const ConditionSpec pattern = TestOf("matches", "object.f", {"\"a|b\""});
  const std::vector<ConditionSpec> twenty(20, pattern);
  EXPECT_THAT(ViolationsOfSpec(AllOf(twenty)), IsEmpty());
  EXPECT_THAT(ViolationsOfSpec(AllOf({AnyOf(twenty), NotOf(pattern)})),
              ElementsAre(Broken("c",
                                 "has 21 `matches` tests: a condition has at most "
                                 "20; join patterns by |")));
}

TEST(ConditionValidateTest, TestsOfChangesBeginWithObject) {
  for (const std::string path : {"previous.f", "action.f", "event.type", "linked.a.b"}) {
    EXPECT_THAT(ViolationsOfSpec(TestOf("changed", path)),
                ElementsAre(Broken("c.test.path", "must begin with object")))
        << path;
  }
}

TEST(ConditionValidateTest, TheEventsNumberIsNotKnownYet) {
  EXPECT_THAT(ViolationsOfSpec(TestOf("exists", "event.escmsg_id")),
              ElementsAre(Broken("c.test.path", "cannot be tested")));
}

TEST(ConditionValidateTest, TestsOfATreeAreLimited) {
  const std::vector<ConditionSpec> hundred(100, TestOf("exists", "object.f"));
  EXPECT_THAT(ViolationsOfSpec(AllOf(hundred)), IsEmpty());
  EXPECT_THAT(ViolationsOfSpec(AllOf({AnyOf(hundred), TestOf("exists", "object.f")})),
              ElementsAre(Broken("c", "has 101 tests: a condition has at most 100")));
}

TEST(ConditionValidateTest, DepthIsLimited) {
  ConditionSpec spec = TestOf("exists", "object.f");
  for (int depth = 1; depth < 16; ++depth) spec = NotOf(std::move(spec));
  EXPECT_THAT(ViolationsOfSpec(spec), IsEmpty());
  const auto list = ViolationsOfSpec(NotOf(std::move(spec)));
  ASSERT_EQ(list.size(), 1);
  EXPECT_EQ(list[0].rule, "is nested deeper than the limit of 16");
}

TEST(ConditionValidateTest, BytesOfATreeAreLimited) {
  const auto big = TestOf("equals", "object.f", {"\"" + std::string(4'000, 'a') + "\""});
  EXPECT_THAT(ViolationsOfSpec(AllOf(std::vector<ConditionSpec>(65, big))), IsEmpty());
  EXPECT_THAT(ViolationsOfSpec(AllOf(std::vector<ConditionSpec>(66, big))),
              ElementsAre(Broken("c", "a condition has at most 262144")));
}

TEST(ConditionValidateTest, NonsenseOfAnySizeGetsAShortAnswer) {
  EXPECT_LE(
      ViolationsOfSpec(AnyOf(std::vector<ConditionSpec>(100'000, AnyOf({})))).size(),
      1'001);
}

TEST(ConditionValidateTest, GroupsHaveTheirShape) {
  ConditionSpec two = NotOf(TestOf("exists", "object.f"));
  two.children.push_back(TestOf("exists", "object.f"));
  EXPECT_THAT(ViolationsOfSpec(two),
              ElementsAre(Broken("c.not", "has 2 conditions: `not` takes one")));
  ConditionSpec parent = TestOf("exists", "object.f");
  parent.children.push_back(TestOf("exists", "object.f"));
  EXPECT_THAT(ViolationsOfSpec(parent),
              ElementsAre(Broken("c", "a test has no conditions below it")));
  ConditionSpec unknown = TestOf("exists", "object.f");
  unknown.test.kind = static_cast<TestKind>(200);
  EXPECT_THAT(ViolationsOfSpec(unknown),
              ElementsAre(Broken("c.test.kind", "is not a known test")));
}

TEST(ConditionValidateTest, CompileTellsTheViolations) {
  const auto compiled = CompiledCondition::Compile(TestOf("equals", "object.f"));
  EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(ViolationsOf(compiled.status()),
              ElementsAre(Broken("condition.test.values", "takes 1")));
}

}  // namespace
}  // namespace windrow::domain
