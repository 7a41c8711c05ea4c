// What a publish transaction promises.
#include <chrono>
#include <future>
#include <utility>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::int64_t> Numbers(const store::ClaimedWindow& window) {
  std::vector<std::int64_t> numbers;
  for (const auto& item : window.items) numbers.push_back(item.ref.escmsg_id);
  return numbers;
}

TEST_P(PublishContract, NumbersGrowWithinAndBetweenTransactions) {
  std::int64_t last = 0;
  for (const int wanted : {3, 0, 2}) {
    const auto transaction = Begin(wanted);
    EXPECT_THAT(transaction->numbers(), SizeIs(wanted));
    for (const std::int64_t number : transaction->numbers()) {
      EXPECT_GT(number, last);
      last = number;
    }
  }
}

TEST_P(PublishContract, AnOldConfigVersionIsStale) {
  const store::TenantId other = harness().AddTenant("other");
  const store::TenantConfig mine{kTenant, ConfigVersion()};
  const store::TenantConfig others{other, ConfigVersion(other)};
  Create(SpecNamed("Newer"));

  const auto transaction =
      events().BeginPublish({.tenants = {mine, others}, .new_numbers = 1}).value();
  EXPECT_THAT(transaction->stale_tenants(), ElementsAre(kTenant));
}

TEST_P(PublishContract, AStaleTransactionHoldsNothingOnceItIsGone) {
  const store::TenantConfig old{kTenant, ConfigVersion()};
  const auto webhook = Create(SpecNamed("Newer"));
  { auto stale = events().BeginPublish({.tenants = {old}, .new_numbers = 1}).value(); }
  EXPECT_EQ(Update(webhook, webhook.spec).version, 2);
}

TEST_P(PublishContract, AnEventIdIsKnownAfterTheCommitWithItsFirstNumber) {
  const store::EventKey key{kTenant, "order-7:created ✓"};
  const domain::Event event = EventOf("ticket.created", "7");
  const auto first = Begin(1, {key});
  EXPECT_THAT(first->known(), ElementsAre(std::nullopt));
  const std::int64_t number = first->numbers()[0];
  EXPECT_OK(
      first->Commit({.events = {{kTenant, number, &event}}, .keys = {{key, number}}}));

  const store::EventKey fresh{kTenant, "order-8:created"};
  const auto second = Begin(1, {fresh, key});
  EXPECT_THAT(second->known(), ElementsAre(std::nullopt, number));
}

TEST_P(PublishContract, AnEventIdIsItsTenantsOwn) {
  const store::TenantId other = harness().AddTenant("other");
  const domain::Event event = EventOf("ticket.created", "7");
  const auto mine = Begin(1, {{kTenant, "same"}});
  EXPECT_OK(mine->Commit({.events = {{kTenant, mine->numbers()[0], &event}},
                          .keys = {{{kTenant, "same"}, mine->numbers()[0]}}}));
  EXPECT_THAT(Begin(1, {{other, "same"}}, other)->known(), ElementsAre(std::nullopt));
}

TEST_P(PublishContract, OfTwoTransactionsWithOneNewEventIdTheSecondIsAborted) {
  const store::EventKey key{kTenant, "once"};
  const domain::Event event = EventOf("ticket.created", "7");
  const auto first = Begin(1, {key});
  const auto second = Begin(1, {key});
  const std::int64_t won = first->numbers()[0];
  const std::int64_t lost = second->numbers()[0];
  EXPECT_OK(first->Commit({.events = {{kTenant, won, &event}}, .keys = {{key, won}}}));
  const absl::Status status =
      second->Commit({.events = {{kTenant, lost, &event}}, .keys = {{key, lost}}});

  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(events().GetEvent(kTenant, lost).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(Begin(0, {key})->known(), ElementsAre(won));
}

TEST_P(PublishContract, WithoutACommitNothingIsWritten) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const domain::Event event = EventOf("ticket.created", "7");
  std::int64_t number = 0;
  {
    const auto transaction = Begin(1, {{kTenant, "dropped"}});
    number = transaction->numbers()[0];
    EXPECT_EQ(transaction->OpenWindows({GroupOf(webhook)}).value().at(0).fill.items, 0);
  }
  EXPECT_EQ(events().GetEvent(kTenant, number).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(Begin(1, {{kTenant, "dropped"}})->known(), ElementsAre(std::nullopt));
  EXPECT_THAT(deliveries().ListDeliveries(kTenant, {}).value().deliveries, IsEmpty());
}

TEST_P(PublishContract, AWindowOfItsOwnIsDueAtOnce) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  EXPECT_EQ(Get(published.window_id).state, store::DeliveryState::kPending);
  const auto window = ClaimOne(webhook);
  EXPECT_EQ(window.window_id, published.window_id);
  EXPECT_THAT(Numbers(window), ElementsAre(published.escmsg_id));
}

