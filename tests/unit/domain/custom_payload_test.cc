#include "common/domain/custom_payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/domain/event_document.h"
#include "common/domain/payload.h"
#include "tests/unit/domain/condition_samples.h"

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Members(const CustomPayloadSpec& spec, const EventTexts& event) {
  const auto compiled = CompiledCustomPayload::Compile(spec);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  EventDocument document(event.View(), event.previous);
  std::string out;
  EXPECT_TRUE(compiled->AppendMembers(&document, &out).ok());
  EXPECT_EQ(compiled->MemberBytes(&document), out.size());
  EXPECT_TRUE(json::Document::ParseObject("{\"id\":1" + out + "}").ok()) << out;
  return out;
}

std::string Status(const std::string& object, bool send_id) {
  return Members({.fields = {{"status", "object.status", send_id}}}, {.object = object});
}

std::vector<Violation> Broken(const CustomPayloadSpec& spec,
                              const FieldKinds& kinds = {}) {
  Violations violations;
  Validate(spec, "custom", kinds, &violations);
  return violations.list();
}

auto Rule(std::string field, std::string rule) {
  return testing::AllOf(testing::Field(&Violation::field, field),
                        testing::Field(&Violation::rule, HasSubstr(rule)));
}

TEST(CustomPayloadTest, SingleSelectsSendTheirIdOrTheirName) {
  const std::string object = R"({"status":{"id":9,"name":"Closed"}})";
  EXPECT_EQ(Status(object, true), R"(,"status":9)");
  EXPECT_EQ(Status(object, false), R"(,"status":"Closed")");
}

TEST(CustomPayloadTest, OtherValuesAreSentAsTheyAreEitherWay) {
  for (const bool send_id : {true, false}) {
    EXPECT_EQ(Status(R"({"status":"abc"})", send_id), R"(,"status":"abc")");
    EXPECT_EQ(Status(R"({"status":1.10})", send_id), R"(,"status":1.10)");
    EXPECT_EQ(Status(R"({"status":"\u0000"})", send_id), R"(,"status":"\u0000")");
    EXPECT_EQ(Status(R"({"status":null})", send_id), R"(,"status":null)");
    EXPECT_EQ(Status("{}", send_id), R"(,"status":null)");
    EXPECT_EQ(Status(R"({"status":[{"id":1,"name":"a"},{"id":2,"name":"b"}]})", send_id),
              R"(,"status":[{"id":1,"name":"a"},{"id":2,"name":"b"}])");
    EXPECT_EQ(Status(R"({"status":{"id":1,"x":2}})", send_id),
              R"(,"status":{"id":1,"x":2})");
  }
}

TEST(CustomPayloadTest, ASingleSelectWithoutANameSendsNull) {
  EXPECT_EQ(Status(R"({"status":{"id":9,"name":null}})", false), R"(,"status":null)");
  EXPECT_EQ(Status(R"({"status":{"id":9,"name":null}})", true), R"(,"status":9)");
}

TEST(CustomPayloadTest, FieldsStandInTheOrderOfTheRows) {
  EXPECT_EQ(Members({.fields = {{"z", "event.agent_id"},
                                {"a \"q\"", "action.outcome"},
                                {"was", "previous.s"},
                                {"Id", "object.items.1"}}},
                    {.object = R"({"items":[1,2]})",
                     .previous = R"({"s":"Open"})",
                     .action = R"({"outcome":"Note"})",
                     .agent_id = "42"}),
            R"(,"z":"42","a \"q\"":"Note","was":"Open","Id":2)");
}

TEST(CustomPayloadTest, TemplatesFollowTheEnvelope) {
  EXPECT_EQ(Members({.json_template = R"({"n":"{{object.count}}","x":{"id":1}})"},
                    {.object = R"({"count":5})"}),
            R"(,"n":5,"x":{"id":1})");
  EXPECT_EQ(Members({.json_template = "{ }"}, {}), "");
}

TEST(CustomPayloadTest, KeysOfTheEnvelopeAreRefused) {
  for (const std::string_view key : kEnvelopeKeys) {
    EXPECT_THAT(Broken({.fields = {{std::string(key), "object.x"}}}),
                ElementsAre(Rule("custom.fields[0].key", "is a key of the envelope")));
  }
  EXPECT_THAT(Broken({.fields = {{"Id", "object.x"}, {"ID", "object.x"}}}), IsEmpty());
  EXPECT_THAT(Broken({.json_template = R"({"\u0069d":1,"Id":2,"timestamp":3})"}),
              ElementsAre(Rule("custom.template", "\"id\" is a key of the envelope"),
                          Rule("custom.template", "\"timestamp\" is a key")));
}

