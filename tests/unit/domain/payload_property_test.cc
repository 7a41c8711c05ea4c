// Rendering any event: the body is JSON, and what was published stands in it byte for
// byte.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/domain/payload.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

// Pieces of text: plain, escaped and not, of one to four bytes a character.
rc::Gen<std::string> Text(std::vector<std::string> pieces) {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)),
      [](const std::vector<std::string>& parts) {
        std::string text;
        for (const std::string& part : parts) text += part;
        return text;
      });
}

std::string AnyText() {
  return *Text({"a", "Z", " ", "\"", "\\", "/", "\n", "\x01", "\x7f", "\xc3\xab",
                "\xe2\x98\x83", "\xf0\x9f\x98\x80"});
}

// A JSON string's inside, as a publisher may spell it.
std::string AnyRawText() {
  return *Text({"a", "id", "name", "\\\"", "\\\\", "\\/", "\\n", "\\u0000", "\\u0069d",
                "\\ud83d\\ude00", "\xf0\x9f\x98\x80", "}", ",", "{", ":"});
}

std::string AnySpace() { return *rc::gen::element<std::string>("", "", "", " ", "\n\t"); }

std::string AnyScalar() {
  if (*rc::gen::inRange(0, 3) == 0) return "\"" + AnyRawText() + "\"";
  return *rc::gen::element<std::string>("null", "true", "false", "0", "-0", "1.10",
                                        "1e400", "-2.5E-7", "9007199254740993",
                                        "123456789012345678901234567890");
}

struct Member {
  std::string raw_key;
  std::string raw;
  bool key_field;  // a scalar or a single-select: what SMALL keeps
};

struct Object {
  std::string json;
  std::vector<Member> members;
};

Member AnyMember(int place) {
  // The place keeps keys apart; their spelling does not matter to rendering.
  Member member{.raw_key = AnyRawText() + std::to_string(place)};
  const int kind = *rc::gen::inRange(0, 6);
  member.key_field = kind <= 3;
  if (kind <= 2) {
    member.raw = AnyScalar();
  } else if (kind == 3) {
    std::string id = "\"id\"" + AnySpace() + ":" + AnyScalar();
    std::string name = "\"name\":" + AnySpace() + AnyScalar();
    if (*rc::gen::arbitrary<bool>()) std::swap(id, name);
    member.raw = "{" + AnySpace() + id + "," + AnySpace() + name + "}";
  } else if (kind == 4) {
    member.raw = "[" + AnyScalar() + AnySpace() + "," + AnyScalar() + "]";
  } else {
    member.raw = "{\"id\":" + AnyScalar() + ",\"other\":" + AnyScalar() + "}";
  }
  return member;
}

Object AnyObject() {
  Object object{.json = "{" + AnySpace()};
  const int count = *rc::gen::inRange(0, 8);
  for (int i = 0; i < count; ++i) {
    object.members.push_back(AnyMember(i));
    if (i > 0) object.json += "," + AnySpace();
    object.json.append("\"").append(object.members[i].raw_key).append("\"");
    object.json += AnySpace() + ":" + AnySpace() + object.members[i].raw + AnySpace();
  }
  object.json += "}";
  return object;
}

// An event that owns its texts.
struct AnyEvent {
  std::string type = AnyText(), object_id = AnyText(), message = AnyText(),
              agent_id = AnyText();
  Object object = AnyObject(), action = AnyObject();
  bool has_action = *rc::gen::arbitrary<bool>();
  std::vector<LinkedObject> linked = {{"customer", AnyObject().json},
                                      {"asset", AnyObject().json}};
  std::int64_t escmsg_id = *rc::gen::oneOf(
      rc::gen::inRange<std::int64_t>(0, 100),
      rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max()));
  std::int64_t micros =
      *rc::gen::inRange<std::int64_t>(-62'135'596'800'000'000, 253'402'300'800'000'000);

  EventView View() const {
    EventView view;
    view.escmsg_id = escmsg_id;
    view.type = type;
    view.object_type = "ticket";
    view.object_id = object_id;
    view.occurred_at = absl::FromUnixMicros(micros);
    view.message = message;
    view.agent_id = agent_id;
    view.object = object.json;
    if (has_action) view.action = action.json;
    view.linked = linked;
    return view;
  }
};

