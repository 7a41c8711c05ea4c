// Messages: what webhooks for Slack, Microsoft Teams and Discord send (product.md,
// section 1). One event makes one message; the body is the product's own:
//
//   Slack     an incoming webhook's: the text for notifications, and the same text as a
//             section of mrkdwn. At most 3,000 characters. No bare URL becomes a link.
//   Teams     a message for a Workflows webhook: an Adaptive Card 1.4 with the text in a
//             TextBlock. At most 28,000 bytes of body.
//   Discord   content, at most 2,000 characters, and allowed_mentions that let it mention
//             nobody.
//
// Characters are counted as UTF-16 units.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/domain/webhook_type.h"

namespace windrow::domain {

class EventDocument;  // event_document.h

inline constexpr std::size_t kMaxSlackCharacters = 3'000;
inline constexpr std::size_t kMaxDiscordCharacters = 2'000;
inline constexpr std::size_t kMaxTeamsBodyBytes = 28'000;
// No body has more, whatever its product.
inline constexpr std::size_t kMaxMessageBodyBytes = 64u << 10;

// Adds a violation at `field` where `message_template` breaks a rule of
// message_template.h for `type`, which is not kStandard. An empty one stands for the
// default.
void ValidateMessage(WebhookType type, std::string_view message_template,
                     const std::string& field, Violations* violations);

// Immutable, thread-safe, cheap to copy.
class CompiledMessage {
 public:
  // INVALID_ARGUMENT for kStandard, and as ValidateMessage. An empty template stands for
  // the default: the event's type in bold, the object's type and id and, in a line of its
  // own, the event's message.
  static absl::StatusOr<CompiledMessage> Compile(WebhookType type,
                                                 std::string_view message_template);

  // Appends the body, which is valid JSON whatever the event holds. Where the template
  // gives nothing but white space, the default's message.
  void AppendBody(EventDocument* event, std::string* out) const;

 private:
  struct Content;

  explicit CompiledMessage(std::shared_ptr<const Content> content);

  std::shared_ptr<const Content> content_;
};

}  // namespace windrow::domain
