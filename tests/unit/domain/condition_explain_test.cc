#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/domain/condition.h"
#include "tests/unit/domain/condition_samples.h"

namespace windrow::domain {
namespace {

std::string WhyOf(const ConditionSpec& spec, const EventTexts& event) {
  const ConditionVerdict verdict = ExplanationOf(spec, event);
  return (verdict.matched ? "matched: " : "not: ") + verdict.why;
}

TEST(ConditionExplainTest, ShowsEachTestWithTheValueThatItSaw) {
  const auto verdict = ExplanationOf(
      AllOf(
          {TestOf("equals", "object.status", {R"("Closed")"}),
           AnyOf({TestOf("less", "object.price", {"2"}), TestOf("exists", "object.x")})}),
      {.object = R"({"status":"Open","price":1.50})"});
  EXPECT_FALSE(verdict.matched);
  EXPECT_EQ(verdict.kind, ConditionSpec::Kind::kAll);
  ASSERT_EQ(verdict.children.size(), 2);
  const ConditionVerdict& status = verdict.children[0];
  EXPECT_FALSE(status.matched);
  EXPECT_EQ(status.test.path, "object.status");
  EXPECT_EQ(status.value, (SeenValue{.json = R"("Open")"}));
  EXPECT_EQ(status.why, "the field does not equal the value");
  const ConditionVerdict& any = verdict.children[1];
  EXPECT_TRUE(any.matched);
  EXPECT_EQ(any.children[0].value, (SeenValue{.json = "1.50"}));
  EXPECT_EQ(any.children[0].why, "the field is less than the value");
  EXPECT_FALSE(any.children[1].matched);
  EXPECT_EQ(any.children[1].value, std::nullopt);
  EXPECT_EQ(any.children[1].why, "the field is absent");
}

TEST(ConditionExplainTest, NotHasItsChildsVerdictBelowIt) {
  const auto verdict = ExplanationOf(NotOf(TestOf("equals", "object.team", {"3"})), {});
  EXPECT_TRUE(verdict.matched);
  EXPECT_FALSE(verdict.children[0].matched);
  EXPECT_EQ(verdict.children[0].why, "the field is absent");
}

TEST(ConditionExplainTest, NoConditionIsAnEmptyAll) {
  const auto verdict = ExplanationOf({}, {});
  EXPECT_TRUE(verdict.matched);
  EXPECT_TRUE(verdict.children.empty());
}

TEST(ConditionExplainTest, CutsLongValuesBetweenCharacters) {
  const auto seen = [](const std::string& text) {
    return *ExplanationOf(TestOf("exists", "object.f"),
                          {.object = R"({"f":")" + text + R"("})"})
                .value;
  };
  EXPECT_EQ(seen(std::string(254, 'a')),
            (SeenValue{.json = "\"" + std::string(254, 'a') + "\""}));
  EXPECT_EQ(seen(std::string(255, 'a')),
            (SeenValue{.json = "\"" + std::string(255, 'a'), .cut = true}));
  EXPECT_EQ(seen(std::string(253, 'a') + "\U0001F600"),
            (SeenValue{.json = "\"" + std::string(253, 'a'), .cut = true}));
}

TEST(ConditionExplainTest, TellsWhyOfTypesThatDoNotCompare) {
  const EventTexts event{
      .object = R"({"n":1,"t":"x","l":[],"s":{"id":"a","name":null},"o":{},"z":null})"};
  EXPECT_EQ(WhyOf(TestOf("less", "object.t", {"3"}), event),
            "not: the field is a text, and the test compares numbers");
  EXPECT_EQ(WhyOf(TestOf("greater", "object.s", {"3"}), event),
            "not: the field is a single-select, and the test compares numbers");
  EXPECT_EQ(WhyOf(TestOf("matches", "object.n", {R"("x")"}), event),
            "not: the field is a number, and the test compares texts");
  EXPECT_EQ(WhyOf(TestOf("between", "object.l", {R"("a")", R"("b")"}), event),
            "not: the field is an array, and the test compares texts");
  EXPECT_EQ(WhyOf(TestOf("less", "object.o", {"3"}), event),
            "not: the field is an object, and the test compares numbers");
  EXPECT_EQ(WhyOf(TestOf("starts_with", "object.z", {R"("x")"}), event),
            "not: the field is null, and the test compares texts");
}

TEST(ConditionExplainTest, TellsWhyOfEachTest) {
  const EventTexts event{.object = R"({"n":2,"t":"abc","e":""})"};
  EXPECT_EQ(WhyOf(TestOf("not_equals", "object.n", {"2"}), event),
            "not: the field equals the value");
  EXPECT_EQ(WhyOf(TestOf("not_equals", "object.n", {"3"}), event),
            "matched: the field does not equal the value");
  EXPECT_EQ(WhyOf(TestOf("in", "object.n", {"3"}), event),
            "not: the field is none of the values");
  EXPECT_EQ(WhyOf(TestOf("not_in", "object.n", {"2"}), event),
            "not: the field is one of the values");
  EXPECT_EQ(WhyOf(TestOf("contains", "object.t", {R"("b")"}), event),
            "matched: the field contains the value");
  EXPECT_EQ(WhyOf(TestOf("starts_with", "object.t", {R"("b")"}), event),
            "not: the field does not start with the value");
  EXPECT_EQ(WhyOf(TestOf("matches", "object.t", {R"("^a")"}), event),
            "matched: the field matches the pattern");
  EXPECT_EQ(WhyOf(TestOf("less_or_equal", "object.n", {"1"}), event),
            "not: the field is greater than the value");
  EXPECT_EQ(WhyOf(TestOf("between", "object.n", {"3", "4"}), event),
            "not: the field does not lie between the values");
  EXPECT_EQ(WhyOf(TestOf("not_empty", "object.e"), event), "not: the field is empty");
  EXPECT_EQ(WhyOf(TestOf("empty", "object.t"), event), "not: the field is not empty");
  EXPECT_EQ(WhyOf(TestOf("not_exists", "object.t"), event), "not: the field is present");
  EXPECT_EQ(WhyOf(TestOf("not_exists", "object.x"), event),
            "matched: the field is absent");
}

TEST(ConditionExplainTest, TellsWhyOfChangesWithBothValues) {
  const EventTexts same{.object = R"({"s":"Closed"})", .previous = R"({"s":"Closed"})"};
  const auto verdict =
      ExplanationOf(TestOf("changed_to", "object.s", {R"("Closed")"}), same);
  EXPECT_FALSE(verdict.matched);
  EXPECT_EQ(verdict.value, (SeenValue{.json = R"("Closed")"}));
  EXPECT_EQ(verdict.previous, (SeenValue{.json = R"("Closed")"}));
  EXPECT_EQ(verdict.why, "the field did not change to the value");
  EXPECT_EQ(WhyOf(TestOf("changed", "object.s"), same),
            "not: the field has the same value as before");
  EXPECT_EQ(WhyOf(TestOf("not_changed", "object.s"), same),
            "matched: the field has the same value as before");
  EXPECT_EQ(WhyOf(TestOf("changed", "object.x"), same),
            "not: the field is absent, now and before");
  const EventTexts created{.object = R"({"s":"Closed"})"};
  EXPECT_EQ(WhyOf(TestOf("changed", "object.s"), created),
            "not: the event has no previous object to compare with");
  EXPECT_EQ(WhyOf(TestOf("changed_to", "object.s", {R"("Closed")"}), created),
            "matched: the field equals the value, and there is no previous object");
  EXPECT_EQ(
      WhyOf(TestOf("changed", "object.s"), {.object = R"({"s":1})", .previous = "{}"}),
      "matched: the field was absent before");
  EXPECT_EQ(
      WhyOf(TestOf("changed", "object.s"), {.object = "{}", .previous = R"({"s":1})"}),
      "matched: the field is absent now, and was not before");
}

}  // namespace
}  // namespace windrow::domain
