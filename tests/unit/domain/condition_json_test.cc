#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/domain/condition.h"
#include "tests/unit/domain/condition_samples.h"

namespace windrow::domain {
namespace {

std::string JsonOf(const ConditionSpec& spec) {
  std::string json;
  AppendJson(spec, &json);
  return json;
}

TEST(ConditionJsonTest, WritesTheTreeWithValuesAsTheyCame) {
  EXPECT_EQ(JsonOf({}), R"({"all":[]})");
  EXPECT_EQ(JsonOf(AllOf({TestOf("equals", "object.a\"b", {"1.10"}),
                          AnyOf({NotOf(TestOf("exists", "object.f"))}),
                          TestOf("in", "object.f", {R"("\u0041")", "1e400"}, true)})),
            R"({"all":[{"test":"equals","path":"object.a\"b","values":[1.10]},)"
            R"({"any":[{"not":{"test":"exists","path":"object.f"}}]},)"
            R"({"test":"in","path":"object.f","values":["\u0041",1e400],)"
            R"("ignore_case":true}]})");
}

TEST(ConditionJsonTest, ReadsWhatItWrites) {
  ConditionSpec deep = TestOf("exists", "object.f");
  for (int depth = 1; depth < 16; ++depth) deep = NotOf(std::move(deep));
  const std::string nested = std::string(16, '[') + std::string(16, ']');
  for (const ConditionSpec& spec :
       {ConditionSpec{}, deep, TestOf("equals", "object.f", {nested}),
        AnyOf({TestOf("between", "object.f", {"1", "2.0"}, true),
               TestOf("empty", "object.f"),
               NotOf(AllOf({TestOf("contains", "object.", {R"({"a": [ ]})"})}))})}) {
    const auto read = ConditionFromJson(JsonOf(spec));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, spec);
  }
}

TEST(ConditionJsonTest, RefusesWhatItDoesNotKnow) {
  for (const char* json :
       {"", "[]", "{}", R"({"some":[]})", R"({"all":{}})", R"({"all":[1]})",
        R"({"all":[],"any":[]})", R"({"not":[]})", R"({"not":{}})",
        R"({"test":"like","path":"object.f"})", R"({"test":1,"path":"object.f"})",
        R"({"test":"exists"})", R"({"path":"object.f"})", R"({"test":"exists","path":1})",
        R"({"test":"exists","path":"p","more":1})",
        R"({"test":"in","path":"p","values":1})",
        R"({"test":"in","path":"p","ignore_case":1})"}) {
    const auto read = ConditionFromJson(std::string(json));
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << json;
  }
}

TEST(ConditionJsonTest, RefusesDepthsThatNoConditionHas) {
  std::string json = R"({"test":"exists","path":"object.f"})";
  for (int depth = 1; depth < 17; ++depth) {
    json.insert(0, R"({"not":)");
    json += "}";
  }
  EXPECT_EQ(ConditionFromJson(json).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace windrow::domain
