// Message templates: a text in a chat product's markup with `{{path}}` placeholders.
//
//   *{{event.type}}* {{object.summary}} <https://desk.example/t/{{object.id}}|open>
//
// A placeholder becomes
//   a text             its characters        a number, true, false   as published
//   a single-select    its name              an array or object      its JSON
//   null, or absent    nothing
// as plain text of the markup (message_markup.h).
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/field_path.h"
#include "common/domain/message_markup.h"

namespace windrow::domain {

class EventDocument;  // event_document.h

inline constexpr std::size_t kMaxMessageTemplateBytes = 16u << 10;
inline constexpr std::size_t kMaxMessagePlaceholders = 100;

// Immutable, thread-safe.
class MessageTemplate {
 public:
  // `room` is what a message may cost (CostOf). INVALID_ARGUMENT tells which rule is
  // broken: placeholders are paths, at most kMaxMessagePlaceholders, and the template's
  // own text leaves room for an ellipsis in each.
  static absl::StatusOr<MessageTemplate> Compile(WebhookType type, std::string_view text,
                                                 std::size_t room);

  // The message without white space at its ends; it costs at most the room. Where it
  // would be longer the longest values are cut, all to one length; the template's own
  // text is never cut.
  std::string Render(EventDocument* event) const;

 private:
  struct Field {
    FieldPath path;
    Place place;
    std::string behind;  // the text up to the next placeholder
  };

  MessageTemplate(WebhookType type, std::size_t room) : type_(type), room_(room) {}

  WebhookType type_;
  std::size_t room_;  // of the values together
  std::string head_;
  std::vector<Field> fields_;
};

}  // namespace windrow::domain
