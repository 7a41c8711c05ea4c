#include "common/domain/payload.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "common/base/status.h"
#include "common/domain/event_document.h"
#include "common/domain/single_select.h"
#include "common/domain/timestamp.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

// The space of item ids: 6fc8846a-bb18-564a-a9bc-ee0237b3be33, the version 5 id of
// "item.windrow" in the DNS space. Never to be changed: receivers drop repeats by item
// id.
constexpr Uuid kItemSpace{{0x6f, 0xc8, 0x84, 0x6a, 0xbb, 0x18, 0x56, 0x4a, 0xa9, 0xbc,
                           0xee, 0x02, 0x37, 0xb3, 0xbe, 0x33}};

constexpr std::string_view kActionKey = "action";

void AppendTextMember(std::string_view key, std::string_view text, std::string* out) {
  out->append(",\"").append(key).append("\":");
  json::AppendString(text, out);
}

// Opens the item's object and writes the envelope, in the order of kEnvelopeKeys.
void AppendEnvelope(const Uuid& item_id, const Uuid& webhook_id,
                    std::int32_t notification_id, std::int64_t escmsg_id,
                    const EventView& event, std::string* out) {
  out->append("{\"id\":\"");
  item_id.AppendTo(out);
  out->append("\",\"webhook_id\":\"");
  webhook_id.AppendTo(out);
  fmt::format_to(std::back_inserter(*out), "\",\"notification_id\":{},\"escmsg_id\":{}",
                 notification_id, escmsg_id);
  AppendTextMember("event", event.type, out);
  AppendTextMember("object_id", event.object_id, out);
  out->append(",\"timestamp\":\"");
  AppendTimestamp(event.occurred_at, out);
  out->push_back('"');
  if (!event.message.empty()) AppendTextMember("message", event.message, out);
  if (!event.agent_id.empty()) AppendTextMember("agent_id", event.agent_id, out);
}

void AppendScalarsAndSingleSelects(const json::Value& object, std::string* out) {
  out->push_back('{');
  bool first = true;
  for (auto member = object.first_child(); member; member = member->next()) {
    if (!member->is_scalar() && !AsSingleSelect(*member)) continue;
    out->append(first ? "\"" : ",\"").append(member->raw_key()).append("\":");
    out->append(member->raw());
    first = false;
  }
  out->push_back('}');
}

// Copies what SMALL keeps of `object`, in its order.
void AppendKeyFields(std::string_view object, const KeyFields* key_fields,
                     std::string* out) {
  // What is stored was checked with the same limits, so this parses; were it otherwise,
  // the body would still be valid JSON.
  const auto document = json::Document::ParseObject(std::string(object));
  if (!document.ok()) {
    out->append("{}");
  } else if (key_fields != nullptr) {
    key_fields->Append(document->root(), out);
  } else {
    AppendScalarsAndSingleSelects(document->root(), out);
  }
}

void AppendKey(std::string_view key, std::string* out) {
  out->push_back(',');
  json::AppendString(key, out);
  out->push_back(':');
}

void AppendSmall(const EventView& event, std::string* out) {
  AppendKey(event.object_type, out);
  AppendKeyFields(event.object, event.key_fields, out);
  if (event.action.empty()) return;
  AppendKey(kActionKey, out);
  AppendKeyFields(event.action, nullptr, out);
}

void AppendFull(const EventView& event, std::string* out) {
  AppendKey(event.object_type, out);
  out->append(event.object);
  if (!event.action.empty()) {
    AppendKey(kActionKey, out);
    out->append(event.action);
  }
  for (const LinkedObject& other : event.linked) {
    AppendKey(other.name, out);
    out->append(other.json);
  }
}

// All that follows the envelope, with the brace that closes the item.
absl::Status AppendContent(const ItemFormat& format, const EventView& event,
                           std::string* out) {
  switch (format.kind) {
    case PayloadKind::kSmall:
      AppendSmall(event, out);
      break;
    case PayloadKind::kFull:
      AppendFull(event, out);
      break;
    case PayloadKind::kEventOnly:
      break;
    case PayloadKind::kCustom: {
      EventDocument document(event, event.previous);
      WINDROW_RETURN_IF_ERROR(format.custom->AppendMembers(&document, out));
      break;
    }
  }
  out->push_back('}');
  return absl::OkStatus();
}

