#include "common/domain/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/domain/event_document.h"
#include "common/domain/message_markup.h"
#include "common/domain/payload.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr WebhookType kSlack = WebhookType::kSlack;
constexpr WebhookType kTeams = WebhookType::kMicrosoftTeams;
constexpr WebhookType kDiscord = WebhookType::kDiscord;

EventView Event() {
  return {.escmsg_id = 7,
          .type = "ticket.closed",
          .object_type = "ticket",
          .object_id = "42",
          .message = "Done & dusted",
          .object = R"({"id":42,"summary":"Printer \"on\" fire"})"};
}

std::string Body(WebhookType type, std::string_view text,
                 const EventView& event = Event()) {
  const auto message = CompiledMessage::Compile(type, text);
  EXPECT_TRUE(message.ok()) << message.status();
  EventDocument document(event, event.previous);
  std::string body;
  message->AppendBody(&document, &body);
  return body;
}

TEST(MessageTest, SlackGetsTextAndASectionOfMrkdwn) {
  EXPECT_EQ(
      Body(kSlack, "{{object.summary}}"),
      R"({"text":"Printer \"on\" fire","blocks":[{"type":"section",)"
      R"("text":{"type":"mrkdwn","verbatim":true,"text":"Printer \"on\" fire"}}]})");
}

TEST(MessageTest, TeamsGetsAnAdaptiveCard) {
  EXPECT_EQ(
      Body(kTeams, "{{object.summary}}"),
      R"({"type":"message","attachments":[{"contentType":)"
      R"("application/vnd.microsoft.card.adaptive","contentUrl":null,"content":{)"
      R"("$schema":"http://adaptivecards.io/schemas/adaptive-card.json",)"
      R"("type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBlock","wrap":true,)"
      R"("text":"Printer \"on\" fire"}]}}]})");
}

TEST(MessageTest, DiscordGetsContentThatMentionsNobody) {
  EXPECT_EQ(Body(kDiscord, "{{object.summary}}"),
            R"({"content":"Printer \"on\" fire","allowed_mentions":{"parse":[]}})");
}

TEST(MessageTest, TheDefaultNamesEventObjectAndMessage) {
  EXPECT_THAT(Body(kSlack, ""),
              HasSubstr(R"("text":"*ticket.closed* ticket 42\nDone &amp; dusted")"));
  EXPECT_THAT(Body(kTeams, ""),
              HasSubstr(R"("text":"**ticket.closed** ticket 42\n\nDone & dusted")"));
  EXPECT_THAT(Body(kDiscord, ""),
              HasSubstr(R"("content":"**ticket.closed** ticket 42\nDone & dusted")"));
  EventView event = Event();
  event.message = "";
  EXPECT_THAT(Body(kSlack, "", event),
              HasSubstr(R"("text":"*ticket.closed* ticket 42")"));
}

TEST(MessageTest, AMessageOfNothingIsTheDefaultOne) {
  EXPECT_EQ(Body(kDiscord, " {{object.absent}}\n"), Body(kDiscord, ""));
}

TEST(MessageTest, TheLongestBodyKeepsItsProductsLimit) {
  EventView event = Event();
  for (const std::string& piece :
       {std::string("a"), std::string("😀"), std::string("<"), std::string("\\\\"),
        std::string("\\\""), std::string("\\n")}) {
    std::string object = R"({"a":")";
    while (object.size() < 200'000) object += piece;
    object += "\"}";
    event.object = object;
    for (const WebhookType type : {kSlack, kTeams, kDiscord}) {
      const std::string body = Body(type, "x{{object.a}}{{object.a}}y", event);
      EXPECT_LE(body.size(), type == kTeams ? kMaxTeamsBodyBytes : kMaxMessageBodyBytes);
      const auto document = json::Document::ParseObject(body);
      ASSERT_TRUE(document.ok()) << document.status();
      const auto text = document->root().Find(type == kDiscord ? "content" : "text");
      // The body's own limit is what counts for Teams.
      const std::size_t most = type == kSlack     ? kMaxSlackCharacters
                               : type == kDiscord ? kMaxDiscordCharacters
                                                  : kMaxTeamsBodyBytes;
      EXPECT_LE(CostOf(type, text ? text->text() : ""), most);
    }
  }
}

TEST(MessageTest, TeamsIsFilledToItsLastBytes) {
  EventView event = Event();
  const std::string object = R"({"a":")" + std::string(100'000, 'a') + "\"}";
  event.object = object;
  EXPECT_EQ(Body(kTeams, "{{object.a}}", event).size(), kMaxTeamsBodyBytes);
}

TEST(ValidateMessageTest, TellsTheBrokenRule) {
  const auto rules = [](WebhookType type, std::string_view text) {
    Violations violations;
    ValidateMessage(type, text, "webhook.message_template", &violations);
    std::vector<std::string> out;
    for (const Violation& violation : violations.list()) {
      EXPECT_EQ(violation.field, "webhook.message_template");
      out.push_back(violation.rule);
    }
    return out;
  };
  EXPECT_THAT(rules(kSlack, ""), IsEmpty());
  EXPECT_THAT(rules(kSlack, std::string(3'000, 'a')), IsEmpty());
  EXPECT_THAT(rules(kSlack, std::string(3'001, 'a')),
              ElementsAre(HasSubstr("SLACK takes 3000")));
  EXPECT_THAT(rules(kDiscord, std::string(2'000, 'a')), IsEmpty());
  EXPECT_THAT(rules(kDiscord, std::string(2'001, 'a')),
              ElementsAre(HasSubstr("DISCORD takes 2000")));
  EXPECT_THAT(rules(kTeams, std::string(16u << 10, 'a')), IsEmpty());
  EXPECT_THAT(rules(kTeams, std::string((16u << 10) + 1, 'a')),
              ElementsAre(HasSubstr("16384")));
  EXPECT_THAT(rules(kSlack, "\xff"), ElementsAre("is not UTF-8: see byte 0"));
  EXPECT_THAT(rules(kSlack, std::string_view("a\0", 2)),
              ElementsAre(HasSubstr("U+0000")));
  EXPECT_THAT(rules(kSlack, "{{object.a"), ElementsAre(HasSubstr("byte 0")));
}

TEST(CompiledMessageTest, RefusesWhatValidateRefuses) {
  EXPECT_EQ(CompiledMessage::Compile(kSlack, "{{x}}").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CompiledMessage::Compile(WebhookType::kStandard, "").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(MessageItemTest, AMessageTakesThePlaceOfTheItem) {
  const auto format = ItemFormat::Of({.type = kDiscord, .message_template = "hi"});
  ASSERT_TRUE(format.ok());
  const EventView event = Event();
  EXPECT_EQ(RenderBody(*format, BatchMode::kNone, 1, Uuid{}, {{5, &event}}).value(),
            R"({"content":"hi","allowed_mentions":{"parse":[]}})");
  EXPECT_EQ(ItemBytes(*format, 1, Uuid{}, 5, event), kMaxMessageBodyBytes);
  EXPECT_FALSE(ItemFormat::Of({.type = kDiscord, .message_template = "{{"}).ok());
}

}  // namespace
}  // namespace windrow::domain
