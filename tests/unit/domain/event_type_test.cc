#include "common/domain/event_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

EventTypeSpec OrderPaid() { return {.name = "order.paid", .object_type = "order"}; }

std::vector<Violation> Broken(const EventTypeSpec& spec) {
  Violations violations;
  Validate(spec, "event_type", &violations);
  return violations.list();
}

std::vector<std::string> Fields(const EventTypeSpec& spec) {
  std::vector<std::string> fields;
  for (const Violation& violation : Broken(spec)) fields.push_back(violation.field);
  return fields;
}

FieldKind KindOf(const std::vector<EventTypeSpec>& types, std::string_view path) {
  return KindsOf(types)(*FieldPath::Parse(path));
}

TEST(EventTypeTest, NameAndObjectTypeAreEnough) {
  EXPECT_THAT(Broken(OrderPaid()), IsEmpty());
}

TEST(EventTypeTest, EveryBrokenRuleIsNamed) {
  EventTypeSpec spec;
  spec.description = std::string(4'097, 'x');
  spec.object_type = "Order";
  spec.key_fields = {"id", "id"};
  spec.single_select_fields = {"", "status", "status"};
  spec.example = "[1]";
  EXPECT_THAT(
      Fields(spec),
      ElementsAre("event_type.name", "event_type.description", "event_type.object_type",
                  "event_type.key_fields[1]", "event_type.single_select_fields[0]",
                  "event_type.single_select_fields[2]", "event_type.example"));
}

TEST(EventTypeTest, NamesAreThoseOfEvents) {
  EventTypeSpec spec = OrderPaid();
  for (std::string name : {std::string(128, 'a'), std::string("say \"hi\"\n\U0001F600"),
                           std::string("a/b c")}) {
    spec.name = name;
    EXPECT_THAT(Broken(spec), IsEmpty()) << name;
  }
  for (std::string name : {std::string(), std::string(129, 'a'), std::string("\xff"),
                           std::string("a\0b", 3)}) {
    spec.name = name;
    EXPECT_THAT(Fields(spec), ElementsAre("event_type.name")) << name;
  }
}

TEST(EventTypeTest, ObjectTypesArePayloadKeys) {
  EventTypeSpec spec = OrderPaid();
  for (const char* name : {"", "Order", "1st", "event", "action", "a-b"}) {
    spec.object_type = name;
    EXPECT_THAT(Fields(spec), ElementsAre("event_type.object_type")) << name;
  }
}

TEST(EventTypeTest, AnExampleIsOneObjectOfAtMost64KiB) {
  EventTypeSpec spec = OrderPaid();
  spec.example = R"({"id": 1e400})";
  EXPECT_THAT(Broken(spec), IsEmpty());
  spec.example = "{\"a\":\"" + std::string((64 << 10) - 8, 'x') + "\"}";
  EXPECT_THAT(Broken(spec), IsEmpty());
  spec.example += ' ';
  EXPECT_THAT(Broken(spec),
              ElementsAre(Field(&Violation::rule, HasSubstr("at most 65536"))));
  spec.example = R"({"a":1,"a":2})";
  EXPECT_THAT(Fields(spec), ElementsAre("event_type.example"));
}

TEST(EventTypeTest, ListsOverTheirLimitAreNotLookedAt) {
  EventTypeSpec spec = OrderPaid();
  spec.single_select_fields.assign(101, "");
  EXPECT_THAT(Fields(spec), ElementsAre("event_type.single_select_fields"));
}

TEST(FieldKindsTest, AnExampleShowsWhatAFieldIs) {
  EventTypeSpec type = OrderPaid();
  type.example = R"({"tags":[{"id":1,"name":"x"}],"status":{"id":9,"name":"Paid"},)"
                 R"("total":1.10,"site":{"city":"Bath","roles":[]}})";
  EXPECT_EQ(KindOf({type}, "object.tags"), FieldKind::kMultiSelect);
  EXPECT_EQ(KindOf({type}, "object.site.roles"), FieldKind::kMultiSelect);
  EXPECT_EQ(KindOf({type}, "object.status"), FieldKind::kSingleSelect);
  EXPECT_EQ(KindOf({type}, "object.total"), FieldKind::kOther);
  EXPECT_EQ(KindOf({type}, "object.gone"), FieldKind::kUnknown);
  EXPECT_EQ(KindOf({type}, "action.tags"), FieldKind::kUnknown);
  EXPECT_EQ(KindOf({}, "object.tags"), FieldKind::kUnknown);
}

TEST(FieldKindsTest, ASingleSelectOfAnyTypeIsOne) {
  EventTypeSpec shows = OrderPaid();
  shows.example = R"({"team":[1],"a":{"b.c":[]}})";
  EventTypeSpec names = OrderPaid();
  names.single_select_fields = {"team", R"(a.b\.c)"};
  EXPECT_EQ(KindOf({shows}, "object.team"), FieldKind::kMultiSelect);
  EXPECT_EQ(KindOf({names}, "object.team"), FieldKind::kSingleSelect);
  EXPECT_EQ(KindOf({shows, names}, "object.team"), FieldKind::kSingleSelect);
  EXPECT_EQ(KindOf({shows, names}, R"(object.a.b\.c)"), FieldKind::kSingleSelect);
  EXPECT_EQ(KindOf({names}, "previous.team"), FieldKind::kUnknown);
}

TEST(FieldKindsTest, AMultiSelectOfAnyTypeIsOneWhereNoneSaysOtherwise) {
  EventTypeSpec text = OrderPaid();
  text.example = R"({"tags":"vip"})";
  EventTypeSpec list = OrderPaid();
  list.example = R"({"tags":["vip"]})";
  EXPECT_EQ(KindOf({text, list}, "object.tags"), FieldKind::kMultiSelect);
  EXPECT_EQ(KindOf({list, text}, "object.tags"), FieldKind::kMultiSelect);
}

TEST(BuiltInEventTypesTest, AreValidAndInOrder) {
  std::vector<std::string> names;
  for (const BuiltInEventType& type : BuiltInEventTypes()) {
    EXPECT_THAT(Broken({.name = std::string(type.name),
                        .description = std::string(type.description),
                        .object_type = std::string(type.object_type)}),
                IsEmpty());
    names.emplace_back(type.name);
  }
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_THAT(names, ElementsAre("action.added", "ticket.closed", "ticket.created",
                                 "ticket.reassigned", "ticket.sla_breached",
                                 "ticket.updated", "windrow.webhook.disabled"));
}

TEST(BuiltInEventTypesTest, WindrowsOwnAreKnownApart) {
  EXPECT_TRUE(IsOwnEventType("windrow.webhook.disabled"));
  EXPECT_FALSE(IsOwnEventType("windrow.made.up"));
  EXPECT_FALSE(IsOwnEventType("ticket.created"));
}

}  // namespace
}  // namespace windrow::domain
