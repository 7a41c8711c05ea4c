#include "common/domain/json_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/domain/event_document.h"
#include "tests/unit/domain/condition_samples.h"

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string Rendered(const std::string& text, const EventTexts& event) {
  const auto compiled = JsonTemplate::Compile(text);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  EventDocument document(event.View(), event.previous);
  std::string out = "before";
  EXPECT_TRUE(compiled->Append(&document, &out).ok());
  EXPECT_EQ(compiled->MemberBytes(&document), out.size() - 8);
  out.erase(0, 6);
  EXPECT_TRUE(json::Document::ParseObject(out).ok()) << out;
  return out;
}

// Of {"v": "{{object.f}}", "t": "<{{object.f}}>"}.
std::string Field(const std::string& object) {
  return Rendered(R"({"v":"{{object.f}}","t":"<{{object.f}}>"})", {.object = object});
}

std::string ErrorOf(const std::string& text) {
  const auto compiled = JsonTemplate::Compile(text);
  EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(compiled.status().message());
}

TEST(JsonTemplateTest, PlaceholdersAloneAreTypedAndAmongTextAreText) {
  const std::string text = R"({"n": "{{object.count}}", "t": "no. {{object.count}}"})";
  EXPECT_EQ(Rendered(text, {.object = R"({"count":5})"}), R"({"n": 5, "t": "no. 5"})");
  EXPECT_EQ(Rendered(text, {.object = R"({"count":"5\""})"}),
            R"({"n": "5\"", "t": "no. 5\""})");
  EXPECT_EQ(Rendered(text, {}), R"({"n": null, "t": "no. "})");
}

TEST(JsonTemplateTest, ValuesStayAsPublished) {
  EXPECT_EQ(Field(R"({"f":9007199254740993})"),
            R"({"v":9007199254740993,"t":"<9007199254740993>"})");
  EXPECT_EQ(Field(R"({"f":1.10})"), R"({"v":1.10,"t":"<1.10>"})");
  EXPECT_EQ(Field(R"({"f":1e400})"), R"({"v":1e400,"t":"<1e400>"})");
  EXPECT_EQ(Field(R"({"f":"\u0000\/é"})"), R"({"v":"\u0000\/é","t":"<\u0000\/é>"})");
  EXPECT_EQ(Field(R"({"f":true})"), R"({"v":true,"t":"<true>"})");
  EXPECT_EQ(Field(R"({"f":null})"), R"({"v":null,"t":"<>"})");
}

TEST(JsonTemplateTest, ContainersAreThemselvesOrTheirJson) {
  EXPECT_EQ(Field("{\"f\":[1, \"a\\n\",\n{}]}"),
            "{\"v\":[1, \"a\\n\",\n{}],\"t\":\"<[1, \\\"a\\\\n\\\",\\n{}]>\"}");
  EXPECT_EQ(Field(R"({"f":{"a":{"id":1}}})"),
            R"({"v":{"a":{"id":1}},"t":"<{\"a\":{\"id\":1}}>"})");
}

TEST(JsonTemplateTest, SingleSelectsShowTheirNameAmongText) {
  EXPECT_EQ(Field(R"({"f":{"id":9,"name":"Closed"}})"),
            R"({"v":{"id":9,"name":"Closed"},"t":"<Closed>"})");
  EXPECT_EQ(Field(R"({"f":{"id":9,"name":null}})"),
            R"({"v":{"id":9,"name":null},"t":"<>"})");
  EXPECT_EQ(Rendered(R"({"id":"{{object.f.id}}"})",
                     {.object = R"({"f":{"id":9,"name":"Closed"}})"}),
            R"({"id":9})");
}

TEST(JsonTemplateTest, TextsHoldAnyNumberOfPlaceholders) {
  const EventTexts event{.object = R"({"a":1,"b":"x"})", .agent_id = "42"};
  EXPECT_EQ(Rendered(R"({"t":"{{object.a}}{{object.b}}"})", event), R"({"t":"1x"})");
  EXPECT_EQ(Rendered(R"({"t":" {{object.a}}"})", event), R"({"t":" 1"})");
  EXPECT_EQ(Rendered(R"({"t":"{{object.a}} "})", event), R"({"t":"1 "})");
  EXPECT_EQ(
      Rendered(
          R"({"l":["{{object.a}}",{"d":["{{object.b}}"]}],"e":"{{event.agent_id}}"})",
          event),
      R"({"l":[1,{"d":["x"]}],"e":"42"})");
}

