#include "common/domain/event_document.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "common/domain/timestamp.h"
#include "common/json/tokens.h"

namespace windrow::domain {
namespace {

// Up to here a search through the members is cheaper than a table of them.
constexpr int kLookUpsWithoutTable = 4;

bool HoldsEscapes(std::string_view raw) {
  return raw.find('\\') != std::string_view::npos;
}

void AppendMember(std::string_view key, std::string_view text, std::string* out) {
  if (text.empty()) return;
  out->append(",\"").append(key).append("\":");
  json::AppendString(text, out);
}

}  // namespace

EventDocument::EventDocument(const EventView& event, std::string_view previous)
    : event_(event) {
  object_.source = event.object;
  previous_.source = previous;
  action_.source = event.action;
}

void EventDocument::UseParsed(PathRoot root, const json::Document* document) {
  Part* part = root == PathRoot::kObject     ? &object_
               : root == PathRoot::kPrevious ? &previous_
                                             : &action_;
  part->document = document;
  part->ready = true;
}

std::optional<json::Value> EventDocument::Find(const FieldPath& path) {
  switch (path.root()) {
    case PathRoot::kObject:
      return FindIn(Ready(&object_), path.keys(), 0);
    case PathRoot::kPrevious:
      return FindIn(Ready(&previous_), path.keys(), 0);
    case PathRoot::kAction:
      return FindIn(Ready(&action_), path.keys(), 0);
    case PathRoot::kLinked:
      return FindIn(LinkedPart(path.keys()[0].key), path.keys(), 1);
    case PathRoot::kEvent:
      if (!envelope_.ready) {
        envelope_json_ = EnvelopeJson();
        envelope_.source = envelope_json_;
      }
      return FindIn(Ready(&envelope_), path.keys(), 0);
  }
  return std::nullopt;
}

std::optional<json::Value> EventDocument::FindPrevious(const FieldPath& path) {
  return FindIn(Ready(&previous_), path.keys(), 0);
}

bool EventDocument::has_previous() { return Ready(&previous_) != nullptr; }

std::string_view EventDocument::Text(const json::Value& string, int slot) {
  std::string_view raw = string.raw();
  raw = raw.substr(1, raw.size() - 2);
  if (!HoldsEscapes(raw)) return raw;
  std::string& text = scratch_[static_cast<std::size_t>(slot)];
  text.clear();
  json::AppendUnescaped(raw, &text);
  return text;
}

// The part with its document, or nullptr where the event has none.
EventDocument::Part* EventDocument::Ready(Part* part) {
  if (!part->ready) {
    part->ready = true;
    if (!part->source.empty()) {
      auto document = json::Document::ParseObject(std::string(part->source));
      if (document.ok()) part->document = &part->own.emplace(*std::move(document));
    }
  }
  return part->document != nullptr ? part : nullptr;
}

EventDocument::Part* EventDocument::LinkedPart(std::string_view name) {
  if (linked_.empty()) {
    for (const LinkedObject& other : event_.linked) {
      linked_.emplace_back().source = other.json;
    }
  }
  for (std::size_t i = 0; i < linked_.size(); ++i) {
    if (event_.linked[i].name == name) return Ready(&linked_[i]);
  }
  return nullptr;
}

std::optional<json::Value> EventDocument::FindIn(Part* part,
                                                 const std::vector<PathKey>& keys,
                                                 std::size_t first) {
  if (part == nullptr) return std::nullopt;
  if (first == keys.size()) return part->document->root();
  std::optional<json::Value> value = Member(part, keys[first]);
  for (std::size_t i = first + 1; value && i < keys.size(); ++i) {
    value = Step(*value, keys[i]);
  }
  return value;
}

// A member of the part's root.
std::optional<json::Value> EventDocument::Member(Part* part, const PathKey& key) {
  const json::Value root = part->document->root();
  if (part->look_ups < kLookUpsWithoutTable) {
    ++part->look_ups;
    return root.Find(key.key);
  }
  if (part->members.empty()) {
    for (auto member = root.first_child(); member; member = member->next()) {
      std::string_view name = member->raw_key();
      if (HoldsEscapes(name)) name = part->resolved_keys.emplace_back(member->key());
      part->members.emplace(absl::string_view(name.data(), name.size()), *member);
    }
  }
  const auto found = part->members.find(absl::string_view(key.key));
  if (found == part->members.end()) return std::nullopt;
  return found->second;
}

std::string EventDocument::EnvelopeJson() const {
  std::string json = "{\"timestamp\":\"";
  AppendTimestamp(event_.occurred_at, &json);
  json.push_back('"');
  if (event_.escmsg_id != 0) {
    fmt::format_to(std::back_inserter(json), ",\"escmsg_id\":{}", event_.escmsg_id);
  }
  AppendMember("type", event_.type, &json);
  AppendMember("object_type", event_.object_type, &json);
  AppendMember("object_id", event_.object_id, &json);
  AppendMember("message", event_.message, &json);
  AppendMember("agent_id", event_.agent_id, &json);
  json.push_back('}');
  return json;
}

}  // namespace windrow::domain
