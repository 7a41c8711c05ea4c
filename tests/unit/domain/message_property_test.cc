// Messages of any template and event: valid JSON within the limits, that show a value as
// the text that it is.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "common/domain/event_document.h"
#include "common/domain/message_markup.h"
#include "common/domain/message_template.h"
#include "common/domain/payload.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

std::string AnyText(int most) {
  static const std::vector<std::string> kPieces = {
      "a",  "b c", "\n", "\t", "\r\n",    "<",      ">",        "&",      "*",  "_",
      "`",  "[",   "]",  "(",  ")",       "](",     "https://", "\\",     "|",  "~",
      ":",  "@",   "#",  "-",  "<!here>", "\"",     "ë",        "\u202e", "€",  "😀",
      "👍🏽", "{",   "{{", "}}", "e\u0301", "\u200d", "\x1b",     "<@123>", "🇩🇪", "\x7f"};
  std::string text;
  for (int i = *rc::gen::inRange(0, most); i > 0; --i) {
    text += kPieces[*rc::gen::inRange<std::size_t>(0, kPieces.size())];
  }
  return text;
}

WebhookType AnyType() {
  return *rc::gen::element(WebhookType::kSlack, WebhookType::kMicrosoftTeams,
                           WebhookType::kDiscord);
}

// `text` as a JSON object's member "a".
std::string ObjectOf(const std::string& text) {
  std::string object = "{\"a\":";
  json::AppendString(text, &object);
  return object + "}";
}

std::string BodyOf(const CompiledMessage& message, const std::string& object) {
  const EventView event{.escmsg_id = 7,
                        .type = "a.b",
                        .object_type = "a",
                        .object_id = "1",
                        .object = object};
  EventDocument document(event, event.previous);
  std::string body;
  message.AppendBody(&document, &body);
  return body;
}

RC_GTEST_PROP(MessageProperty, ABodyIsJsonAndKeepsItsLimits, ()) {
  const WebhookType type = AnyType();
  const std::string literal = AnyText(20);
  std::string text = literal + "{{object.a}}";
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) text += " {{object.a}}" + AnyText(5);
  const auto message = CompiledMessage::Compile(type, text);
  RC_PRE(message.ok());  // a literal may hold braces
  std::string value = AnyText(200);
  while (value.size() < *rc::gen::element(0u, 40'000u)) value += value + "x";
  const std::string body = BodyOf(*message, ObjectOf(value));
  const auto document = json::Document::ParseObject(body);
  RC_ASSERT(document.ok());
  RC_ASSERT(body.size() <= (type == WebhookType::kMicrosoftTeams ? kMaxTeamsBodyBytes
                                                                 : kMaxMessageBodyBytes));
  if (type == WebhookType::kSlack) {
    RC_ASSERT(CostOf(type, document->root().Find("text")->text()) <= kMaxSlackCharacters);
  } else if (type == WebhookType::kDiscord) {
    RC_ASSERT(CostOf(type, document->root().Find("content")->text()) <=
              kMaxDiscordCharacters);
  }
}

// What a reader of Slack sees of marked-up text.
std::string Unescaped(std::string text) {
  constexpr std::pair<std::string_view, std::string_view> kEntities[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}};
  for (const auto& [entity, character] : kEntities) {
    for (std::size_t at = 0; (at = text.find(entity, at)) != text.npos;
         at += character.size()) {
      text.replace(at, entity.size(), character);
    }
  }
  return text;
}

// What a reader of Discord sees: a backslash before punctuation is not shown.
std::string WithoutBackslashes(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') ++i;
    out += text[i];
  }
  return out;
}

std::string Shown(std::string text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hidden = text[i] == '\x1b' || text[i] == '\x7f' ||
                        (text[i] == '\r' && text[i + 1] == '\n');
    if (!hidden) out += text[i];
  }
  for (std::size_t at = 0; (at = out.find("\u202e")) != out.npos;) out.erase(at, 3);
  return out;
}

RC_GTEST_PROP(MessageProperty, AValueIsShownAsTheTextThatItIs, ()) {
  const std::string value = AnyText(30);
  std::string slack;
  AppendValue(WebhookType::kSlack, Place::kText, {value, true}, 10'000, &slack);
  RC_ASSERT(Unescaped(slack) == Shown(value));
  RC_ASSERT(slack.find_first_of("<>") == slack.npos);
  std::string discord;
  AppendValue(WebhookType::kDiscord, Place::kText, {value, true}, 10'000, &discord);
  RC_ASSERT(WithoutBackslashes(discord) == Shown(value));
}

RC_GTEST_PROP(MessageProperty, ACutValueCostsNoMoreThanItsRoom, ()) {
  const WebhookType type = AnyType();
  const Place place = *rc::gen::element(Place::kText, Place::kLink);
  const std::string value = AnyText(40);
  const auto room = *rc::gen::inRange<std::size_t>(3, 60);
  const std::size_t cost = ValueCost(type, place, {value, true}, 10'000);
  std::string out;
  AppendValue(type, place, {value, true}, room, &out);
  RC_ASSERT(CostOf(type, out) <= room);
  RC_ASSERT((cost <= room) == !out.ends_with(kEllipsis));
  if (cost <= room) RC_ASSERT(CostOf(type, out) == cost);
  std::size_t offset = 0;
  RC_ASSERT(json::IsUtf8(out, &offset));
}

}  // namespace
}  // namespace windrow::domain
