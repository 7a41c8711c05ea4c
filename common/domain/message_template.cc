#include "common/domain/message_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/status.h"
#include "common/base/utf8.h"
#include "common/domain/event_document.h"
#include "common/domain/placeholder_text.h"
#include "common/domain/single_select.h"
#include "common/domain/text.h"
#include "common/json/tokens.h"

namespace windrow::domain {
namespace {

// More than any message holds: what lies behind is not looked at.
constexpr std::size_t kMaxValueBytes = 32u << 10;

// The length of the escape that begins `raw`; both halves of a pair are one.
std::size_t EscapeLength(std::string_view raw) {
  if (raw.substr(1, 1) != "u") return 2;
  const bool pair = raw.size() > 3 && (raw[2] == 'd' || raw[2] == 'D') &&
                    std::string_view("89abAB").find(raw[3]) != raw.npos;
  return pair ? 12 : 6;
}

// Where `raw`, inside of a JSON text, can be cut: at kMaxValueBytes or shortly behind.
std::size_t HeadLength(std::string_view raw) {
  if (raw.size() <= kMaxValueBytes) return raw.size();
  std::size_t end = 0;
  while (end < kMaxValueBytes) {
    const std::string_view rest = raw.substr(end);
    end += rest[0] == '\\' ? EscapeLength(rest) : Utf8SequenceLength(rest);
  }
  return std::min(end, raw.size());
}

// `scratch` holds the text where it is not a slice of the event.
ValueText TextOf(const json::Value& value, std::string* scratch) {
  std::string_view raw = value.raw();
  if (value.type() == json::Type::kNull) return {};
  const bool is_string = value.type() == json::Type::kString;
  if (is_string) raw = raw.substr(1, raw.size() - 2);
  const std::string_view head = raw.substr(0, HeadLength(raw));
  const bool whole = head.size() == raw.size();
  if (!is_string || head.find('\\') == head.npos) return {head, whole};
  scratch->clear();
  json::AppendUnescaped(head, scratch);
  return {*scratch, whole};
}

ValueText FieldText(const FieldPath& path, EventDocument* event, std::string* scratch) {
  const std::optional<json::Value> value = event->Find(path);
  if (!value) return {};
  if (const auto select = AsSingleSelect(*value)) return TextOf(select->name, scratch);
  return TextOf(*value, scratch);
}

// The most that each may cost so that all of them cost at most `room`.
std::size_t FairShare(std::vector<std::size_t> costs, std::size_t room) {
  std::ranges::sort(costs);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const std::size_t share = room / (costs.size() - i);
    if (costs[i] > share) return share;
    room -= costs[i];
  }
  return costs.empty() ? room : costs.back() + room;
}

}  // namespace

absl::StatusOr<MessageTemplate> MessageTemplate::Compile(WebhookType type,
                                                         std::string_view text,
                                                         std::size_t room) {
  WINDROW_ASSIGN_OR_RETURN(PlaceholderText cut,
                           PlaceholderText::Parse(WithLineEnds(type, text)));
  if (cut.fields.size() > kMaxMessagePlaceholders) {
    return absl::InvalidArgumentError(
        fmt::format("has {} placeholders: a message has at most {}", cut.fields.size(),
                    kMaxMessagePlaceholders));
  }
  MessageTemplate out(type, room);
  out.head_ = std::move(cut.head);
  std::string before = out.head_;
  for (PlaceholderText::Field& field : cut.fields) {
    const Place place = PlaceBehind(type, before);
    before += field.behind;
    out.fields_.push_back({std::move(field.path), place, std::move(field.behind)});
  }
  const std::size_t own = CostOf(type, before);
  const std::size_t least = own + out.fields_.size() * CostOf(type, kEllipsis);
  if (least > room) {
    return absl::InvalidArgumentError(
        fmt::format("is too long: with its placeholders empty it has {} {}, and type {} "
                    "takes {} with what is put in",
                    least, type == WebhookType::kMicrosoftTeams ? "bytes" : "characters",
                    NameOf(type), room));
  }
  out.room_ = room - own;
  return out;
}

std::string MessageTemplate::Render(EventDocument* event) const {
  std::string scratch;
  std::vector<std::size_t> costs;
  costs.reserve(fields_.size());
  for (const Field& field : fields_) {
    costs.push_back(
        ValueCost(type_, field.place, FieldText(field.path, event, &scratch), room_));
  }
  const std::size_t share = FairShare(std::move(costs), room_);
  std::string out = head_;
  for (const Field& field : fields_) {
    AppendValue(type_, field.place, FieldText(field.path, event, &scratch), share, &out);
    out += field.behind;
  }
  return std::string(Trim(out));
}

}  // namespace windrow::domain
