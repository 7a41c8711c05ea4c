#include "common/domain/url_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/domain/event_document.h"
#include "common/domain/payload.h"

namespace windrow::domain {
namespace {

using ::testing::HasSubstr;

EventView Closed() {
  return {.escmsg_id = 7,
          .type = "ticket.closed",
          .object_type = "ticket",
          .object_id = "a/../b?c#d",
          .agent_id = "agent 9",
          .object = R"({"id":7,"name":"Zoë & Co","open":false,"price":1.10,"none":null,)"
                    R"("status":{"id":9,"name":"Closed"},"list":[1,2],"sub":{"a":1}})"};
}

std::string Expanded(std::string_view url) {
  const auto compiled = UrlTemplate::Compile(url);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  const EventView event = Closed();
  EventDocument document(event, event.previous);
  return compiled->Expand(&document).value();
}

std::string RefusalOf(std::string_view url) {
  return std::string(UrlTemplate::Compile(url).status().message());
}

TEST(UrlTemplateTest, AUrlWithoutPlaceholdersStaysAsItIs) {
  EXPECT_EQ(Expanded("https://a.example/x?y={z}"), "https://a.example/x?y={z}");
  EXPECT_FALSE(UrlTemplate::Compile("https://a.example/")->has_placeholders());
}

TEST(UrlTemplateTest, ScalarsAndSingleSelectsGoIn) {
  EXPECT_EQ(Expanded("https://a.example/{{object.id}}/{{ object.status }}"),
            "https://a.example/7/Closed");
  EXPECT_EQ(Expanded("https://a.example/?o={{object.open}}&p={{object.price}}"),
            "https://a.example/?o=false&p=1.10");
}

TEST(UrlTemplateTest, WhatIsNoScalarGoesInAsNothing) {
  EXPECT_EQ(Expanded("https://a.example/{{object.none}}|{{object.absent}}|"
                     "{{object.list}}|{{object.sub}}|"),
            "https://a.example/||||");
}

TEST(UrlTemplateTest, AValueCannotLeaveItsSegment) {
  EXPECT_EQ(Expanded("https://a.example/t/{{event.object_id}}/end"),
            "https://a.example/t/a%2F..%2Fb%3Fc%23d/end");
  EXPECT_EQ(Expanded("https://a.example/{{object.name}}"),
            "https://a.example/Zo%C3%AB%20%26%20Co");
}

TEST(UrlTemplateTest, AValueOfDotsIsRefused) {
  EventView event = Closed();
  event.object_id = "..";
  EventDocument document(event, event.previous);
  for (const char* url : {"https://a.example/t/{{event.object_id}}/end",
                          "https://a.example/t/{{event.object_id}}?x=1"}) {
    EXPECT_EQ(UrlTemplate::Compile(url)->Expand(&document).status().code(),
              absl::StatusCode::kFailedPrecondition)
        << url;
  }
  EXPECT_EQ(UrlTemplate::Compile("https://a.example/t?of={{event.object_id}}")
                ->Expand(&document)
                .value(),
            "https://a.example/t?of=..");
}

TEST(UrlTemplateTest, BrokenPlaceholdersAreRefusedWithTheirPlace) {
  EXPECT_THAT(RefusalOf("https://a.example/{{object.id"),
              HasSubstr("at byte 18 is not closed"));
  EXPECT_THAT(RefusalOf("https://a.example/{{}}"), HasSubstr("at byte 18"));
  EXPECT_THAT(RefusalOf("https://a.example/{{nope.id}}"), HasSubstr("at byte 18"));
  EXPECT_THAT(RefusalOf("https://a.example/{{a{{b}}"), HasSubstr("at byte 18"));
}

TEST(UrlTemplateTest, WhatGrowsTooLongIsRefusedWithTheFieldThatDidIt) {
  EventView event = Closed();
  const std::string object = R"({"text":")" + std::string(6'000, '/') + R"("})";
  event.object = object;
  EventDocument document(event, event.previous);
  const auto url =
      UrlTemplate::Compile("https://a.example/{{object.text}}")->Expand(&document);
  EXPECT_EQ(url.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(url.status().message()), HasSubstr("{{object.text}}"));
}

}  // namespace
}  // namespace windrow::domain
