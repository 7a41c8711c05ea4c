// How types come into the catalogue that nobody declared.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using domain::UnknownTypes;
using store::EventTypeOrigin;

std::vector<store::SeenEventType> Seen(int first, int count) {
  std::vector<store::SeenEventType> seen;
  for (int i = first; i < first + count; ++i) {
    seen.push_back({fmt::format("made.up.{:05}", i), "thing"});
  }
  return seen;
}

TEST_P(EventTypeContract, LearningAddsWhatIsNewOnce) {
  const std::vector<store::SeenEventType> seen = {{"order.paid", "order"},
                                                  {"ticket.created", "wrong"},
                                                  {"order.paid", "pack"},
                                                  {"say \"hi\"\n🎉", "greeting"}};
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(event_types().LearnEventTypes(kTenant, seen).value(),
                UnorderedElementsAre("order.paid", "ticket.created", "say \"hi\"\n🎉"));
  }
  const auto learned = event_types().GetEventType(kTenant, "order.paid").value();
  EXPECT_EQ(learned.origin, EventTypeOrigin::kLearned);
  EXPECT_EQ(learned.version, 1);
  EXPECT_EQ(learned.spec.object_type, "order");
  const auto known = event_types().GetEventType(kTenant, "ticket.created").value();
  EXPECT_EQ(known.origin, EventTypeOrigin::kBuiltIn);
  EXPECT_EQ(known.spec.object_type, "ticket");
  EXPECT_EQ(known.version, 1);

  const auto declared = event_types().UpdateEventType(kTenant, 1, OrderPaid()).value();
  EXPECT_EQ(declared.origin, EventTypeOrigin::kDeclared);
}

TEST_P(EventTypeContract, WhereTypesAreRefusedNothingIsLearned) {
  EXPECT_OK(event_types().SetUnknownTypes(kTenant, UnknownTypes::kRefuse));
  EXPECT_EQ(event_types().GetUnknownTypes(kTenant).value(), UnknownTypes::kRefuse);
  EXPECT_THAT(event_types()
                  .LearnEventTypes(
                      kTenant, {{"order.paid", "order"}, {"ticket.created", "ticket"}})
                  .value(),
              ElementsAre("ticket.created"));
  EXPECT_FALSE(event_types().GetEventType(kTenant, "order.paid").ok());
  // The setting is the tenant's own.
  const store::TenantId other = harness().AddTenant("another");
  EXPECT_THAT(event_types().LearnEventTypes(other, {{"order.paid", "order"}}).value(),
              ElementsAre("order.paid"));
  EXPECT_FALSE(event_types().GetUnknownTypes(999).ok());
  EXPECT_FALSE(event_types().SetUnknownTypes(999, UnknownTypes::kLearn).ok());
}

TEST_P(EventTypeContract, ATriggersTypeIsExpectedUntilAnEventHasIt) {
  domain::WebhookSpec spec = SpecNamed("Orders");
  spec.triggers = {{.event_type = "order.paid"},
                   {.event_type = "ticket.created"},
                   {.event_type = "order.paid"}};
  const auto webhook = Create(spec);
  const auto expected = event_types().GetEventType(kTenant, "order.paid").value();
  EXPECT_EQ(expected.origin, EventTypeOrigin::kExpected);
  EXPECT_EQ(expected.spec.object_type, "");
  EXPECT_EQ(event_types().GetEventType(kTenant, "ticket.created")->origin,
            EventTypeOrigin::kBuiltIn);
  EXPECT_FALSE(event_types().LoadCatalogue(kTenant)->Find("order.paid")->seen);

  spec.triggers.push_back({.event_type = "order.sent"});
  Update(webhook, spec);
  EXPECT_EQ(event_types().GetEventType(kTenant, "order.sent")->origin,
            EventTypeOrigin::kExpected);

  // Also where other types are refused: this one is in the catalogue.
  EXPECT_OK(event_types().SetUnknownTypes(kTenant, UnknownTypes::kRefuse));
  EXPECT_THAT(event_types()
                  .LearnEventTypes(kTenant, {{"order.paid", "order"}, {"other", "order"}})
                  .value(),
              ElementsAre("order.paid"));
  const auto learned = event_types().GetEventType(kTenant, "order.paid").value();
  EXPECT_EQ(learned.origin, EventTypeOrigin::kLearned);
  EXPECT_EQ(learned.spec.object_type, "order");
  EXPECT_EQ(learned.version, 2);
  EXPECT_TRUE(event_types().LoadCatalogue(kTenant)->Find("order.paid")->seen);
}

