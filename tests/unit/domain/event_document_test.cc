#include "common/domain/event_document.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace windrow::domain {
namespace {

constexpr std::string_view kAbsent = "absent";

class EventDocumentTest : public testing::Test {
 protected:
  EventDocumentTest() {
    event_.type = "ticket.updated";
    event_.object_type = "ticket";
    event_.object_id = "2114";
    event_.occurred_at = absl::FromUnixMicros(1'795'600'800'123'456);
    event_.object = R"({"id":2114,"a.b":1,"\u0069d2":[true,{"x":1.10}],"":"empty"})";
  }

  std::string Raw(EventDocument* document, std::string_view path) {
    const auto value = document->Find(*FieldPath::Parse(path));
    return std::string(value ? value->raw() : kAbsent);
  }
  std::string Raw(std::string_view path) {
    EventDocument document(event_, previous_);
    return Raw(&document, path);
  }

  EventView event_;
  std::string previous_;
};

TEST_F(EventDocumentTest, FindsValuesAsTheyWerePublished) {
  EXPECT_EQ(Raw("object.id"), "2114");
  EXPECT_EQ(Raw("object.a\\.b"), "1");
  EXPECT_EQ(Raw("object.id2.1.x"), "1.10");
  EXPECT_EQ(Raw("object."), R"("empty")");
  EXPECT_EQ(Raw("object"), event_.object);
  EXPECT_EQ(Raw("object.other"), kAbsent);
  EXPECT_EQ(Raw("object.id.x"), kAbsent);
}

TEST_F(EventDocumentTest, ManyLookUpsFindTheSame) {
  EventDocument document(event_, "");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Raw(&document, "object.id"), "2114");
    EXPECT_EQ(Raw(&document, "object.id2.0"), "true");
    EXPECT_EQ(Raw(&document, "object."), R"("empty")");
    EXPECT_EQ(Raw(&document, "object.other"), kAbsent);
  }
}

TEST_F(EventDocumentTest, PartsThatTheEventLacksAreAbsent) {
  EventDocument document(event_, "");
  EXPECT_FALSE(document.has_previous());
  EXPECT_EQ(Raw("previous"), kAbsent);
  EXPECT_EQ(Raw("previous.id"), kAbsent);
  EXPECT_EQ(Raw("action.outcome"), kAbsent);
  EXPECT_EQ(Raw("linked.customer.id"), kAbsent);
}

TEST_F(EventDocumentTest, FindsPreviousActionAndLinkedObjects) {
  const std::vector<LinkedObject> linked = {{"customer", R"({"id":7})"},
                                            {"asset", R"({"id":8})"}};
  event_.linked = linked;
  event_.action = R"({"outcome":"Note"})";
  previous_ = R"({"id":2113})";
  EXPECT_EQ(Raw("previous.id"), "2113");
  EXPECT_EQ(Raw("action.outcome"), R"("Note")");
  EXPECT_EQ(Raw("linked.asset.id"), "8");
  EXPECT_EQ(Raw("linked.asset"), R"({"id":8})");
  EXPECT_EQ(Raw("linked.other.id"), kAbsent);
  EventDocument document(event_, previous_);
  EXPECT_TRUE(document.has_previous());
  EXPECT_EQ(document.FindPrevious(*FieldPath::Parse("object.id"))->raw(), "2113");
}

TEST_F(EventDocumentTest, EnvelopeFieldsAreValuesToo) {
  event_.escmsg_id = 9'223'372'036'854'775'807;
  event_.message = "say \"hi\"";
  event_.agent_id = "42";
  EXPECT_EQ(Raw("event.escmsg_id"), "9223372036854775807");
  EXPECT_EQ(Raw("event.type"), R"("ticket.updated")");
  EXPECT_EQ(Raw("event.object_type"), R"("ticket")");
  EXPECT_EQ(Raw("event.object_id"), R"("2114")");
  EXPECT_EQ(Raw("event.message"), R"("say \"hi\"")");
  EXPECT_EQ(Raw("event.agent_id"), R"("42")");
  EXPECT_EQ(Raw("event.timestamp"), R"("2026-11-25T10:00:00.123Z")");
}

TEST_F(EventDocumentTest, EnvelopeFieldsThatTheEventLacksAreAbsent) {
  EXPECT_EQ(Raw("event.escmsg_id"), kAbsent);
  EXPECT_EQ(Raw("event.message"), kAbsent);
  EXPECT_EQ(Raw("event.agent_id"), kAbsent);
}

TEST_F(EventDocumentTest, TextsThatAreNoObjectsAreAbsent) {
  event_.object = "[1]";
  event_.action = "{";
  EXPECT_EQ(Raw("object"), kAbsent);
  EXPECT_EQ(Raw("action.id"), kAbsent);
}

TEST_F(EventDocumentTest, ResolvesEscapesOfTextsInTwoSlots) {
  event_.object = R"({"a":"x\ny","b":"\u00eb","c":"plain"})";
  EventDocument document(event_, "");
  const auto find = [&](std::string_view path) {
    return *document.Find(*FieldPath::Parse(path));
  };
  const std::string_view a = document.Text(find("object.a"), 0);
  const std::string_view b = document.Text(find("object.b"), 1);
  EXPECT_EQ(a, "x\ny");
  EXPECT_EQ(b, "ë");
  EXPECT_EQ(document.Text(find("object.c")), "plain");
}

TEST_F(EventDocumentTest, UsesWhatWasParsedBefore) {
  const auto object = json::Document::ParseObject(R"({"id":1})");
  EventDocument document(event_, "");
  document.UseParsed(PathRoot::kObject, &*object);
  const auto value = document.Find(*FieldPath::Parse("object.id"));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->raw().data(), object->text().data() + 6);
}

}  // namespace
}  // namespace windrow::domain
