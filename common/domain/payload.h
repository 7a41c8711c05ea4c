// Rendering: from stored events to the bytes of one request (product.md, section 3).
//
// Pure. JSON that the publisher sent is copied, never parsed into numbers or text and
// written anew.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/uuid.h"
#include "common/domain/custom_payload.h"
#include "common/domain/event.h"
#include "common/domain/key_fields.h"
#include "common/domain/message.h"
#include "common/domain/webhook.h"

namespace windrow::domain {

// A stored event, borrowed: views into whatever holds its bytes.
struct EventView {
  std::int64_t escmsg_id = 0;
  std::string_view type;
  std::string_view object_type;
  std::string_view object_id;
  absl::Time occurred_at;
  std::string_view message;   // empty: none
  std::string_view agent_id;  // empty: none
  std::string_view object;    // JSON object
  std::string_view action;    // JSON object, or empty
  std::span<const LinkedObject> linked;
  std::string_view previous;  // JSON object, or empty; only custom payloads read it
  // What SMALL keeps of the object: as the catalogue said when the event was published,
  // so that every attempt has the same bytes. Null: top-level scalars and single-selects.
  const KeyFields* key_fields = nullptr;
};

// The keys of the envelope, in their order.
inline constexpr std::string_view kEnvelopeKeys[] = {
    "id",        "webhook_id", "notification_id", "escmsg_id", "event",
    "object_id", "timestamp",  "message",         "agent_id"};

// The id of an item: UUIDv5 of tenant, escmsg_id and notification_id; the same on every
// retry and resend, and stored nowhere.
Uuid ItemId(std::int32_t tenant_id, std::int64_t escmsg_id, std::int32_t notification_id);

// How items are rendered. Immutable, thread-safe, cheap to copy.
struct ItemFormat {
  // Any kind but kCustom.
  ItemFormat(PayloadKind plain_kind) : kind(plain_kind) {}  // NOLINT: a kind is a format
  // Of a spec that Validate accepts; INVALID_ARGUMENT for others.
  static absl::StatusOr<ItemFormat> Of(const WebhookSpec& spec);

  PayloadKind kind;
  std::optional<CompiledCustomPayload> custom;  // kCustom
  std::optional<CompiledMessage> message;       // then `kind` does not count
};

// Appends one item as a JSON object: a message where the format has one.
// RESOURCE_EXHAUSTED, with `out` as it was, where a custom payload would have more than
// kMaxRenderedBytes.
absl::Status AppendItem(const ItemFormat& format, std::int32_t tenant_id,
                        const Uuid& webhook_id, std::int32_t notification_id,
                        const EventView& event, std::string* out);

// At least the bytes that AppendItem will write, for any escmsg_id: what a batch window
// counts against kMaxBodyBytes. At most 20 bytes more than the real size, but for
// messages, which are never batched: kMaxMessageBodyBytes.
std::size_t ItemBytes(const ItemFormat& format, std::int32_t tenant_id,
                      const Uuid& webhook_id, std::int32_t notification_id,
                      const EventView& event);

struct Item {
  std::int32_t notification_id;
  const EventView* event;
};

// The body of a request: the item itself where batching is kNone, else a JSON array of
// the items in escmsg_id order (the caller's order is kept among equal ids), also for
// one.
// Errors are AppendItem's.
absl::StatusOr<std::string> RenderBody(const ItemFormat& format, BatchMode mode,
                                       std::int32_t tenant_id, const Uuid& webhook_id,
                                       std::vector<Item> items);

}  // namespace windrow::domain