TEST_P(EventTypeContract, WhereTypesAreRefusedATriggerAddsNone) {
  EXPECT_OK(event_types().SetUnknownTypes(kTenant, UnknownTypes::kRefuse));
  domain::WebhookSpec spec = SpecNamed("Orders");
  spec.triggers = {{.event_type = "order.paid"}};
  Create(spec);
  EXPECT_FALSE(event_types().GetEventType(kTenant, "order.paid").ok());
}

TEST_P(EventTypeContract, LearningEndsAtItsLimitAndDeclaringGoesOn) {
  for (int first = 0; first < domain::kMaxLearnedEventTypes - 5; first += 5'000) {
    const int count = std::min(5'000, domain::kMaxLearnedEventTypes - 5 - first);
    EXPECT_THAT(event_types().LearnEventTypes(kTenant, Seen(first, count)).value(),
                SizeIs(static_cast<std::size_t>(count)));
  }
  // Room for five; what is known needs none.
  std::vector<store::SeenEventType> many = Seen(domain::kMaxLearnedEventTypes, 20);
  many.push_back({"ticket.created", "ticket"});
  many.push_back({"made.up.00000", "thing"});
  const auto known = event_types().LearnEventTypes(kTenant, many).value();
  EXPECT_THAT(known, SizeIs(7));
  EXPECT_THAT(known, Contains("ticket.created"));
  EXPECT_THAT(known, Contains("made.up.00000"));
  EXPECT_THAT(event_types().LearnEventTypes(kTenant, {{"late", "thing"}}).value(),
              IsEmpty());

  domain::WebhookSpec spec = SpecNamed("Late");
  spec.triggers = {{.event_type = "late"}};
  Create(spec);
  EXPECT_FALSE(event_types().GetEventType(kTenant, "late").ok());
  EXPECT_TRUE(event_types().CreateEventType(kTenant, OrderPaid()).ok());
  // Another tenant has room of its own, and one that is deleted makes room.
  const store::TenantId other = harness().AddTenant("another");
  EXPECT_THAT(event_types().LearnEventTypes(other, {{"late", "thing"}}).value(),
              SizeIs(1));
  EXPECT_OK(event_types().DeleteEventType(kTenant, "made.up.00000", {}));
  EXPECT_THAT(event_types().LearnEventTypes(kTenant, {{"late", "thing"}}).value(),
              SizeIs(1));
}

TEST_P(EventTypeContract, WhatTwoLearnAtOnceIsLearnedOnce) {
  std::vector<std::vector<std::string>> known(2);
  std::vector<std::thread> servers;
  for (int server = 0; server < 2; ++server) {
    servers.emplace_back([&, server] {
      for (int round = 0; round < 20; ++round) {
        std::vector<store::SeenEventType> seen = Seen(round * 10, 20);
        if (server == 1) std::reverse(seen.begin(), seen.end());
        known[static_cast<std::size_t>(server)] =
            event_types().LearnEventTypes(kTenant, seen).value();
      }
    });
  }
  for (std::thread& server : servers) server.join();
  EXPECT_THAT(known[0], SizeIs(20));
  EXPECT_THAT(known[1], SizeIs(20));
  EXPECT_THAT(event_types().ListEventTypes(kTenant, {}, 1'000)->types,
              SizeIs(210 + domain::BuiltInEventTypes().size()));
}

}  // namespace
}  // namespace windrow::contract
