// Events of arbitrary texts, made into what validation lets through.
#pragma once

#include <string>

#include "common/domain/payload.h"
#include "common/json/document.h"

namespace windrow::fuzz {

// `text` where it is a JSON object that an event may hold, else `otherwise`.
inline std::string ObjectOr(std::string text, std::string otherwise) {
  const bool fine = json::Document::ParseObject(text).ok();
  return fine ? std::move(text) : std::move(otherwise);
}

// `text` where it is UTF-8 without U+0000, else nothing.
inline std::string TextOrNone(std::string text) {
  std::size_t offset = 0;
  const bool fine = json::IsUtf8(text, &offset) && text.find('\0') == std::string::npos;
  return fine ? std::move(text) : std::string();
}

// Owns its texts.
struct EventInput {
  std::string object = "{}";
  std::string previous;  // or empty
  std::string action;    // or empty
  std::string message;
  std::vector<domain::LinkedObject> linked;

  domain::EventView View() const {
    domain::EventView view;
    view.escmsg_id = 9'007'199'254'740'993;
    view.type = "ticket.updated";
    view.object_type = "ticket";
    view.object_id = "2114";
    view.occurred_at = absl::FromUnixMillis(1'795'600'800'123);
    view.message = message;
    view.agent_id = message;
    view.object = object;
    view.previous = previous;
    view.action = action;
    view.linked = linked;
    return view;
  }
};

}  // namespace windrow::fuzz