TEST_P(PublishContract, NewWindowsAreDueInTheirOrder) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const domain::Event event = EventOf("ticket.created", "7");
  const auto transaction = Begin(5);
  store::PublishWrites writes;
  for (const std::int64_t number : transaction->numbers()) {
    writes.events.push_back({kTenant, number, &event});
    writes.windows.push_back({.window_id = NextWindowId(),
                              .tenant_id = kTenant,
                              .webhook_id = webhook.webhook_id,
                              .webhook_version = 1,
                              .content = {.items = {{number, 1}}, .bytes = 10}});
  }
  // Ids against the order: it is the order given that counts.
  for (int i = 0; i < 2; ++i) {
    std::swap(writes.windows[static_cast<std::size_t>(i)].window_id,
              writes.windows[static_cast<std::size_t>(4 - i)].window_id);
  }
  EXPECT_OK(transaction->Commit(writes));
  for (const auto& expected : writes.windows) {
    const auto claim = Claim(webhook, 1);
    ASSERT_THAT(claim.windows, SizeIs(1));
    EXPECT_EQ(claim.windows[0].window_id, expected.window_id);
  }
}

TEST_P(PublishContract, AnOpenWindowTakesItemsOfSeveralTransactions) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto first = Append(GroupOf(webhook), 1, 2, false, 10);
  EXPECT_EQ(first.before.items, 0);
  EXPECT_EQ(first.before.bytes, 0u);
  const auto second = Append(GroupOf(webhook), 1, 3, false, 10);
  EXPECT_EQ(second.window_id, first.window_id);
  EXPECT_EQ(second.before.items, 2);
  // [item,item]: 20 bytes of items, a comma and two brackets.
  EXPECT_EQ(second.before.bytes, 23u);

  const auto record = Get(first.window_id);
  EXPECT_EQ(record.state, store::DeliveryState::kOpen);
  EXPECT_EQ(record.item_count, 5);
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
}

