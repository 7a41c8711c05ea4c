#include "cli/condition_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace windrow::cli {
namespace {

using testing::HasSubstr;

std::string ErrorOf(const std::string& json) {
  const auto condition = ConditionFromText(json);
  EXPECT_FALSE(condition.ok()) << json;
  return std::string(condition.status().message());
}

TEST(ConditionTextTest, ReadsEveryKindOfNodeAndKeepsTheBytesOfValues) {
  const auto condition = ConditionFromText(
      R"({"all":[{"any":[{"test":"in","path":"object.n","values":[1.10,1e400]}]},)"
      R"({"not":{"test":"equals","path":"object.s","values":["a\u0041"],)"
      R"("ignore_case":true}}]})");
  ASSERT_TRUE(condition.ok()) << condition.status();
  const auto& in = condition->all().conditions(0).any().conditions(0).test();
  EXPECT_EQ(in.operator_(), v1::TEST_OPERATOR_IN);
  EXPECT_EQ(in.values(0), "1.10");
  EXPECT_EQ(in.values(1), "1e400");
  const auto& equals = condition->all().conditions(1).not_().test();
  EXPECT_EQ(equals.values(0), R"("a\u0041")");
  EXPECT_TRUE(equals.ignore_case());
}

TEST(ConditionTextTest, WritesWhatItReads) {
  const std::string text = R"({"any":[{"not":{"test":"exists","path":"object.a\\.b"}},)"
                           R"({"test":"between","path":"object.n","values":[1,2]}]})";
  EXPECT_EQ(ConditionText(*ConditionFromText(text)), text);
  EXPECT_EQ(ConditionText(v1::Condition()), "");
}

TEST(ConditionTextTest, WhatIsWrongIsNamedWithItsPlace) {
  EXPECT_THAT(ErrorOf(R"({"all":[{"test":"nope","path":"object.a"}]})"),
              HasSubstr(".all[0]: there is no test 'nope'"));
  EXPECT_THAT(ErrorOf(R"({"any":{}})"), HasSubstr(".any: must be an array"));
  EXPECT_THAT(ErrorOf(R"({"not":5})"), HasSubstr(".not: must be an object"));
  EXPECT_THAT(ErrorOf("{}"), HasSubstr("condition: must be an object with all"));
  EXPECT_THAT(ErrorOf(R"({"path":"object.a"})"), HasSubstr("must have all"));
  EXPECT_THAT(ErrorOf(R"({"test":"exists","paht":"x"})"),
              HasSubstr("'paht' is not known"));
  EXPECT_THAT(ErrorOf(R"({"test":"in","values":3})"),
              HasSubstr("values must be an array"));
  EXPECT_THAT(ErrorOf("[1"), HasSubstr("byte"));
}

TEST(ConditionTextTest, ATestReadsAsASentence) {
  const auto condition = ConditionFromText(
      R"({"test":"not_in","path":"object.team","values":[3,"x"],"ignore_case":true})");
  EXPECT_EQ(TestText(condition->test()), R"(object.team not_in 3, "x" (ignoring case))");
}

}  // namespace
}  // namespace windrow::cli
