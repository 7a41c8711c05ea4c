// A published event, and the rules that it must keep before it is stored.
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/base/uuid.h"

namespace windrow::domain {

// Another object that goes along with FULL payloads, under `name`.
struct LinkedObject {
  std::string name;
  std::string json;

  bool operator==(const LinkedObject&) const = default;
};

// As published. JSON fields hold checked texts, byte for byte as they came.
struct Event {
  std::string event_id;     // the publisher's, idempotent per tenant; may be empty
  std::string type;         // "ticket.created"
  std::string object_type;  // "ticket"
  std::string object_id;
  std::string object;    // JSON object
  std::string previous;  // JSON object, or empty
  std::string action;    // JSON object, or empty
  std::vector<LinkedObject> linked;
  std::string message;                    // free text, may be empty
  std::string agent_id;                   // who did it, may be empty
  std::optional<absl::Time> occurred_at;  // none: when it was received
  // The webhook whose delivery led to this event, and how many deliveries led to it, one
  // after the other. 0 where there is none.
  std::optional<Uuid> origin_webhook_id;
  int hops = 0;

  // Bytes of all JSON texts together.
  std::size_t json_bytes() const;
};

inline constexpr std::size_t kMaxEventBytes = 1 << 20;  // json_bytes(), an event
inline constexpr std::size_t kMaxEventIdBytes = 256;
inline constexpr std::size_t kMaxObjectIdBytes = 256;
inline constexpr std::size_t kMaxMessageBytes = 4'096;
inline constexpr std::size_t kMaxAgentIdBytes = 256;
inline constexpr std::size_t kMaxLinkedObjects = 32;
inline constexpr int kMaxHops = 1'000'000;

// OK, INVALID_ARGUMENT with every violation (paths with the API's names: "event.object",
// "event.linked_objects[0].name"), or RESOURCE_EXHAUSTED (EVENT_TOO_LARGE) for an event
// over kMaxEventBytes. Type names hold 1–128 characters of any text; object ids 1–256
// bytes; object types and linked names match [a-z][a-z0-9_]{0,63}, differ from each
// other, from "action" and from the envelope's keys. Text fields are UTF-8 without
// U+0000, which PostgreSQL cannot store. JSON texts are checked by json::Document.
absl::Status Validate(const Event& event);

// True where the event must not go to this webhook any more: it came back from it so
// often that it would go round for ever.
bool IsLoop(const Event& event, const Uuid& webhook_id, int max_hops);

// Adds the rule of object types that `name` breaks, if any.
void CheckObjectType(const std::string& name, const std::string& field,
                     Violations* violations);

}  // namespace windrow::domain
