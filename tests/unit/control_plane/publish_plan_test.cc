#include "services/control_plane/publish_plan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "common/domain/payload.h"

namespace windrow::control_plane {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

constexpr store::TenantId kTenant = 1;
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Uuid IdOf(int number) {
  return Uuid::Parse(fmt::format("0192f0c4-0000-7000-8000-{:012}", number)).value();
}

// Events and webhooks of one transaction, and what is planned for them.
class PublishPlanTest : public ::testing::Test {
 protected:
  domain::ActiveWebhook* AddWebhook(domain::Batching batching,
                                    std::vector<std::int32_t> notification_ids = {1}) {
    domain::ActiveWebhook& webhook = webhooks_.emplace_back();
    webhook.webhook_id = IdOf(static_cast<int>(webhooks_.size()));
    webhook.version = 5;
    webhook.format = domain::PayloadKind::kSmall;
    webhook.batching = batching;
    for (const std::int32_t id : notification_ids) {
      webhook.triggers.push_back({id, "ticket.created", true});
    }
    return &webhook;
  }

  void AddEvent(const std::string& type = "ticket.created", std::size_t text_bytes = 0,
                const std::string& event_id = "") {
    domain::Event& event = events_.emplace_back();
    event.event_id = event_id;
    event.type = type;
    event.object_type = "ticket";
    event.object_id = "7";
    event.object = fmt::format(R"({{"s":"{}"}})", std::string(text_bytes, 'x'));
    NumberedEvent numbered{.tenant_id = kTenant,
                           .escmsg_id = 100 + static_cast<std::int64_t>(events_.size()),
                           .event = &event};
    for (const domain::ActiveWebhook& webhook : webhooks_) {
      for (const domain::Trigger& trigger : webhook.triggers) {
        numbered.matches.push_back({&webhook, trigger.notification_id});
      }
    }
    numbered_.push_back(std::move(numbered));
  }

  // With nothing open but what `fills` says, one for each group.
  store::PublishWrites Plan(std::vector<domain::Fill> fills = {}) {
    grouped_ = GroupItems(numbered_, kNow);
    fills.resize(grouped_.groups.size());
    std::vector<store::OpenWindow> open;
    for (std::size_t i = 0; i < fills.size(); ++i) {
      open.push_back({IdOf(900 + static_cast<int>(i)), fills[i]});
    }
    return PlanWrites(numbered_, grouped_, open, [&] { return IdOf(500 + next_id_++); });
  }