std::size_t JsonBytes(const EventView& event) {
  std::size_t bytes = event.object.size() + event.action.size();
  for (const LinkedObject& other : event.linked) bytes += other.json.size();
  return bytes;
}

}  // namespace

Uuid ItemId(std::int32_t tenant_id, std::int64_t escmsg_id,
            std::int32_t notification_id) {
  return UuidV5(kItemSpace,
                fmt::format("{}/{}/{}", tenant_id, escmsg_id, notification_id));
}

absl::StatusOr<ItemFormat> ItemFormat::Of(const WebhookSpec& spec) {
  ItemFormat format(spec.payload);
  if (spec.type != WebhookType::kStandard) {
    WINDROW_ASSIGN_OR_RETURN(format.message,
                             CompiledMessage::Compile(spec.type, spec.message_template));
  } else if (spec.payload == PayloadKind::kCustom) {
    WINDROW_ASSIGN_OR_RETURN(format.custom,
                             CompiledCustomPayload::Compile(spec.custom_payload));
  }
  return format;
}

absl::Status AppendItem(const ItemFormat& format, std::int32_t tenant_id,
                        const Uuid& webhook_id, std::int32_t notification_id,
                        const EventView& event, std::string* out) {
  if (format.message) {
    EventDocument document(event, event.previous);
    format.message->AppendBody(&document, out);
    return absl::OkStatus();
  }
  const std::size_t before = out->size();
  AppendEnvelope(ItemId(tenant_id, event.escmsg_id, notification_id), webhook_id,
                 notification_id, event.escmsg_id, event, out);
  const absl::Status status = AppendContent(format, event, out);
  if (!status.ok()) out->resize(before);
  return status;
}

std::size_t ItemBytes(const ItemFormat& format, std::int32_t /*tenant_id*/,
                      const Uuid& webhook_id, std::int32_t notification_id,
                      const EventView& event) {
  if (format.message) return kMaxMessageBodyBytes;
  // Every id has the length of this one, and no number is longer than this one.
  constexpr std::int64_t kLongest = std::numeric_limits<std::int64_t>::min();
  std::string item;
  AppendEnvelope(Uuid{}, webhook_id, notification_id, kLongest, event, &item);
  if (format.kind == PayloadKind::kCustom) {
    EventView longest = event;  // a custom item may name the number as well
    longest.escmsg_id = kLongest;
    EventDocument document(longest, event.previous);
    return item.size() + format.custom->MemberBytes(&document) + 1;
  }
  if (format.kind != PayloadKind::kFull) {
    // Only custom items can fail.
    (void)AppendContent(format, event, &item);
    return item.size();
  }
  // FULL copies its texts: they are counted, not copied. A key stands between a comma,
  // two quotes and a colon.
  const auto key_bytes = [](std::string_view key) { return key.size() + 4; };
  std::size_t bytes = item.size() + key_bytes(event.object_type) + JsonBytes(event);
  if (!event.action.empty()) bytes += key_bytes(kActionKey);
  for (const LinkedObject& other : event.linked) bytes += key_bytes(other.name);
  return bytes + 1;
}

absl::StatusOr<std::string> RenderBody(const ItemFormat& format, BatchMode mode,
                                       std::int32_t tenant_id, const Uuid& webhook_id,
                                       std::vector<Item> items) {
  std::ranges::stable_sort(items, {},
                           [](const Item& item) { return item.event->escmsg_id; });
  constexpr std::size_t kEnvelopeGuess = 512;
  std::size_t guess = 2;
  for (const Item& item : items) {
    guess += kEnvelopeGuess;
    if (format.kind == PayloadKind::kFull && !format.message)
      guess += JsonBytes(*item.event);
  }
  std::string body;
  body.reserve(guess);
  // Without batching a delivery has one item, so that nothing but it is in the body.
  const bool array = mode != BatchMode::kNone || items.size() != 1;
  if (array) body.push_back('[');
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) body.push_back(',');
    WINDROW_RETURN_IF_ERROR(AppendItem(format, tenant_id, webhook_id,
                                       items[i].notification_id, *items[i].event, &body));
  }
  if (array) body.push_back(']');
  return body;
}

}  // namespace windrow::domain
