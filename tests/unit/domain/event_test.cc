#include "common/domain/event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kMebibyte = 1'048'576;

Event TicketCreated() {
  Event event;
  event.type = "ticket.created";
  event.object_type = "ticket";
  event.object_id = "2114";
  event.object = R"({"id":2114})";
  return event;
}

// An event whose every member is filled to its limit.
Event FullestEvent() {
  Event event = TicketCreated();
  event.event_id = std::string(256, 'e');
  event.type = std::string(128, 't');
  event.object_type = std::string(64, 'o');
  event.object_id = std::string(256, 'i');
  event.previous = "{}";
  event.action = R"({"outcome":"Note"})";
  event.message = std::string(4'096, 'm');
  event.agent_id = std::string(256, 'a');
  event.occurred_at = absl::FromUnixSeconds(0);
  for (int i = 0; i < 32; ++i) {
    event.linked.push_back({"linked_" + std::to_string(i), "{}"});
  }
  return event;
}

std::vector<std::string> BrokenFields(const Event& event) {
  std::vector<std::string> fields;
  for (const Violation& violation : ViolationsOf(Validate(event))) {
    fields.push_back(violation.field);
  }
  return fields;
}

std::string RuleFor(const Event& event) {
  const std::vector<Violation> violations = ViolationsOf(Validate(event));
  return violations.size() == 1 ? violations[0].rule : "not one violation";
}

TEST(ValidateEventTest, AcceptsTheLeastAndTheMost) {
  EXPECT_EQ(Validate(TicketCreated()), absl::OkStatus());
  EXPECT_EQ(Validate(FullestEvent()), absl::OkStatus());
}

TEST(ValidateEventTest, EveryTextHasItsLimit) {
  Event event = FullestEvent();
  event.event_id += "e";
  event.type += "t";
  event.object_type += "o";
  event.object_id += "i";
  event.message += "m";
  event.agent_id += "a";
  event.linked.push_back({"linked_32", "{}"});
  EXPECT_THAT(
      BrokenFields(event),
      ElementsAre("event.event_id", "event.type", "event.object_id", "event.message",
                  "event.agent_id", "event.object_type", "event.linked_objects"));
}

TEST(ValidateEventTest, AnEmptyEventLacksFourThings) {
  EXPECT_THAT(BrokenFields(Event()), ElementsAre("event.type", "event.object_id",
                                                 "event.object_type", "event.object"));
}

TEST(ValidateEventTest, TheRuleNamesTheLimit) {
  Event event = TicketCreated();
  event.message = std::string(4'097, 'm');
  EXPECT_THAT(RuleFor(event), HasSubstr("at most 4096"));
  event = TicketCreated();
  event.linked.assign(33, {"a", "{}"});
  EXPECT_THAT(RuleFor(event), HasSubstr("at most 32"));
}

TEST(ValidateEventTest, TypesAreAnyTextOf128Characters) {
  Event event = TicketCreated();
  event.type = "say \"hi\"\n\U0001F600";
  EXPECT_EQ(Validate(event), absl::OkStatus());
  event.type.clear();
  for (int i = 0; i < 128; ++i) event.type += "\U0001F600";
  EXPECT_EQ(Validate(event), absl::OkStatus());
  event.type += "\U0001F600";
  EXPECT_THAT(BrokenFields(event), ElementsAre("event.type"));
}

TEST(ValidateEventTest, TextsAreUtf8WithoutNul) {
  Event event = TicketCreated();
  event.event_id = "ab\xff";
  EXPECT_THAT(RuleFor(event), HasSubstr("byte 2"));
  event.event_id = std::string("a\0b", 3);
  EXPECT_THAT(RuleFor(event), HasSubstr("U+0000"));
  event = TicketCreated();
  event.type = "\xed\xa0\x80";
  event.message = "\xc0\xaf";
  event.agent_id = std::string(1, '\0');
  event.object_id = "\xf4\x90\x80\x80";
  EXPECT_THAT(BrokenFields(event), ElementsAre("event.type", "event.object_id",
                                               "event.message", "event.agent_id"));
}

TEST(ValidateEventTest, ObjectTypesAreLowerCaseNames) {
  for (const char* name : {"ticket", "t", "a_9", "ticket_2"}) {
    Event event = TicketCreated();
    event.object_type = name;
    EXPECT_EQ(Validate(event), absl::OkStatus()) << name;
  }
  for (const char* name : {"", "Ticket", "9a", "_a", "a-b", "a.b", "a b",
                           "\xc3\xa9t\xc3\xa9", "a\"", "\xff"}) {
    Event event = TicketCreated();
    event.object_type = name;
    EXPECT_THAT(BrokenFields(event), ElementsAre("event.object_type")) << name;
  }
}

TEST(ValidateEventTest, NamesDoNotHideTheEnvelopeOrTheAction) {
  for (const char* name : {"id", "webhook_id", "notification_id", "escmsg_id", "event",
                           "object_id", "timestamp", "message", "agent_id", "action"}) {
    Event event = TicketCreated();
    event.object_type = name;
    EXPECT_THAT(BrokenFields(event), ElementsAre("event.object_type")) << name;
    event = TicketCreated();
    event.linked = {{name, "{}"}};
    EXPECT_THAT(BrokenFields(event), ElementsAre("event.linked_objects[0].name")) << name;
  }
}

TEST(ValidateEventTest, NamesDifferFromEachOther) {
  Event event = TicketCreated();
  event.linked = {
      {"customer", "{}"}, {"ticket", "{}"}, {"customer", "{}"}, {"asset", "{}"}};
  EXPECT_THAT(BrokenFields(event), ElementsAre("event.linked_objects[1].name",
                                               "event.linked_objects[2].name"));
}

TEST(ValidateEventTest, EachBadJsonTextIsNamed) {
  Event event = TicketCreated();
  event.object = "[1,2]";
  event.previous = "{";
  event.action = R"({"a":01})";
  event.linked = {{"customer", "{}"}, {"asset", ""}};
  EXPECT_THAT(BrokenFields(event),
              ElementsAre("event.object", "event.previous", "event.action",
                          "event.linked_objects[1].object"));
}

std::string Nested(int depth) {
  std::string json;
  for (int i = 0; i < depth; ++i) json += "{\"a\":";
  json += "1";
  return json.append(depth, '}');
}

TEST(ValidateEventTest, AcceptsObjectsThatJsonAllows) {
  for (const std::string& object :
       {std::string(R"({"id":9007199254740993})"), std::string(R"({"id":-0})"),
        std::string(R"({"n":1.10})"), std::string(R"({"n":1e400})"),
        std::string(R"({"n":123456789012345678901234567890})"),
        std::string(R"({"s":"\u0000"})"), std::string(R"({"s":"\\u0000"})"),
        std::string(R"({"s":"\ud83d\ude00"})"), std::string(R"({"\"},\"x\":1":2})"),
        std::string(R"({"id":{"id":9,"name":"Closed"}})"), std::string(R"({"":1})"),
        std::string(R"({"a\u002eb":1})"), Nested(128)}) {
    Event event = TicketCreated();
    event.object = object;
    EXPECT_EQ(Validate(event), absl::OkStatus()) << object;
  }
}

TEST(ValidateEventTest, RefusesObjectsThatJsonDoesNotAllow) {
  for (const std::string& object :
       {std::string(R"({"a":1,"a":2})"), std::string(R"({"s":"\ud800"})"),
        std::string("{\"s\":\"\xff\"}"), std::string("{\"s\":\"\xc0\xaf\"}"),
        std::string("\xef\xbb\xbf{}"), std::string(R"({"a":NaN})"),
        std::string(R"({"a":01})"), std::string(R"({"a":1,})"),
        std::string(R"({"a":1} {"b":2})"), std::string("[1,2]"), std::string(R"("text")"),
        std::string(), Nested(129)}) {
    Event event = TicketCreated();
    event.object = object;
    EXPECT_THAT(BrokenFields(event), ElementsAre("event.object")) << object;
  }
}

std::string ObjectOf(std::size_t bytes) {
  return "{\"a\":\"" + std::string(bytes - 8, 'x') + "\"}";
}

TEST(ValidateEventTest, AnObjectMayHaveOneMebibyte) {
  Event event = TicketCreated();
  event.object = ObjectOf(kMebibyte);
  ASSERT_EQ(event.object.size(), kMebibyte);
  EXPECT_EQ(Validate(event), absl::OkStatus());
}

TEST(ValidateEventTest, AllJsonTextsTogetherMayHaveOneMebibyte) {
  Event event = TicketCreated();
  event.object = ObjectOf(kMebibyte - 100);
  event.previous = ObjectOf(50);
  event.action = ObjectOf(20);
  event.linked = {{"customer", ObjectOf(30)}};
  EXPECT_EQ(event.json_bytes(), kMebibyte);
  EXPECT_EQ(Validate(event), absl::OkStatus());
  event.linked[0].json = ObjectOf(31);
  const absl::Status status = Validate(event);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "EVENT_TOO_LARGE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("1048576"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("1048577"));
}

TEST(ValidateEventTest, TimesLieInTheYearsThatRfc3339CanWrite) {
  const auto fields = [](absl::Time time) {
    Event event = TicketCreated();
    event.occurred_at = time;
    return BrokenFields(event);
  };
  EXPECT_THAT(fields(absl::FromUnixSeconds(-62'135'596'800)), IsEmpty());
  EXPECT_THAT(fields(absl::FromUnixMillis(253'402'300'799'999)), IsEmpty());
  for (const absl::Time time :
       {absl::FromUnixSeconds(-62'135'596'801), absl::FromUnixSeconds(253'402'300'800),
        absl::InfinitePast(), absl::InfiniteFuture()}) {
    EXPECT_THAT(fields(time), ElementsAre("event.occur_time"));
  }
}

TEST(ValidateEventTest, HopsNeedTheWebhookThatTheyBeganAt) {
  Event event = TicketCreated();
  event.hops = 1;
  EXPECT_THAT(BrokenFields(event), ElementsAre("event.hops"));
  event.origin_webhook_id = Uuid();
  EXPECT_EQ(Validate(event), absl::OkStatus());
  for (const int hops : {-1, kMaxHops + 1}) {
    event.hops = hops;
    EXPECT_THAT(BrokenFields(event), ElementsAre("event.hops")) << hops;
  }
}

TEST(IsLoopTest, IsOneOnlyAtItsOriginAndOnlyAtTheLimit) {
  const Uuid origin = *Uuid::Parse("0192f0c4-0000-7000-8000-000000000001");
  const Uuid other = *Uuid::Parse("0192f0c4-0000-7000-8000-000000000002");
  Event event = TicketCreated();
  EXPECT_FALSE(IsLoop(event, origin, 1));
  event.origin_webhook_id = origin;
  event.hops = 7;
  EXPECT_FALSE(IsLoop(event, origin, 8));
  event.hops = 8;
  EXPECT_TRUE(IsLoop(event, origin, 8));
  EXPECT_FALSE(IsLoop(event, other, 8));
}

}  // namespace
}  // namespace windrow::domain
