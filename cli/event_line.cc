#include "cli/event_line.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "cli/flag_types.h"
#include "common/base/settings.h"
#include "common/base/status.h"
#include "common/json/document.h"

namespace windrow::cli {
namespace {

using json::Value;

const std::vector<std::string>& KnownKeys() {
  static const std::vector<std::string> keys = {
      "type",     "object_type",       "object_id", "object",   "previous",
      "action",   "linked_objects",    "message",   "agent_id", "occur_time",
      "event_id", "origin_webhook_id", "hops"};
  return keys;
}

// Output of `event get`, which a line may keep: the server sets them anew.
bool IsOutputOnly(std::string_view key) {
  return key == "escmsg_id" || key == "receive_time";
}

void SetText(const std::string& key, const Value& value, std::string* field,
             Violations* violations) {
  if (value.type() == json::Type::kString) {
    *field = value.text();
  } else {
    violations->Add(key, "must be a string");
  }
}

void SetObject(const std::string& key, const Value& value, std::string* field,
               Violations* violations) {
  if (value.is_object()) {
    *field = std::string(value.raw());
  } else {
    violations->Add(key, "must be a JSON object");
  }
}

void SetTime(const Value& value, v1::Event* event, Violations* violations) {
  std::optional<absl::Time> time;
  if (value.type() == json::Type::kString) time = ParseRfc3339(value.text());
  if (time) {
    *event->mutable_occur_time() = ToProto(*time);
  } else {
    violations->Add("occur_time",
                    "must be an RFC 3339 time such as \"2026-11-25T10:00:00Z\"");
  }
}

void SetHops(const Value& value, v1::Event* event, Violations* violations) {
  std::int32_t hops = 0;
  const absl::string_view text(value.raw().data(), value.raw().size());
  if (value.type() == json::Type::kNumber && absl::SimpleAtoi(text, &hops)) {
    event->set_hops(hops);
  } else {
    violations->Add("hops", "must be a whole number, as windrow-hops has it");
  }
}

void SetLinked(const Value& value, v1::Event* event, Violations* violations) {
  if (!value.is_object()) {
    violations->Add("linked_objects", "must be a JSON object of name and object");
    return;
  }
  for (auto member = value.first_child(); member; member = member->next()) {
    v1::LinkedObject* linked = event->add_linked_objects();
    linked->set_name(member->key());
    SetObject("linked_objects." + linked->name(), *member, linked->mutable_object(),
              violations);
  }
}

void SetMember(const std::string& key, const Value& value, v1::Event* event,
               Violations* violations) {
  if (key == "type") return SetText(key, value, event->mutable_type(), violations);
  if (key == "object_type") {
    return SetText(key, value, event->mutable_object_type(), violations);
  }
  if (key == "object_id") {
    return SetText(key, value, event->mutable_object_id(), violations);
  }
  if (key == "message") return SetText(key, value, event->mutable_message(), violations);
  if (key == "agent_id")
    return SetText(key, value, event->mutable_agent_id(), violations);
  if (key == "origin_webhook_id") {
    return SetText(key, value, event->mutable_origin_webhook_id(), violations);
  }
  if (key == "hops") return SetHops(value, event, violations);
  if (key == "event_id")
    return SetText(key, value, event->mutable_event_id(), violations);
  if (key == "object") return SetObject(key, value, event->mutable_object(), violations);
  if (key == "previous") {
    return SetObject(key, value, event->mutable_previous(), violations);
  }
  if (key == "action") return SetObject(key, value, event->mutable_action(), violations);
  if (key == "linked_objects") return SetLinked(value, event, violations);
  if (key == "occur_time") return SetTime(value, event, violations);
  if (IsOutputOnly(key)) return;
  violations->Add(key, "is not a key of an event" + config::Suggestion(key, KnownKeys()));
}

}  // namespace

absl::StatusOr<v1::Event> ParseEventLine(std::string line) {
  json::Limits limits;
  limits.max_bytes = LineReader::kMaxLineBytes;
  limits.max_depth +=
      2;  // an object of the allowed depth, in linked_objects, in the line
  WINDROW_ASSIGN_OR_RETURN(const json::Document document,
                           json::Document::ParseObject(std::move(line), limits));
  v1::Event event;
  Violations violations;
  for (auto member = document.root().first_child(); member; member = member->next()) {
    // null is as good as absent.
    if (member->type() == json::Type::kNull) continue;
    SetMember(member->key(), *member, &event, &violations);
  }
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  return event;
}

bool LineReader::ReadLine(Line* line) {
  std::streambuf* buffer = in_.rdbuf();
  line->text.clear();
  line->too_long = false;
  line->number = ++number_;
  bool any = false;
  for (int c = buffer->sbumpc(); c != std::char_traits<char>::eof();
       c = buffer->sbumpc()) {
    any = true;
    ++bytes_read_;
    if (c == '\n') return true;
    if (line->text.size() < kMaxLineBytes) {
      line->text += static_cast<char>(c);
    } else {
      line->too_long = true;
    }
  }
  return any;
}

std::optional<LineReader::Line> LineReader::Next() {
  Line line;
  while (ReadLine(&line)) {
    if (line.text.find_first_not_of(" \t\r") != std::string::npos) return line;
  }
  return std::nullopt;
}

}  // namespace windrow::cli
