#include "common/domain/message_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/domain/event_document.h"
#include "common/domain/payload.h"

namespace windrow::domain {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr WebhookType kSlack = WebhookType::kSlack;

EventView Event(std::string_view object) {
  return {.escmsg_id = 7,
          .type = "ticket.closed",
          .object_type = "ticket",
          .object_id = "42",
          .object = object};
}

std::string Rendered(std::string_view text, std::string_view object,
                     std::size_t room = 3'000, WebhookType type = kSlack) {
  const auto compiled = MessageTemplate::Compile(type, text, room);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  const EventView event = Event(object);
  EventDocument document(event, event.previous);
  return compiled->Render(&document);
}

std::string RefusalOf(std::string_view text, std::size_t room = 3'000,
                      WebhookType type = kSlack) {
  return std::string(MessageTemplate::Compile(type, text, room).status().message());
}

TEST(MessageTemplateTest, ValuesStandAmongTheText) {
  EXPECT_EQ(Rendered("No. {{object.id}}: {{ object.name }} ({{event.type}})",
                     R"({"id":42,"name":"Zo\u00eb \"Z\""})"),
            "No. 42: Zoë \"Z\" (ticket.closed)");
}

TEST(MessageTemplateTest, EveryKindOfValueHasItsText) {
  EXPECT_EQ(
      Rendered(
          "{{object.n}}|{{object.b}}|{{object.s}}|{{object.l}}|{{object.o}}|"
          "{{object.z}}|{{object.absent}}|",
          R"({"n":1.10,"b":true,"s":{"id":9,"name":"Closed"},"l":[1,"a\""],"o":{"a":1},)"
          R"("z":null})"),
      R"(1.10|true|Closed|[1,"a\""]|{"a":1}|||)");
}

TEST(MessageTemplateTest, WhiteSpaceAtTheEndsIsDropped) {
  EXPECT_EQ(Rendered(" \n{{object.a}} x {{object.b}}\n ", R"({"b":" "})"), "x");
  EXPECT_EQ(Rendered("{{object.a}}\n{{object.b}}", "{}"), "");
}

TEST(MessageTemplateTest, AValueInALinkStaysInIt) {
  EXPECT_EQ(Rendered("<{{object.url}}?t={{object.t}}|{{object.t}}>",
                     R"({"url":"https://a.example/x","t":"a>b|c"})"),
            "<https://a.example/x?t=a%3Eb%7Cc|a&gt;b|c>");
  EXPECT_EQ(Rendered("[{{object.t}}]({{object.url}})",
                     R"({"url":"https://a.example/a b","t":"a]b"})", 3'000,
                     WebhookType::kDiscord),
            "[a\\]b](https://a.example/a%20b)");
}

TEST(MessageTemplateTest, TheLongestValuesAreCutToOneLengthAndNothingElse) {
  // 10 for the text, 20 for the values: 4 as it is, 8 each for the long ones.
  EXPECT_EQ(Rendered("[{{object.a}}][{{object.b}}][{{object.c}}] end",
                     R"({"a":"aaaa","b":"bbbbbbbbbbbb","c":"ccccccccccccccc"})", 30),
            "[aaaa][bbbbbbb…][ccccccc…] end");
}

TEST(MessageTemplateTest, AMegabyteIsCutToTheRoom) {
  std::string object = R"({"a":")";
  object.append(500'000, 'a').append(R"(","b":")");
  for (int i = 0; i < 40'000; ++i) object += "\\ud83d\\ude00";
  object += R"(","end":"z"})";
  const std::string text = Rendered("{{object.a}} {{object.b}} {{object.end}}", object);
  EXPECT_EQ(CostOf(kSlack, text), 2'998u);  // two are left: half an emoji, and a half
  EXPECT_THAT(text, StartsWith(std::string(1'497, 'a') + "… 😀😀"));
  EXPECT_THAT(text, EndsWith("😀… z"));
}

TEST(MessageTemplateTest, ALargeObjectIsCutToo) {
  std::string object = R"({"list":[)";
  for (int i = 0; i < 50'000; ++i) object += "\"ë\\u00eb\",";
  object += "0]}";
  const std::string text = Rendered("{{object}}", object, 20);
  EXPECT_EQ(text, R"({"list":["ë\u00eb",…)");
}

TEST(MessageTemplateTest, TeamsCountsBytesAndEndsLinesWithTwoNewlines) {
  EXPECT_EQ(
      Rendered("{{object.a}}\nx", R"({"a":"ëëëë"})", 14, WebhookType::kMicrosoftTeams),
      "ëëëë\n\nx");
  EXPECT_EQ(
      Rendered("{{object.a}}\nx", R"({"a":"ëëëëë"})", 14, WebhookType::kMicrosoftTeams),
      "ëëë…\n\nx");
}

TEST(MessageTemplateTest, WrongPlaceholdersAreRefusedWithTheirPlace) {
  EXPECT_EQ(RefusalOf("ab {{object.id"),
            "the placeholder at byte 3 is not closed: add }}");
  EXPECT_THAT(RefusalOf("{{ticket.id}}"),
              StartsWith("the placeholder at byte 0: at byte 0: a path begins with"));
  EXPECT_THAT(RefusalOf("{{}}"), HasSubstr("a path begins with"));
  EXPECT_THAT(RefusalOf("{{event.secret}}"), HasSubstr("event has the fields"));
}

TEST(MessageTemplateTest, TheTemplatesOwnTextMustFit) {
  EXPECT_EQ(RefusalOf("abcdefgh{{object.a}}{{object.b}}", 10), "");
  EXPECT_EQ(RefusalOf("abcdefghi{{object.a}}{{object.b}}", 10),
            "is too long: with its placeholders empty it has 11 characters, and type "
            "SLACK takes 10 with what is put in");
  EXPECT_THAT(RefusalOf("abcdefgh", 7, WebhookType::kMicrosoftTeams),
              HasSubstr("8 bytes"));
}

TEST(MessageTemplateTest, PlaceholdersAreCounted) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "{{object.a}}";
  EXPECT_EQ(RefusalOf(text), "");
  text += "{{object.a}}";
  EXPECT_EQ(RefusalOf(text), "has 101 placeholders: a message has at most 100");
}

}  // namespace
}  // namespace windrow::domain
