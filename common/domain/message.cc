#include "common/domain/message.h"

#include <fmt/format.h>

#include <utility>

#include "common/domain/message_template.h"
#include "common/domain/text.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

// What a body is around its text. The texts stand between the pieces.
struct Frame {
  std::string_view before;
  std::string_view between;  // Slack: before the text's second place
  std::string_view behind;
};

constexpr Frame kSlack{
    .before = R"({"text":)",
    .between =
        R"(,"blocks":[{"type":"section","text":{"type":"mrkdwn","verbatim":true,"text":)",
    .behind = "}}]}"};
constexpr Frame kTeams{
    .before =
        R"({"type":"message","attachments":[{"contentType":)"
        R"("application/vnd.microsoft.card.adaptive","contentUrl":null,"content":{)"
        R"("$schema":"http://adaptivecards.io/schemas/adaptive-card.json",)"
        R"("type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBlock","wrap":true,)"
        R"("text":)",
    .behind = "}]}}]}"};
constexpr Frame kDiscord{.before = R"({"content":)",
                         .behind = R"(,"allowed_mentions":{"parse":[]}})"};

const Frame& FrameOf(WebhookType type) {
  switch (type) {
    case WebhookType::kSlack:
      return kSlack;
    case WebhookType::kDiscord:
      return kDiscord;
    default:
      return kTeams;
  }
}

// What the text may cost (CostOf).
std::size_t RoomOf(WebhookType type) {
  switch (type) {
    case WebhookType::kSlack:
      return kMaxSlackCharacters;
    case WebhookType::kDiscord:
      return kMaxDiscordCharacters;
    default:
      constexpr std::size_t kQuotes = 2;
      return kMaxTeamsBodyBytes - kTeams.before.size() - kTeams.behind.size() - kQuotes;
  }
}

std::string DefaultTemplate(WebhookType type) {
  const std::string_view bold = type == WebhookType::kSlack ? "*" : "**";
  return fmt::format(
      "{0}{{{{event.type}}}}{0} {{{{event.object_type}}}} "
      "{{{{event.object_id}}}}\n{{{{event.message}}}}",
      bold);
}

absl::StatusOr<MessageTemplate> CompileText(WebhookType type, std::string_view text) {
  if (type < WebhookType::kSlack || type > WebhookType::kDiscord) {
    return absl::InvalidArgumentError("only Slack, Teams and Discord take messages");
  }
  return MessageTemplate::Compile(type, text, RoomOf(type));
}

}  // namespace

struct CompiledMessage::Content {
  WebhookType type;
  MessageTemplate own;
  MessageTemplate fallback;
};

void ValidateMessage(WebhookType type, std::string_view message_template,
                     const std::string& field, Violations* violations) {
  const TextRule rule{.max = kMaxMessageTemplateBytes};
  if (!CheckText(message_template, rule, field, violations)) return;
  const auto compiled = CompileText(type, message_template);
  if (!compiled.ok()) violations->Add(field, std::string(compiled.status().message()));
}

CompiledMessage::CompiledMessage(std::shared_ptr<const Content> content)
    : content_(std::move(content)) {}

absl::StatusOr<CompiledMessage> CompiledMessage::Compile(
    WebhookType type, std::string_view message_template) {
  WINDROW_ASSIGN_OR_RETURN(MessageTemplate fallback,
                           CompileText(type, DefaultTemplate(type)));
  if (message_template.empty()) {
    return CompiledMessage(
        std::make_shared<const Content>(Content{type, fallback, fallback}));
  }
  Violations violations;
  ValidateMessage(type, message_template, "message_template", &violations);
  if (!violations.empty()) return violations.ToStatus();
  WINDROW_ASSIGN_OR_RETURN(MessageTemplate own, CompileText(type, message_template));
  return CompiledMessage(std::make_shared<const Content>(
      Content{type, std::move(own), std::move(fallback)}));
}

void CompiledMessage::AppendBody(EventDocument* event, std::string* out) const {
  std::string text = content_->own.Render(event);
  if (text.empty()) text = content_->fallback.Render(event);
  const Frame& frame = FrameOf(content_->type);
  out->append(frame.before);
  json::AppendString(text, out);
  if (!frame.between.empty()) {
    out->append(frame.between);
    json::AppendString(text, out);
  }
  out->append(frame.behind);
}

}  // namespace windrow::domain
