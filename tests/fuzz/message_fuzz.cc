// Messages for chat products: valid JSON within the product's limits.
//
//   template %% object %% message
#include <algorithm>

#include "common/domain/event_document.h"
#include "common/domain/message.h"
#include "common/domain/message_markup.h"
#include "tests/fuzz/event_input.h"
#include "tests/fuzz/json_check.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

using domain::Place;
using domain::WebhookType;

constexpr WebhookType kProducts[] = {WebhookType::kSlack, WebhookType::kMicrosoftTeams,
                                     WebhookType::kDiscord};

void CheckLimits(WebhookType type, const std::string& body) {
  Require(IsJson(body), "a message is JSON");
  const auto document = json::Document::ParseObject(body);
  Require(document.ok(), "and an object without repeated keys");
  const json::Value root = document->root();
  if (type == WebhookType::kSlack) {
    Require(
        domain::CostOf(type, root.Find("text")->text()) <= domain::kMaxSlackCharacters,
        "Slack's limit");
  } else if (type == WebhookType::kDiscord) {
    Require(domain::CostOf(type, root.Find("content")->text()) <=
                domain::kMaxDiscordCharacters,
            "Discord's limit");
    Require(root.Find("allowed_mentions").has_value(), "nobody is mentioned");
  } else {
    Require(body.size() <= domain::kMaxTeamsBodyBytes, "Teams' limit");
  }
}

void CheckMessage(WebhookType type, const std::string& text, const EventInput& event) {
  Violations violations;
  domain::ValidateMessage(type, text, "webhook.message_template", &violations);
  const auto message = domain::CompiledMessage::Compile(type, text);
  Require(message.ok() == violations.empty(), "Compile takes what Validate takes");
  if (!message.ok()) return;
  domain::EventDocument document(event.View(), "");
  std::string body = "kept";
  message->AppendBody(&document, &body);
  CheckLimits(type, body.substr(4));
}

// A value alone, in whatever room there is.
void CheckValue(WebhookType type, const std::string& text) {
  for (const Place place : {Place::kText, Place::kLink}) {
    for (const std::size_t room : {3, 7, 40}) {
      std::string out;
      domain::AppendValue(type, place, {text, true}, room, &out);
      Require(domain::CostOf(type, out) <= room, "a value keeps to its room");
      std::size_t offset = 0;
      Require(json::IsUtf8(out, &offset), "and is cut between characters");
      if (type == WebhookType::kSlack) {
        Require(out.find_first_of("<>") == out.npos,
                "no value makes a mention or a link");
      }
    }
  }
}

}  // namespace

WINDROW_FUZZ_TARGET(message) {
  const std::vector<std::string> parts = Parts(input, 3);
  const EventInput event{.object = ObjectOr(parts[1], "{}"),
                         .message = TextOrNone(parts[2])};
  for (const WebhookType type : kProducts) {
    CheckMessage(type, parts[0], event);
    CheckMessage(type, "", event);
    CheckValue(type, event.message);
  }
}

}  // namespace windrow::fuzz