  std::deque<domain::ActiveWebhook> webhooks_;  // that matches point to
  std::deque<domain::Event> events_;
  std::vector<NumberedEvent> numbered_;
  GroupedItems grouped_;
  int next_id_ = 0;
};

std::vector<std::int64_t> Numbers(const store::WindowItems& window) {
  std::vector<std::int64_t> numbers;
  for (const store::ItemRef& item : window.items) numbers.push_back(item.escmsg_id);
  return numbers;
}

TEST_F(PublishPlanTest, EventsAreWrittenWithTheirNumbersAndKeys) {
  AddEvent("ticket.created", 0, "a");
  AddEvent("ticket.created");
  const store::PublishWrites writes = Plan();
  ASSERT_THAT(writes.events, SizeIs(2));
  EXPECT_EQ(writes.events[0].escmsg_id, 101);
  EXPECT_EQ(writes.events[0].event, &events_[0]);
  EXPECT_THAT(writes.keys, ElementsAre(std::pair(store::EventKey{kTenant, "a"}, 101)));
  EXPECT_THAT(writes.windows, IsEmpty());
  EXPECT_THAT(writes.appends, IsEmpty());
}

TEST_F(PublishPlanTest, WithoutBatchingEachItemIsAClosedWindowInTheOrderOfEvents) {
  const auto* webhook = AddWebhook({}, {7, 8});
  AddEvent();
  AddEvent();
  const store::PublishWrites writes = Plan();
  EXPECT_THAT(writes.appends, IsEmpty());
  EXPECT_THAT(grouped_.groups, IsEmpty());
  ASSERT_THAT(writes.windows, SizeIs(4));
  std::vector<store::ItemRef> items;
  for (int i = 0; i < 4; ++i) {
    const store::NewWindow& window = writes.windows[i];
    EXPECT_EQ(window.window_id, IdOf(500 + i));
    EXPECT_EQ(window.tenant_id, kTenant);
    EXPECT_EQ(window.webhook_id, webhook->webhook_id);
    EXPECT_EQ(window.webhook_version, 5);
    EXPECT_EQ(window.group_key, "");
    ASSERT_THAT(window.content.items, SizeIs(1));
    items.push_back(window.content.items[0]);
  }
  EXPECT_THAT(items, ElementsAre(store::ItemRef{101, 7}, store::ItemRef{101, 8},
                                 store::ItemRef{102, 7}, store::ItemRef{102, 8}));
}

TEST_F(PublishPlanTest, ItemsOfAGroupJoinItsOpenWindow) {
  const auto* webhook = AddWebhook({domain::BatchMode::kAny, absl::Seconds(30), 10});
  AddEvent();
  AddEvent("ticket.closed");
  const store::PublishWrites writes = Plan({{.items = 3, .bytes = 600}});
  ASSERT_THAT(grouped_.groups, SizeIs(1));
  EXPECT_EQ(grouped_.groups[0].group_key, "any");
  EXPECT_EQ(grouped_.groups[0].webhook_id, webhook->webhook_id);
  EXPECT_EQ(grouped_.groups[0].webhook_version, 5);
  EXPECT_EQ(grouped_.groups[0].wait, absl::Seconds(30));
  EXPECT_THAT(writes.windows, IsEmpty());
  ASSERT_THAT(writes.appends, SizeIs(1));
  EXPECT_EQ(writes.appends[0].window_id, IdOf(900));
  EXPECT_EQ(writes.appends[0].webhook_id, webhook->webhook_id);
  EXPECT_FALSE(writes.appends[0].closes);
  EXPECT_THAT(Numbers(writes.appends[0].add), ElementsAre(101, 102));
}

TEST_F(PublishPlanTest, TwentyFiveItemsAtTenAreTenTenAndFiveThatWait) {
  AddWebhook({domain::BatchMode::kAny, absl::Seconds(30), 10});
  for (int i = 0; i < 25; ++i) AddEvent();
  const store::PublishWrites writes = Plan();
  ASSERT_THAT(writes.appends, SizeIs(1));
  EXPECT_TRUE(writes.appends[0].closes);
  EXPECT_THAT(Numbers(writes.appends[0].add),
              ElementsAre(101, 102, 103, 104, 105, 106, 107, 108, 109, 110));
  ASSERT_THAT(writes.windows, SizeIs(2));
  EXPECT_EQ(writes.windows[0].group_key, "");
  EXPECT_THAT(Numbers(writes.windows[0].content),
              ElementsAre(111, 112, 113, 114, 115, 116, 117, 118, 119, 120));
  EXPECT_EQ(writes.windows[1].group_key, "any");
  EXPECT_EQ(writes.windows[1].wait, absl::Seconds(30));
  EXPECT_THAT(Numbers(writes.windows[1].content), ElementsAre(121, 122, 123, 124, 125));
}

TEST_F(PublishPlanTest, AnOpenWindowIsFilledFirst) {
  AddWebhook({domain::BatchMode::kAny, absl::Seconds(30), 10});
  for (int i = 0; i < 5; ++i) AddEvent();
  const store::PublishWrites writes = Plan({{.items = 7, .bytes = 1'400}});
  ASSERT_THAT(writes.appends, SizeIs(1));
  EXPECT_TRUE(writes.appends[0].closes);
  EXPECT_THAT(Numbers(writes.appends[0].add), ElementsAre(101, 102, 103));
  ASSERT_THAT(writes.windows, SizeIs(1));
  EXPECT_EQ(writes.windows[0].group_key, "any");
  EXPECT_THAT(Numbers(writes.windows[0].content), ElementsAre(104, 105));
}

TEST_F(PublishPlanTest, AnOpenWindowWithoutRoomIsClosedAsItIs) {
  AddWebhook({domain::BatchMode::kAny, absl::Seconds(30), 10});
  AddEvent();
  const store::PublishWrites writes =
      Plan({{.items = 2, .bytes = domain::kMaxBodyBytes - 10}});
  ASSERT_THAT(writes.appends, SizeIs(1));
  EXPECT_TRUE(writes.appends[0].closes);
  EXPECT_THAT(writes.appends[0].add.items, IsEmpty());
  EXPECT_EQ(writes.appends[0].add.bytes, 0u);
  ASSERT_THAT(writes.windows, SizeIs(1));
  EXPECT_THAT(Numbers(writes.windows[0].content), ElementsAre(101));
}

TEST_F(PublishPlanTest, WindowsOfOneItemAreStillGroups) {
  AddWebhook({domain::BatchMode::kAny, absl::Seconds(30), 1});
  AddEvent();
  AddEvent();
  const store::PublishWrites writes = Plan();
  ASSERT_THAT(writes.appends, SizeIs(1));
  EXPECT_TRUE(writes.appends[0].closes);
  ASSERT_THAT(writes.windows, SizeIs(1));
  EXPECT_EQ(writes.windows[0].group_key, "");
}

TEST_F(PublishPlanTest, TwoTriggersShareAWindowOrNotByTheMode) {
  AddWebhook({domain::BatchMode::kSameEvent, absl::Seconds(5), 100}, {7, 8});
  AddWebhook({domain::BatchMode::kSameEventType, absl::Seconds(5), 100}, {9, 10});
  AddWebhook({domain::BatchMode::kAny, absl::Seconds(5), 100}, {11, 12});
  AddEvent();
  const store::PublishWrites writes = Plan();
  std::vector<std::string> keys;
  for (const auto& group : grouped_.groups) keys.push_back(group.group_key);
  EXPECT_THAT(keys, ElementsAre("n:7", "n:8", "t:ticket.created", "any"));
  std::vector<std::size_t> sizes;
  for (const auto& append : writes.appends) sizes.push_back(append.add.items.size());
  EXPECT_THAT(sizes, ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(writes.appends[2].add.items,
              ElementsAre(store::ItemRef{101, 9}, store::ItemRef{101, 10}));
}

TEST_F(PublishPlanTest, GroupsComeInTheOrderOfTheirFirstItemsAndAreDistinct) {
  AddWebhook({domain::BatchMode::kSameEventType, absl::Seconds(5), 100});
  AddWebhook({domain::BatchMode::kSameEventType, absl::Seconds(5), 100});
  for (const char* type : {"b", "a", "b"}) AddEvent(type);
  const store::PublishWrites writes = Plan();
  std::vector<std::pair<Uuid, std::string>> groups;
  for (const auto& g : grouped_.groups) groups.emplace_back(g.webhook_id, g.group_key);
  EXPECT_THAT(groups, ElementsAre(std::pair(IdOf(1), "t:b"), std::pair(IdOf(2), "t:b"),
                                  std::pair(IdOf(1), "t:a"), std::pair(IdOf(2), "t:a")));
  EXPECT_THAT(Numbers(writes.appends[0].add), ElementsAre(101, 103));
  EXPECT_THAT(Numbers(writes.appends[2].add), ElementsAre(102));
}

TEST_F(PublishPlanTest, SinglesAndGroupsOfOneEventAreAllWritten) {
  AddWebhook({});
  AddWebhook({domain::BatchMode::kAny, absl::Seconds(5), 100});
  AddEvent();
  const store::PublishWrites writes = Plan();
  EXPECT_THAT(writes.windows, SizeIs(1));
  EXPECT_THAT(writes.appends, SizeIs(1));
}

// The real body of what a window holds.
class RenderedWindowsTest : public PublishPlanTest {
 protected:
  std::string Render(const store::WindowItems& window) const {
    const domain::ActiveWebhook& webhook = webhooks_.front();
    std::deque<domain::EventView> views;
    std::vector<domain::Item> items;
    for (const store::ItemRef& ref : window.items) {
      const domain::Event& event = events_[ref.escmsg_id - 101];
      views.push_back({.escmsg_id = ref.escmsg_id,
                       .type = event.type,
                       .object_type = event.object_type,
                       .object_id = event.object_id,
                       .occurred_at = kNow,
                       .object = event.object});
      items.push_back({ref.notification_id, &views.back()});
    }
    return domain::RenderBody(webhook.format, webhook.batching.mode, kTenant,
                              webhook.webhook_id, items)
        .value();
  }

  // All windows of the plan; each body is in bounds, where more than one item is in it.
  std::vector<std::int64_t> CheckWindows(const store::PublishWrites& writes) const {
    std::vector<std::int64_t> numbers;
    const auto check = [&](const store::WindowItems& window) {
      if (window.items.size() > 1) {
        EXPECT_LE(Render(window).size(), domain::kMaxBodyBytes);
      }
      EXPECT_LE(window.items.size(), 1'000u);
      for (const std::int64_t number : Numbers(window)) numbers.push_back(number);
    };
    for (const store::WindowAppend& append : writes.appends) check(append.add);
    for (const store::NewWindow& window : writes.windows) check(window.content);
    return numbers;
  }
};

TEST_F(RenderedWindowsTest, AHundredItemsOf50KiBCloseAt1MiBNoneLostOrderKept) {
  AddWebhook({domain::BatchMode::kAny, absl::Seconds(30), 1'000});
  for (int i = 0; i < 100; ++i) AddEvent("ticket.created", 50 * 1'024);
  const store::PublishWrites writes = Plan();
  const std::vector<std::int64_t> numbers = CheckWindows(writes);
  ASSERT_THAT(numbers, SizeIs(100));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(numbers[i], 101 + i);
  // Twenty of them, with their envelopes, are 1,000 KiB and some; 21 are too many.
  std::vector<std::size_t> sizes{writes.appends[0].add.items.size()};
  for (const auto& window : writes.windows) sizes.push_back(window.content.items.size());
  EXPECT_THAT(sizes, ElementsAre(20, 20, 20, 20, 20));
}

TEST_F(RenderedWindowsTest, NoMixOfSizesMakesABodyTooLarge) {
  std::uint32_t random = 7;
  for (int round = 0; round < 20; ++round) {
    webhooks_.clear();
    events_.clear();
    numbered_.clear();
    AddWebhook({domain::BatchMode::kAny, absl::Seconds(30), 1'000}, {1, 2'147'483'647});
    for (int i = 0; i < 60; ++i) {
      random = random * 1'664'525 + 1'013'904'223;
      const std::size_t bytes = (random >> 8) % (round % 2 == 0 ? 3'000 : 530'000);
      AddEvent("ticket.created", bytes);
    }
    EXPECT_THAT(CheckWindows(Plan()), SizeIs(120));
  }
}

TEST_F(RenderedWindowsTest, WhatWasOpenCountsWithItsRealBody) {
  AddWebhook({domain::BatchMode::kAny, absl::Seconds(30), 1'000});
  for (int i = 0; i < 19; ++i) AddEvent("ticket.created", 50 * 1'024);
  const store::PublishWrites before = Plan();
  ASSERT_THAT(before.windows, IsEmpty());
  const store::WindowItems held = before.appends[0].add;
  numbered_.clear();
  for (int i = 0; i < 10; ++i) {
    AddEvent("ticket.created", 10 * 1'024);
    numbered_.back().escmsg_id = 101 + 19 + i;
  }
  const domain::Fill fill{.items = 19, .bytes = held.bytes + 19 + 1};
  const store::PublishWrites writes = Plan({fill});
  store::WindowItems whole = held;
  whole.items.insert(whole.items.end(), writes.appends[0].add.items.begin(),
                     writes.appends[0].add.items.end());
  EXPECT_THAT(whole.items, SizeIs(25));
  EXPECT_LE(Render(whole).size(), domain::kMaxBodyBytes);
  EXPECT_GT(Render(whole).size() + 10 * 1'024, domain::kMaxBodyBytes);
  EXPECT_TRUE(writes.appends[0].closes);
  ASSERT_THAT(writes.windows, SizeIs(1));
  EXPECT_THAT(writes.windows[0].content.items, SizeIs(4));
}

TEST_F(RenderedWindowsTest, AnItemOverTheCapGoesAlone) {
  AddWebhook({domain::BatchMode::kAny, absl::Seconds(30), 1'000});
  AddEvent("ticket.created", 100);
  AddEvent("ticket.created", (1u << 20) - 20);
  AddEvent("ticket.created", 100);
  const store::PublishWrites writes = Plan();
  EXPECT_THAT(CheckWindows(writes), ElementsAre(101, 102, 103));
  EXPECT_THAT(Numbers(writes.appends[0].add), ElementsAre(101));
  EXPECT_TRUE(writes.appends[0].closes);
  ASSERT_THAT(writes.windows, SizeIs(2));
  EXPECT_THAT(Numbers(writes.windows[0].content), ElementsAre(102));
  EXPECT_EQ(writes.windows[0].group_key, "");
  EXPECT_THAT(Numbers(writes.windows[1].content), ElementsAre(103));
  EXPECT_EQ(writes.windows[1].group_key, "any");
}

TEST_F(PublishPlanTest, AnEventIsWrittenAndSizedWithTheKeyFieldsOfItsType) {
  AddWebhook({});
  AddEvent("ticket.created", 1'000);
  AddEvent("ticket.created", 1'000);
  const auto key_fields = domain::KeyFields::Of(17, {"id"});
  numbered_[1].key_fields = &*key_fields;
  const store::PublishWrites writes = Plan();
  EXPECT_EQ(writes.events[0].key_fields_id, 0);
  EXPECT_EQ(writes.events[1].key_fields_id, 17);
  EXPECT_GT(writes.windows[0].content.bytes, 1'000u);
  EXPECT_LT(writes.windows[1].content.bytes, 500u);
}

TEST_F(PublishPlanTest, WhatCameBackTooOftenJoinsNoBatch) {
  domain::ActiveWebhook* webhook = AddWebhook({.mode = domain::BatchMode::kAny});
  webhook->max_hops = 2;
  for (const int hops : {0, 1, 2}) {
    AddEvent();
    events_.back().hops = hops;
    if (hops > 0) events_.back().origin_webhook_id = webhook->webhook_id;
  }
  const store::PublishWrites writes = Plan();
  ASSERT_THAT(writes.appends, SizeIs(1));
  EXPECT_THAT(Numbers(writes.appends[0].add), ElementsAre(101, 102));
  ASSERT_THAT(writes.windows, SizeIs(1));
  EXPECT_THAT(Numbers(writes.windows[0].content), ElementsAre(103));
  EXPECT_THAT(writes.windows[0].group_key, IsEmpty());
}

TEST_F(PublishPlanTest, WindowsOfOrderedWebhooksHaveTheirKeys) {
  AddWebhook({});
  AddWebhook({})->ordering = domain::Ordering::kPerObject;
  AddWebhook({})->ordering = domain::Ordering::kPerWebhook;
  AddEvent();
  const store::PublishWrites writes = Plan();
  ASSERT_THAT(writes.windows, SizeIs(3));
  EXPECT_EQ(writes.windows[0].order_key, "");
  EXPECT_EQ(writes.windows[1].order_key, "object/ticket/7");
  EXPECT_EQ(writes.windows[2].order_key, "webhook");
}

TEST_F(PublishPlanTest, BatchesOfAnOrderedWebhookHaveItsKeyAndTheirFirstEvent) {
  AddWebhook({domain::BatchMode::kAny, absl::Seconds(30), 2})->ordering =
      domain::Ordering::kPerWebhook;
  for (int i = 0; i < 5; ++i) AddEvent();
  const store::PublishWrites writes = Plan();
  ASSERT_THAT(grouped_.groups, SizeIs(1));
  EXPECT_EQ(grouped_.groups[0].order_key, "webhook");
  EXPECT_EQ(grouped_.groups[0].first_escmsg_id, 101);
  ASSERT_THAT(writes.windows, SizeIs(2));
  for (const store::NewWindow& window : writes.windows) {
    EXPECT_EQ(window.order_key, "webhook");
  }
}

}  // namespace
}  // namespace windrow::control_plane