TEST(CustomPayloadTest, KeysDoNotRepeat) {
  EXPECT_THAT(Broken({.fields = {{"a", "object.x"}, {"a", "object.y"}}}),
              ElementsAre(Rule("custom.fields[1].key", "\"a\" is used twice")));
  EXPECT_THAT(Broken({.json_template = R"({"a":1,"\u0061":2})"}),
              ElementsAre(Rule("custom.template", "is not JSON")));
}

TEST(CustomPayloadTest, EveryBrokenRuleIsNamed) {
  EXPECT_THAT(Broken({}), ElementsAre(Rule("custom", "needs fields or a template")));
  EXPECT_THAT(
      Broken({.fields = {{"", "status"}, {std::string(257, 'k'), "object.x"}},
              .json_template = "{\"a\":\"{{x}}\"}"}),
      ElementsAre(Rule("custom", "not both"), Rule("custom.fields[0].key", "is required"),
                  Rule("custom.fields[0].source", "at byte 0: a path begins"),
                  Rule("custom.fields[1].key", "has 257 bytes"),
                  Rule("custom.template", "at byte 6: the path \"x\" is wrong")));
  EXPECT_THAT(Broken({.fields = std::vector<CustomField>(201, {"a", "object.a"})}),
              ElementsAre(Rule("custom.fields", "has 201 fields")));
}

TEST(CustomPayloadTest, SendIdIsRefusedWhereTheCatalogueKnowsAMultiSelect) {
  const FieldKinds kinds = [](const FieldPath& path) {
    return path.text() == "object.tags"     ? FieldKind::kMultiSelect
           : path.text() == "object.status" ? FieldKind::kSingleSelect
                                            : FieldKind::kUnknown;
  };
  EXPECT_THAT(Broken({.fields = {{"a", "object.tags", true},
                                 {"b", "object.status", true},
                                 {"c", "object.other", true},
                                 {"d", "object.tags", false}}},
                     kinds),
              ElementsAre(Rule("custom.fields[0].send_id", "for single-selects only")));
}

TEST(CustomPayloadTest, WhatItGivesIsLimited) {
  const std::string object = R"({"f":")" + std::string(1'000'000, 'x') + R"("})";
  const EventTexts event{.object = object};
  CustomPayloadSpec spec;
  for (int i = 0; i < 5; ++i)
    spec.fields.push_back({"k" + std::to_string(i), "object.f"});
  const auto compiled = CompiledCustomPayload::Compile(spec);
  EventDocument document(event.View(), "");
  std::string out = "kept";
  EXPECT_EQ(compiled->AppendMembers(&document, &out).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(out, "kept");
  EXPECT_GT(compiled->MemberBytes(&document), kMaxRenderedBytes);
}

TEST(CustomPayloadJsonTest, ReadsWhatItWrites) {
  const CustomPayloadSpec rows{
      .fields = {{"a \"q\"", "object.x", true}, {"b", "object.y", false}}};
  const CustomPayloadSpec typed{.json_template = "{ \"a\": \"{{object.\\u0061}}\"\n}"};
  for (const CustomPayloadSpec& spec : {rows, typed, CustomPayloadSpec{}}) {
    std::string json;
    AppendJson(spec, &json);
    const auto document = json::Document::ParseObject(json);
    ASSERT_TRUE(document.ok()) << json;
    const auto read = CustomPayloadFromJson(document->root());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, spec);
  }
}

TEST(CustomPayloadJsonTest, RefusesWhatItDoesNotKnow) {
  for (const char* json :
       {"[]", R"({"more":1})", R"({"template":1})", R"({"fields":{}})",
        R"({"fields":[1]})", R"({"fields":[{"key":1}]})", R"({"fields":[{"more":1}]})",
        R"({"fields":[{"send_id":1}]})"}) {
    const auto document = json::Document::ParseValue(json);
    EXPECT_EQ(CustomPayloadFromJson(document->root()).status().code(),
              absl::StatusCode::kDataLoss)
        << json;
  }
}

}  // namespace
}  // namespace windrow::domain