std::vector<std::string> EnvelopeKeysOf(const AnyEvent& event) {
  std::vector<std::string> keys;
  for (const std::string_view key : kEnvelopeKeys) {
    if (key == "message" && event.message.empty()) continue;
    if (key == "agent_id" && event.agent_id.empty()) continue;
    keys.emplace_back(key);
  }
  return keys;
}

// `value` is the item of `event`: the envelope first and in order, with its texts.
void CheckEnvelope(const json::Value& value, const AnyEvent& event) {
  const std::vector<std::string> wanted = EnvelopeKeysOf(event);
  auto member = value.first_child();
  for (const std::string& key : wanted) {
    RC_ASSERT(member.has_value());
    RC_ASSERT(member->key() == key);
    member = member->next();
  }
  RC_ASSERT(value.Find("event")->text() == event.type);
  RC_ASSERT(value.Find("object_id")->text() == event.object_id);
  RC_ASSERT(value.Find("escmsg_id")->raw() == std::to_string(event.escmsg_id));
  if (!event.message.empty()) RC_ASSERT(value.Find("message")->text() == event.message);
  if (!event.agent_id.empty())
    RC_ASSERT(value.Find("agent_id")->text() == event.agent_id);
}

// `value` holds the key fields of `object`, nothing else, with their bytes.
void CheckSmall(const json::Value& value, const Object& object) {
  auto member = value.first_child();
  for (const Member& wanted : object.members) {
    if (!wanted.key_field) continue;
    RC_ASSERT(member.has_value());
    RC_ASSERT(std::string(member->raw_key()) == wanted.raw_key);
    RC_ASSERT(std::string(member->raw()) == wanted.raw);
    member = member->next();
  }
  RC_ASSERT(!member.has_value());
}

void CheckContent(PayloadKind kind, const json::Value& value, const AnyEvent& event) {
  const auto object = value.Find("ticket");
  const auto action = value.Find("action");
  RC_ASSERT(object.has_value() == (kind != PayloadKind::kEventOnly));
  RC_ASSERT(action.has_value() == (kind != PayloadKind::kEventOnly && event.has_action));
  if (kind == PayloadKind::kSmall) {
    CheckSmall(*object, event.object);
    if (action) CheckSmall(*action, event.action);
  }
  if (kind == PayloadKind::kFull) {
    RC_ASSERT(std::string(object->raw()) == event.object.json);
    if (action) RC_ASSERT(std::string(action->raw()) == event.action.json);
  }
  for (const LinkedObject& linked : event.linked) {
    const auto found = value.Find(linked.name);
    RC_ASSERT(found.has_value() == (kind == PayloadKind::kFull));
    if (found) RC_ASSERT(std::string(found->raw()) == linked.json);
  }
}

PayloadKind AnyKind() {
  return *rc::gen::element(PayloadKind::kSmall, PayloadKind::kFull,
                           PayloadKind::kEventOnly);
}

RC_GTEST_PROP(RenderBodyProperty, AnItemIsJsonThatHoldsWhatWasPublished, ()) {
  const PayloadKind kind = AnyKind();
  const AnyEvent event;
  const EventView view = event.View();
  const std::string body = RenderBody(kind, BatchMode::kNone, 1, Uuid{},
                                      {{.notification_id = 31, .event = &view}})
                               .value();
  const auto document = json::Document::ParseObject(body);
  RC_ASSERT(document.ok());
  CheckEnvelope(document->root(), event);
  CheckContent(kind, document->root(), event);
}

RC_GTEST_PROP(RenderBodyProperty, ABatchIsAnArrayOfTheSameItemsInOrder, ()) {
  const PayloadKind kind = AnyKind();
  const std::vector<AnyEvent> events(*rc::gen::inRange<std::size_t>(1, 5));
  std::vector<EventView> views;
  for (const AnyEvent& event : events) views.push_back(event.View());
  std::vector<Item> items;
  for (std::size_t i = 0; i < views.size(); ++i) {
    items.push_back({static_cast<std::int32_t>(i), &views[i]});
  }
  const std::string body = RenderBody(kind, BatchMode::kAny, 1, Uuid{}, items).value();
  const auto document = json::Document::ParseValue(body);
  RC_ASSERT(document.ok());
  RC_ASSERT(document->root().is_array());
  std::set<std::size_t> seen;
  std::int64_t last = 0;
  for (auto item = document->root().first_child(); item; item = item->next()) {
    const std::size_t place =
        std::stoul(std::string(item->Find("notification_id")->raw()));
    RC_ASSERT(seen.insert(place).second);
    RC_ASSERT(events.at(place).escmsg_id >= last);
    last = events[place].escmsg_id;
    CheckContent(kind, *item, events[place]);
  }
  RC_ASSERT(seen.size() == events.size());
}

