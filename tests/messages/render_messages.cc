// Renders messages for the tests of this folder: the bodies that Slack, Teams and Discord
// would get, without a server.
//
// Standard input has a JSON object a line,
//   {"type": "SLACK", "template": "…", "event": {"type": "…", "object_type": "…",
//    "object_id": "…", "message": "…", "object": {…}}}
// and standard output gets the body of each, a line each. Exit status 1, with the reason
// on standard error, where a line is wrong or its template refused.
#include <fmt/format.h>

#include <iostream>
#include <string>
#include <string_view>

#include "common/domain/payload.h"
#include "common/json/document.h"

namespace windrow {
namespace {

constexpr json::Limits kLimits{.max_bytes = 8u << 20};

std::string TextOf(const json::Value& object, std::string_view key) {
  const auto value = object.Find(key);
  return value && value->type() == json::Type::kString ? value->text() : "";
}

absl::StatusOr<domain::WebhookType> TypeOf(const std::string& name) {
  for (int i = 2; i <= static_cast<int>(domain::WebhookType::kDiscord); ++i) {
    const auto type = static_cast<domain::WebhookType>(i);
    if (NameOf(type) == name) return type;
  }
  return absl::InvalidArgumentError(fmt::format("\"{}\" takes no messages", name));
}

absl::StatusOr<std::string> Render(std::string line) {
  WINDROW_ASSIGN_OR_RETURN(const auto document,
                           json::Document::ParseObject(std::move(line), kLimits));
  domain::WebhookSpec spec{.message_template = TextOf(document.root(), "template")};
  WINDROW_ASSIGN_OR_RETURN(spec.type, TypeOf(TextOf(document.root(), "type")));
  WINDROW_ASSIGN_OR_RETURN(const auto format, domain::ItemFormat::Of(spec));
  const auto event = document.root().Find("event");
  if (!event || !event->is_object()) {
    return absl::InvalidArgumentError("there is no event");
  }
  const auto object = event->Find("object");
  const std::string texts[] = {TextOf(*event, "type"), TextOf(*event, "object_type"),
                               TextOf(*event, "object_id"), TextOf(*event, "message")};
  const domain::EventView view{.escmsg_id = 1,
                               .type = texts[0],
                               .object_type = texts[1],
                               .object_id = texts[2],
                               .message = texts[3],
                               .object = object ? object->raw() : "{}"};
  return domain::RenderBody(format, domain::BatchMode::kNone, 1, Uuid{}, {{1, &view}});
}

}  // namespace
}  // namespace windrow

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const absl::StatusOr<std::string> body = windrow::Render(std::move(line));
    if (!body.ok()) {
      std::cerr << body.status().message() << "\n";
      return 1;
    }
    std::cout << *body << "\n";
  }
  return 0;
}