TEST(JsonTemplateTest, EverythingElseIsKeptByteForByte) {
  const std::string text =
      "{ \"a\" : [1.0, true ,null],\n\t\"b\\u0041\": \"} { }} {x}\" }";
  EXPECT_EQ(Rendered(text, {}), text);
  EXPECT_EQ(Rendered("  {}\n", {}), "{}");
}

TEST(JsonTemplateTest, PathsMayHaveSpacesAroundThemAndEscapesWithin) {
  EXPECT_EQ(Rendered(R"({"v":"{{ object.a\\.b }}"})", {.object = R"({"a.b":7})"}),
            R"({"v":7})");
  EXPECT_EQ(Rendered(R"({"v":"{{object.\u0061}}"})", {.object = R"({"a":7})"}),
            R"({"v":7})");
}

TEST(JsonTemplateTest, AnEscapedBraceIsText) {
  EXPECT_EQ(Rendered(R"({"v":"\u007b{object.a}}"})", {.object = R"({"a":7})"}),
            R"({"v":"\u007b{object.a}}"})");
}

TEST(JsonTemplateTest, PublishedTextIsNoTemplate) {
  EXPECT_EQ(Field(R"({"f":"{{object.g}}","g":1})"),
            R"({"v":"{{object.g}}","t":"<{{object.g}}>"})");
}

TEST(JsonTemplateTest, NamesItsTopLevelKeys) {
  EXPECT_THAT(JsonTemplate::Compile(R"({"\u0069d":1,"b":{"c":1}})")->keys(),
              ElementsAre("id", "b"));
}

TEST(JsonTemplateTest, RefusesWithThePlace) {
  EXPECT_THAT(ErrorOf("[1]"), StartsWith("is not JSON: "));
  EXPECT_THAT(ErrorOf(R"({"a":})"), StartsWith("is not JSON: "));
  EXPECT_THAT(ErrorOf(R"({"a":"{{object.x}"})"), StartsWith("at byte 6: }} is missing"));
  EXPECT_THAT(ErrorOf(R"({"a":"x {{status}}"})"),
              StartsWith("at byte 8: the path \"status\" is wrong: at byte 0"));
  EXPECT_THAT(ErrorOf(R"({"a":"{{{object.x}}}"})"),
              StartsWith("at byte 6: the path \"{object.x\" is wrong"));
  EXPECT_THAT(ErrorOf(R"({"a":"{{}}"})"),
              StartsWith("at byte 6: the path \"\" is wrong"));
  EXPECT_THAT(ErrorOf(R"({"k":{"a{{object.x}}":1}})"),
              StartsWith("at byte 8: placeholders stand in values, not in keys"));
}

TEST(JsonTemplateTest, SizeAndCountAreLimited) {
  const std::string full =
      R"({"a":")" + std::string(kMaxTemplateBytes - 8, 'x') + R"("})";
  EXPECT_TRUE(JsonTemplate::Compile(full).ok());
  EXPECT_EQ(ErrorOf(full + " "), "has 65537 bytes: a template has at most 65536");
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "{{object.a}}";
  EXPECT_TRUE(JsonTemplate::Compile(R"({"a":")" + many + R"("})").ok());
  EXPECT_THAT(ErrorOf(R"({"a":")" + many + R"({{object.a}}"})"),
              HasSubstr("at most 1000 placeholders"));
}

TEST(JsonTemplateTest, WhatItGivesIsLimited) {
  const EventTexts event{.object = R"({"f":")" + std::string(1'000'000, 'x') + R"("})"};
  EventDocument document(event.View(), "");
  const auto compiled = JsonTemplate::Compile(
      R"({"a":["{{object.f}}","{{object.f}}","{{object.f}}","{{object}}","{{object}}"]})");
  std::string out = "kept";
  EXPECT_EQ(compiled->Append(&document, &out).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(out, "kept");
  EXPECT_GT(compiled->MemberBytes(&document), kMaxRenderedBytes);
}

}  // namespace
}  // namespace windrow::domain