// ---- The model: a body written out member by member.

// AnyText's characters as JSON spells them.
std::string Quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (c == '\n') {
      json += "\\n";
    } else if (c == '\x01') {
      json += "\\u0001";
    } else {
      json += c;
    }
  }
  return json + "\"";
}

std::string SmallModel(const Object& object) {
  std::string members;
  for (const Member& member : object.members) {
    if (!member.key_field) continue;
    if (!members.empty()) members += ",";
    members += "\"" + member.raw_key + "\":" + member.raw;
  }
  return "{" + members + "}";
}

std::string ItemModel(PayloadKind kind, const AnyEvent& event, int notification_id) {
  const std::string id = ItemId(1, event.escmsg_id, notification_id).ToString();
  std::string json = "{\"id\":\"" + id;
  json += "\",\"webhook_id\":\"00000000-0000-0000-0000-000000000000\"";
  json += ",\"notification_id\":" + std::to_string(notification_id);
  json += ",\"escmsg_id\":" + std::to_string(event.escmsg_id);
  json += ",\"event\":" + Quoted(event.type);
  json += ",\"object_id\":" + Quoted(event.object_id);
  json += ",\"timestamp\":\"" +
          absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMicros(event.micros),
                           absl::UTCTimeZone()) +
          "\"";
  if (!event.message.empty()) json += ",\"message\":" + Quoted(event.message);
  if (!event.agent_id.empty()) json += ",\"agent_id\":" + Quoted(event.agent_id);
  if (kind == PayloadKind::kSmall) {
    json += ",\"ticket\":" + SmallModel(event.object);
    if (event.has_action) json += ",\"action\":" + SmallModel(event.action);
  }
  if (kind == PayloadKind::kFull) {
    json += ",\"ticket\":" + event.object.json;
    if (event.has_action) json += ",\"action\":" + event.action.json;
    for (const LinkedObject& linked : event.linked) {
      json += ",\"" + linked.name + "\":" + linked.json;
    }
  }
  return json + "}";
}

RC_GTEST_PROP(RenderBodyProperty, WritesWhatTheModelWrites, ()) {
  const PayloadKind kind = AnyKind();
  const bool batched = *rc::gen::arbitrary<bool>();
  std::vector<AnyEvent> events(batched ? *rc::gen::inRange<std::size_t>(1, 5) : 1);
  // Numbers that differ, so that their order says all.
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].escmsg_id = events[i].escmsg_id / 8 * 8 + static_cast<std::int64_t>(i);
  }
  std::vector<EventView> views;
  for (const AnyEvent& event : events) views.push_back(event.View());
  std::vector<Item> items;
  for (std::size_t i = 0; i < views.size(); ++i) {
    items.push_back({static_cast<std::int32_t>(i) + 1, &views[i]});
  }
  std::map<std::int64_t, std::string> by_number;
  for (std::size_t i = 0; i < events.size(); ++i) {
    by_number[events[i].escmsg_id] = ItemModel(kind, events[i], static_cast<int>(i) + 1);
  }
  std::string wanted;
  for (const auto& [number, item] : by_number)
    wanted += (wanted.empty() ? "" : ",") + item;
  if (batched) wanted = "[" + wanted + "]";
  const BatchMode mode = batched ? BatchMode::kAny : BatchMode::kNone;
  RC_ASSERT(RenderBody(kind, mode, 1, Uuid{}, items).value() == wanted);
}

RC_GTEST_PROP(ItemBytesProperty, IsAtMostTwentyBytesAboveTheRealSize, ()) {
  const PayloadKind kind = AnyKind();
  const AnyEvent event;
  const EventView view = event.View();
  std::string item;
  RC_ASSERT(AppendItem(kind, 1, Uuid{}, 31, view, &item).ok());
  const std::size_t bytes = ItemBytes(kind, 1, Uuid{}, 31, view);
  RC_ASSERT(bytes >= item.size());
  RC_ASSERT(bytes <= item.size() + 20);
}

}  // namespace
}  // namespace windrow::domain
