#include "common/domain/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/domain/payload.h"
#include "common/domain/text.h"
#include "common/domain/webhook.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

constexpr std::string_view kAction = "action";
constexpr std::size_t kMaxKeyBytes = 64;

// [a-z][a-z0-9_]{0,63}
bool IsKeyName(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (name.empty() || name.size() > kMaxKeyBytes || !is_lower(name[0])) return false;
  return std::ranges::all_of(
      name, [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

bool IsTakenByPayload(std::string_view name) {
  return name == kAction ||
         std::ranges::find(kEnvelopeKeys, name) != std::end(kEnvelopeKeys);
}

// The rule that a name breaks under which an object stands in payloads, or "".
std::string KeyNameRule(const std::string& name) {
  if (!IsKeyName(name)) {
    return fmt::format(
        "must match [a-z][a-z0-9_]{{0,{}}}: lower case letters, digits and _, a letter "
        "first",
        kMaxKeyBytes - 1);
  }
  if (IsTakenByPayload(name)) {
    return fmt::format("\"{}\" is a key of the payload's own: choose another name", name);
  }
  return {};
}

// `taken` holds the names before it.
void CheckKeyName(const std::string& name, const std::string& field,
                  std::set<std::string>* taken, Violations* violations) {
  std::string rule = KeyNameRule(name);
  if (rule.empty() && !taken->insert(name).second) {
    rule = fmt::format(
        "\"{}\" is used twice in this event: each object needs its own name", name);
  }
  if (!rule.empty()) violations->Add(field, std::move(rule));
}

void CheckJson(const std::string& text, const std::string& field,
               Violations* violations) {
  const auto document = json::Document::ParseObject(text, {.max_bytes = kMaxEventBytes});
  if (!document.ok()) violations->Add(field, std::string(document.status().message()));
}

void CheckTexts(const Event& event, Violations* violations) {
  CheckText(event.event_id, {.max = kMaxEventIdBytes}, "event.event_id", violations);
  CheckText(event.type,
            {.min = 1, .max = kMaxEventTypeCharacters, .unit = Unit::kCharacters},
            "event.type", violations);
  CheckText(event.object_id, {.min = 1, .max = kMaxObjectIdBytes}, "event.object_id",
            violations);
  CheckText(event.message, {.max = kMaxMessageBytes}, "event.message", violations);
  CheckText(event.agent_id, {.max = kMaxAgentIdBytes}, "event.agent_id", violations);
}

void CheckHops(const Event& event, Violations* violations) {
  if (event.hops < 0 || event.hops > kMaxHops) {
    violations->Add("event.hops", fmt::format("is {}: it is 1–{}, or 0 for none",
                                              event.hops, kMaxHops));
  } else if (event.hops > 0 && !event.origin_webhook_id) {
    violations->Add("event.hops",
                    "needs origin_webhook_id: the webhook whose delivery led here");
  }
}

void CheckObjects(const Event& event, Violations* violations) {
  std::set<std::string> names;
  CheckKeyName(event.object_type, "event.object_type", &names, violations);
  CheckJson(event.object, "event.object", violations);
  if (!event.previous.empty()) CheckJson(event.previous, "event.previous", violations);
  if (!event.action.empty()) CheckJson(event.action, "event.action", violations);
  if (event.linked.size() > kMaxLinkedObjects) {
    violations->Add("event.linked_objects",
                    fmt::format("has {} objects: an event carries at most {}",
                                event.linked.size(), kMaxLinkedObjects));
    return;
  }
  for (std::size_t i = 0; i < event.linked.size(); ++i) {
    const std::string field = fmt::format("event.linked_objects[{}]", i);
    CheckKeyName(event.linked[i].name, field + ".name", &names, violations);
    CheckJson(event.linked[i].json, field + ".object", violations);
  }
}

// Years that RFC 3339 can write (and google.protobuf.Timestamp can hold).
void CheckTime(const Event& event, Violations* violations) {
  static const absl::Time kFirst = absl::FromUnixSeconds(-62'135'596'800);
  static const absl::Time kEnd = absl::FromUnixSeconds(253'402'300'800);
  if (!event.occurred_at) return;
  if (*event.occurred_at < kFirst || *event.occurred_at >= kEnd) {
    violations->Add("event.occur_time", "must lie in the years 0001 to 9999");
  }
}

}  // namespace

std::size_t Event::json_bytes() const {
  std::size_t bytes = object.size() + previous.size() + action.size();
  for (const LinkedObject& other : linked) bytes += other.json.size();
  return bytes;
}

void CheckObjectType(const std::string& name, const std::string& field,
                     Violations* violations) {
  std::string rule = KeyNameRule(name);
  if (!rule.empty()) violations->Add(field, std::move(rule));
}

absl::Status Validate(const Event& event) {
  if (const std::size_t bytes = event.json_bytes(); bytes > kMaxEventBytes) {
    const std::string text = fmt::format(
        "the JSON texts of this event have {} bytes together, more than the limit of {} "
        "(1 MiB) an event: publish less of the object, or a link to it",
        bytes, kMaxEventBytes);
    return WithReason(absl::ResourceExhaustedError(text), "EVENT_TOO_LARGE");
  }
  Violations violations;
  CheckTexts(event, &violations);
  CheckHops(event, &violations);
  CheckObjects(event, &violations);
  CheckTime(event, &violations);
  return violations.ToStatus();
}

bool IsLoop(const Event& event, const Uuid& webhook_id, int max_hops) {
  return event.hops >= max_hops && event.origin_webhook_id == webhook_id;
}

}  // namespace windrow::domain
