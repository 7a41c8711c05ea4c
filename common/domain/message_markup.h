// Values of events as plain text in the markup of a chat product: Slack's mrkdwn, the
// Markdown of Adaptive Cards and of Discord. No value mentions anybody, formats anything
// but for what Slack has no escape for (* _ ~ `), or makes a link of its own.
//
// `type` is none of these functions' kStandard.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/domain/webhook_type.h"

namespace windrow::domain {

inline constexpr std::string_view kEllipsis = "…";

// What a text of a message takes of the product's limit. Slack and Discord: UTF-16 units,
// the largest of the counts in use. Teams: the bytes that the text has in JSON.
std::size_t CostOf(WebhookType type, std::string_view text);

// Where a value stands.
enum class Place : std::uint8_t {
  kText,
  kLink,  // in the destination of a link: <…|label> of Slack, [label](…) of the others
};
// The place behind `before`, which is what the template has before a placeholder.
Place PlaceBehind(WebhookType type, std::string_view before);

// A value's characters, or their beginning.
struct ValueText {
  std::string_view text;  // well-formed UTF-8
  bool whole = true;
};

// What AppendValue would add without a limit. Counts no further than a bit above `most`.
std::size_t ValueCost(WebhookType type, Place place, const ValueText& value,
                      std::size_t most);

// Appends as much of the value as costs at most `room`, which is at least kEllipsis's own
// cost; it ends in an ellipsis where some was left out. A cut parts no character
// (CutPoints). In kText what the markup knows is escaped, and left out are control
// characters but for tab and newline, and what overrides the direction of the text around
// it (U+202A–202E, U+2066–2069). In kLink what would end the destination is
// percent-encoded.
void AppendValue(WebhookType type, Place place, const ValueText& value, std::size_t room,
                 std::string* out);

// Text of a template, as its author wrote it: line ends become the product's.
std::string WithLineEnds(WebhookType type, std::string_view text);

}  // namespace windrow::domain
