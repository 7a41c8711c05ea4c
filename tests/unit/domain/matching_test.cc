#include "common/domain/matching.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

ActiveWebhook Webhook(std::uint8_t id, std::vector<Trigger> triggers) {
  ActiveWebhook webhook;
  webhook.webhook_id.bytes[15] = id;
  webhook.triggers = std::move(triggers);
  return webhook;
}

// (webhook, notification id) of each match, in order.
std::vector<std::pair<int, int>> Find(const MatchTable& table, std::string_view type) {
  std::vector<Match> matches;
  table.Find({.type = type}, "", &matches);
  std::vector<std::pair<int, int>> ids;
  for (const Match& match : matches) {
    ids.emplace_back(match.webhook->webhook_id.bytes[15], match.notification_id);
  }
  return ids;
}

TEST(MatchTableTest, AnEventWithoutATriggerMatchesNothing) {
  const MatchTable table(1, {Webhook(1, {{10, "ticket.created"}})});
  EXPECT_THAT(Find(table, "ticket.closed"), IsEmpty());
  EXPECT_THAT(Find(MatchTable(1, {}), "ticket.created"), IsEmpty());
}

TEST(MatchTableTest, EveryWebhookThatAsksForTheTypeMatchesInOrder) {
  const MatchTable table(
      1, {Webhook(3, {{30, "ticket.closed"}, {31, "ticket.created"}}),
          Webhook(1, {{10, "ticket.created"}}), Webhook(2, {{20, "ticket.closed"}})});
  EXPECT_THAT(Find(table, "ticket.created"), ElementsAre(Pair(3, 31), Pair(1, 10)));
}

TEST(MatchTableTest, TwoTriggersOfOneWebhookAreTwoMatches) {
  const MatchTable table(1,
                         {Webhook(1, {{10, "ticket.updated"}, {11, "ticket.updated"}})});
  EXPECT_THAT(Find(table, "ticket.updated"), ElementsAre(Pair(1, 10), Pair(1, 11)));
}

TEST(MatchTableTest, ADisabledTriggerMatchesNothing) {
  const MatchTable table(
      1, {Webhook(1, {{10, "ticket.updated", false}, {11, "ticket.updated"}})});
  EXPECT_THAT(Find(table, "ticket.updated"), ElementsAre(Pair(1, 11)));
}

// What an earlier table matched is queued by then; disabling the trigger makes a new
// table and takes nothing back.
TEST(MatchTableTest, DisablingATriggerLeavesEarlierMatchesAlone) {
  ActiveWebhook webhook = Webhook(1, {{10, "ticket.updated"}});
  const MatchTable before(1, {webhook});
  std::vector<Match> matches;
  before.Find({.type = "ticket.updated"}, "", &matches);
  webhook.triggers[0].enabled = false;
  const MatchTable after(2, {webhook});
  after.Find({.type = "ticket.updated"}, "", &matches);
  ASSERT_EQ(matches.size(), 1u);
  EXPECT_EQ(matches[0].notification_id, 10);
  EXPECT_EQ(matches[0].webhook->triggers[0].enabled, true);
}

TEST(MatchTableTest, TypesCompareByExactBytes) {
  const MatchTable table(1, {Webhook(1, {{10, "ticket.created"}})});
  EXPECT_THAT(Find(table, "Ticket.created"), IsEmpty());
  EXPECT_THAT(Find(table, "ticket.created "), IsEmpty());
  EXPECT_THAT(Find(table, std::string_view("ticket.created\0", 15)), IsEmpty());
}

TEST(MatchTableTest, FindAppendsToWhatIsThere) {
  const MatchTable table(1, {Webhook(1, {{10, "a"}, {11, "b"}})});
  std::vector<Match> matches;
  table.Find({.type = "a"}, "", &matches);
  table.Find({.type = "b"}, "", &matches);
  ASSERT_EQ(matches.size(), 2u);
  EXPECT_EQ(matches[1].notification_id, 11);
}

TEST(MatchTableTest, AMovedTableStillFinds) {
  MatchTable table(7, {Webhook(1, {{10, "ticket.created"}})});
  const MatchTable moved = std::move(table);
  EXPECT_EQ(moved.config_version(), 7);
  EXPECT_THAT(Find(moved, "ticket.created"), ElementsAre(Pair(1, 10)));
}

// Puzzle 1: an update that writes the value that was there is no change.
TEST(MatchTableTest, AConditionDecidesAmongEventsOfItsType) {
  Trigger closed{.notification_id = 10, .event_type = "ticket.updated"};
  closed.condition.kind = ConditionSpec::Kind::kTest;
  closed.condition.test = {
      .kind = TestKind::kChangedTo, .path = "object.status", .values = {"\"Closed\""}};
  const MatchTable table(1, {Webhook(1, {closed, {11, "ticket.updated"}})});
  const auto find = [&](std::string_view object, std::string_view previous) {
    std::vector<Match> matches;
    table.Find({.type = "ticket.updated", .object = object}, previous, &matches);
    return matches.size();
  };
  EXPECT_EQ(find(R"({"status":"Closed"})", R"({"status":"Open"})"), 2u);
  EXPECT_EQ(find(R"({"status":"Closed"})", R"({"status":"Closed"})"), 1u);
  EXPECT_EQ(find(R"({"status":"Closed"})", ""), 2u);
  EXPECT_EQ(find(R"({"status":"Open"})", ""), 1u);
  EXPECT_THAT(table.broken(), IsEmpty());
}

TEST(MatchTableTest, AConditionThatDoesNotCompileMatchesNothingAndIsToldOf) {
  Trigger broken{.notification_id = 10, .event_type = "a"};
  broken.condition.kind = ConditionSpec::Kind::kTest;
  broken.condition.test = {
      .kind = TestKind::kMatches, .path = "object.x", .values = {"\"(\""}};
  const MatchTable table(1, {Webhook(1, {broken})});
  EXPECT_THAT(Find(table, "a"), IsEmpty());
  ASSERT_EQ(table.broken().size(), 1u);
  EXPECT_EQ(table.broken()[0].notification_id, 10);
}

}  // namespace
}  // namespace windrow::domain