TEST_P(PublishContract, AWindowClosesAtItsWaitFromItsFirstItem) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto first = Append(GroupOf(webhook, absl::Seconds(3'600)), 1, 1);
  harness().ShiftWindows(absl::Seconds(3'000));
  // The later item does not move it.
  EXPECT_EQ(Append(GroupOf(webhook, absl::Seconds(3'600)), 1, 1).window_id,
            first.window_id);
  EXPECT_THAT(Claim(webhook).windows, IsEmpty());
  harness().ShiftWindows(absl::Seconds(600));
  EXPECT_THAT(ClaimOne(webhook).items, SizeIs(2));
}

TEST_P(PublishContract, AFullWindowIsDueAtOnceAndTheNextItemsOpenAnother) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto full = Append(GroupOf(webhook), 1, 3, /*closes=*/true);
  EXPECT_EQ(Get(full.window_id).state, store::DeliveryState::kPending);
  const auto next = Append(GroupOf(webhook), 1, 1);
  EXPECT_NE(next.window_id, full.window_id);
  EXPECT_EQ(next.before.items, 0);

  const auto claimed = ClaimOne(webhook);
  EXPECT_EQ(claimed.window_id, full.window_id);
  EXPECT_EQ(Numbers(claimed), full.escmsg_ids);
}

TEST_P(PublishContract, AnAppendOfNothingCanCloseAWindow) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto open = Append(GroupOf(webhook), 1, 2);
  Append(GroupOf(webhook), 1, 0, /*closes=*/true);
  const auto claimed = ClaimOne(webhook);
  EXPECT_EQ(claimed.window_id, open.window_id);
  EXPECT_THAT(claimed.items, SizeIs(2));
}

TEST_P(PublishContract, OverflowClosesTheOpenWindowAndLeavesTheLastOneOpen) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const domain::Event event = EventOf("ticket.created", "7");
  const auto transaction = Begin(5);
  const auto open = transaction->OpenWindows({GroupOf(webhook)}).value().at(0);
  const auto& n = transaction->numbers();
  const auto window = [&](std::string group, std::vector<store::ItemRef> items) {
    return store::NewWindow{.window_id = NextWindowId(),
                            .tenant_id = kTenant,
                            .webhook_id = webhook.webhook_id,
                            .webhook_version = 1,
                            .group_key = std::move(group),
                            .wait = absl::Hours(1),
                            .content = {.items = std::move(items), .bytes = 20}};
  };
  store::PublishWrites writes;
  for (const std::int64_t number : n) writes.events.push_back({kTenant, number, &event});
  writes.appends = {{.window_id = open.window_id,
                     .tenant_id = kTenant,
                     .webhook_id = webhook.webhook_id,
                     .add = {.items = {{n[0], 1}, {n[1], 1}}, .bytes = 20},
                     .closes = true}};
  writes.windows = {window("", {{n[2], 1}, {n[3], 1}}), window("any", {{n[4], 1}})};
  EXPECT_OK(transaction->Commit(writes));

  EXPECT_THAT(Claim(webhook).windows, SizeIs(2));
  const auto left = Append(GroupOf(webhook), 1, 1);
  EXPECT_EQ(left.window_id, writes.windows[1].window_id);
  EXPECT_EQ(left.before.items, 1);
}

TEST_P(PublishContract, GroupsOfOneWebhookHaveWindowsOfTheirOwn) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto transaction = Begin(0);
  const auto open = transaction
                        ->OpenWindows({GroupOf(webhook, absl::Hours(1), "t:b"),
                                       GroupOf(webhook, absl::Hours(1), "n:1"),
                                       GroupOf(webhook, absl::Hours(1), "t:a")})
                        .value();
  ASSERT_THAT(open, SizeIs(3));
  EXPECT_NE(open[0].window_id, open[1].window_id);
  EXPECT_NE(open[1].window_id, open[2].window_id);
  EXPECT_NE(open[0].window_id, open[2].window_id);
}

TEST_P(PublishContract, OpenWindowsAreParallelToTheGroupsAsked) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto a = GroupOf(webhook, absl::Hours(1), "t:a");
  const auto b = GroupOf(webhook, absl::Hours(1), "t:b");
  const auto in_a = Append(a, 1, 1);
  const auto in_b = Append(b, 1, 2);
  const auto transaction = Begin(0);
  const auto open = transaction->OpenWindows({b, a}).value();
  EXPECT_EQ(open.at(0).window_id, in_b.window_id);
  EXPECT_EQ(open.at(0).fill.items, 2);
  EXPECT_EQ(open.at(1).window_id, in_a.window_id);
  EXPECT_EQ(open.at(1).fill.items, 1);
}

TEST_P(PublishContract, AnotherTransactionsWindowIsWaitedFor) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const domain::Event event = EventOf("ticket.created", "7");
  const auto first = Begin(2);
  const auto held = first->OpenWindows({GroupOf(webhook)}).value().at(0);
  auto waiting =
      std::async(std::launch::async, [&] { return Append(GroupOf(webhook), 1, 1); });
  EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(100)),
            std::future_status::timeout);
  EXPECT_OK(first->Commit(
      {.events = {{kTenant, first->numbers()[0], &event},
                  {kTenant, first->numbers()[1], &event}},
       .appends = {{.window_id = held.window_id,
                    .tenant_id = kTenant,
                    .webhook_id = webhook.webhook_id,
                    .add = {.items = {{first->numbers()[0], 1}, {first->numbers()[1], 1}},
                            .bytes = 20}}}}));
  const auto second = waiting.get();
  EXPECT_EQ(second.window_id, held.window_id);
  EXPECT_EQ(second.before.items, 2);
}

TEST_P(PublishContract, AProfileChangeWaitsForWhatMatchedTheOldProfile) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const domain::Event event = EventOf("ticket.created", "7");
  const Uuid window_id = NextWindowId();
  const auto transaction = Begin(1);
  auto disabling = std::async(std::launch::async, [&] {
    domain::WebhookSpec spec = webhook.spec;
    spec.enabled = false;
    return Update(webhook, spec).version;
  });
  EXPECT_EQ(disabling.wait_for(std::chrono::milliseconds(100)),
            std::future_status::timeout);
  EXPECT_OK(transaction->Commit(
      {.events = {{kTenant, transaction->numbers()[0], &event}},
       .windows = {
           {.window_id = window_id,
            .tenant_id = kTenant,
            .webhook_id = webhook.webhook_id,
            .webhook_version = 1,
            .content = {.items = {{transaction->numbers()[0], 1}}, .bytes = 10}}}}));
  EXPECT_EQ(disabling.get(), 2);
  EXPECT_EQ(Get(window_id).state, store::DeliveryState::kCancelled);
}

}  // namespace
}  // namespace windrow::contract
