#include "services/control_plane/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "services/control_plane/condition_mapping.h"

namespace windrow::control_plane {
namespace {

using domain::ConditionSpec;
using domain::TestKind;
using testing::ElementsAre;
using testing::Field;

ConditionSpec TestOf(TestKind kind, std::string path, std::vector<std::string> values) {
  ConditionSpec spec{.kind = ConditionSpec::Kind::kTest};
  spec.test = {.kind = kind, .path = std::move(path), .values = std::move(values)};
  return spec;
}

store::StoredEvent Updated() {
  store::StoredEvent event{.tenant_id = 1, .escmsg_id = 7};
  event.event.type = "ticket.updated";
  event.event.object_type = "ticket";
  event.event.object_id = "42";
  event.event.object = R"({"status":{"id":9,"name":"Closed"},"price":1.10})";
  event.event.previous = R"({"status":{"id":9,"name":"Closed"}})";
  return event;
}

store::StoredWebhook Wanting(std::vector<domain::Trigger> triggers) {
  store::StoredWebhook webhook{.tenant_id = 1};
  webhook.spec.triggers = std::move(triggers);
  return webhook;
}

v1::ExplainEventResponse Explained(const store::StoredWebhook& webhook) {
  v1::ExplainEventResponse response;
  Explain(Updated(), webhook, &response);
  return response;
}

TEST(ExplainTest, ShowsTheTestThatFailedWithTheValueThatItSaw) {
  const auto response = Explained(Wanting(
      {{.notification_id = 5,
        .event_type = "ticket.updated",
        .condition = TestOf(TestKind::kChangedTo, "object.status", {"\"Closed\""})}}));
  EXPECT_FALSE(response.matched());
  EXPECT_EQ(response.summary(), "no trigger's condition is true for this event");
  ASSERT_EQ(response.triggers_size(), 1);
  const v1::ConditionVerdict& verdict = response.triggers(0).condition();
  EXPECT_EQ(verdict.kind(), "test");
  EXPECT_FALSE(verdict.matched());
  EXPECT_EQ(verdict.test().operator_(), v1::TEST_OPERATOR_CHANGED_TO);
  EXPECT_EQ(verdict.value(), R"({"id":9,"name":"Closed"})");
  EXPECT_EQ(verdict.previous(), R"({"id":9,"name":"Closed"})");
}

TEST(ExplainTest, SaysWhichOfItsReasonsHolds) {
  auto disabled = Wanting({{5, "ticket.updated"}});
  disabled.spec.enabled = false;
  EXPECT_EQ(Explained(disabled).summary(), "the webhook is disabled");
  EXPECT_FALSE(Explained(disabled).matched());
  EXPECT_EQ(Explained(Wanting({{5, "ticket.closed"}})).summary(),
            "no trigger is for events of type ticket.updated");
  EXPECT_EQ(Explained(Wanting({{5, "ticket.updated", false}})).summary(),
            "the triggers for this event type are disabled");
  EXPECT_EQ(Explained(Wanting({{5, "ticket.updated"}})).summary(), "one trigger matches");
  const auto two = Explained(Wanting({{5, "ticket.updated"}, {6, "ticket.updated"}}));
  EXPECT_EQ(two.summary(), "2 triggers match, each an item");
  EXPECT_TRUE(two.matched());
}

TEST(ConditionMappingTest, ATreeComesBackAsItWas) {
  ConditionSpec tree{.kind = ConditionSpec::Kind::kAny};
  ConditionSpec negated{.kind = ConditionSpec::Kind::kNot};
  negated.children.push_back(TestOf(TestKind::kIn, "object.team", {"3", "1.10"}));
  tree.children.push_back(std::move(negated));
  tree.children.push_back(ConditionSpec{});
  tree.children.back().children.push_back(TestOf(TestKind::kExists, "action", {}));
  v1::Condition proto;
  ConditionToProto(tree, &proto);
  Violations violations;
  EXPECT_EQ(ConditionFromProto(proto, "condition", &violations), tree);
  EXPECT_TRUE(violations.empty());
}

TEST(ConditionMappingTest, AnOperatorThatIsNotThereIsNamedWithItsPlace) {
  v1::Condition proto;
  proto.mutable_all()->add_conditions();
  auto* test = proto.mutable_all()->add_conditions()->mutable_not_()->mutable_test();
  test->set_operator_(static_cast<v1::TestOperator>(99));
  Violations violations;
  ConditionFromProto(proto, "webhook.triggers[0].condition", &violations);
  EXPECT_THAT(
      violations.list(),
      ElementsAre(Field(&Violation::field,
                        "webhook.triggers[0].condition.all[1].not.test.operator")));
}

TEST(ExplainTest, SaysThatALoopIsDropped) {
  store::StoredWebhook webhook =
      Wanting({{.notification_id = 5, .event_type = "ticket.updated"}});
  webhook.webhook_id = *Uuid::Parse("0192f0c4-0000-7000-8000-000000000001");
  store::StoredEvent event = Updated();
  event.event.origin_webhook_id = webhook.webhook_id;
  event.event.hops = 7;
  v1::ExplainEventResponse response;
  Explain(event, webhook, &response);
  EXPECT_TRUE(response.matched());
  EXPECT_FALSE(response.loop());
  event.event.hops = 8;
  response.Clear();
  Explain(event, webhook, &response);
  EXPECT_FALSE(response.matched());
  EXPECT_TRUE(response.loop());
  EXPECT_TRUE(response.triggers(0).matched());
  EXPECT_EQ(
      response.summary(),
      "dropped as a loop: after 8 deliveries the event came back from this webhook, "
      "whose max_hops is 8");
}

}  // namespace
}  // namespace windrow::control_plane
