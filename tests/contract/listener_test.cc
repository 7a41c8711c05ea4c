// What QueueListener promises.
#include <absl/time/clock.h>

#include <algorithm>
#include <future>
#include <set>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

// Long enough for any machine; passed only where a wake was lost.
constexpr absl::Duration kAtMost = absl::Seconds(20);

bool Names(const store::QueueListener::Wake& wake, const Uuid& webhook_id) {
  if (wake.scan) return true;
  return std::find(wake.webhooks.begin(), wake.webhooks.end(), webhook_id) !=
         wake.webhooks.end();
}

// The first wake of a new connection may ask for a scan: take it first.
std::unique_ptr<store::QueueListener> Listening(StoreHarness& harness) {
  auto listener = harness.Listen();
  EXPECT_OK(listener->Wait(absl::ZeroDuration()).status());
  return listener;
}

TEST_P(ListenerContract, AListenerIsToldOfNewWindowsByWebhook) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto listener = Listening(harness());
  Publish(webhook);
  EXPECT_TRUE(Names(listener->Wait(kAtMost).value(), webhook.webhook_id));
}

TEST_P(ListenerContract, AWaitingListenerIsWoken) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto listener = Listening(harness());
  auto woken = std::async(std::launch::async, [&] { return listener->Wait(kAtMost); });
  Publish(webhook);
  EXPECT_TRUE(Names(woken.get().value(), webhook.webhook_id));
}

TEST_P(ListenerContract, EveryListenerIsTold) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto first = Listening(harness());
  const auto second = Listening(harness());
  Publish(webhook);
  EXPECT_TRUE(Names(first->Wait(kAtMost).value(), webhook.webhook_id));
  EXPECT_TRUE(Names(second->Wait(kAtMost).value(), webhook.webhook_id));
}

// A look at all that is due takes a worker longer than to hear a thousand names.
TEST_P(ListenerContract, AnEventForManyNamesEachOfThem) {
  const auto listener = Listening(harness());
  const domain::Event event = EventOf("ticket.created", "7");
  const auto transaction = Begin(1);
  const std::int64_t number = transaction->numbers().at(0);
  store::PublishWrites writes{.events = {{kTenant, number, &event}}};
  std::set<Uuid> webhooks;
  for (int i = 0; i < 450; ++i) {
    const Uuid webhook = NextWindowId();
    webhooks.insert(webhook);
    writes.windows.push_back({.window_id = NextWindowId(),
                              .tenant_id = kTenant,
                              .webhook_id = webhook,
                              .webhook_version = 1,
                              .content = {.items = {{number, 1}}, .bytes = 100}});
  }
  EXPECT_OK(transaction->Commit(writes));
  std::set<Uuid> told;
  while (told.size() < webhooks.size()) {
    const auto wake = listener->Wait(kAtMost).value();
    ASSERT_FALSE(wake.scan);
    ASSERT_FALSE(wake.webhooks.empty());
    told.insert(wake.webhooks.begin(), wake.webhooks.end());
  }
  EXPECT_EQ(told, webhooks);
}

TEST_P(ListenerContract, AFullWindowWakesToo) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto listener = Listening(harness());
  Append(GroupOf(webhook), 1, 2, /*closes=*/true);
  EXPECT_TRUE(Names(listener->Wait(kAtMost).value(), webhook.webhook_id));
}

TEST_P(ListenerContract, ARolledBackPublishDoesNotWake) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto listener = Listening(harness());
  { Begin(1)->OpenWindows({GroupOf(webhook)}).value(); }
  EXPECT_FALSE(Names(listener->Wait(absl::Milliseconds(50)).value(), webhook.webhook_id));
}

TEST_P(ListenerContract, InterruptEndsAWait) {
  const auto listener = Listening(harness());
  auto waiting = std::async(std::launch::async, [&] { return listener->Wait(kAtMost); });
  listener->Interrupt();
  const absl::Time before = absl::Now();
  EXPECT_OK(waiting.get().status());
  EXPECT_LT(absl::Now() - before, kAtMost / 2);
}

TEST_P(ListenerContract, AnInterruptBeforeTheWaitIsNotLost) {
  const auto listener = Listening(harness());
  listener->Interrupt();
  const absl::Time before = absl::Now();
  EXPECT_OK(listener->Wait(kAtMost).status());
  EXPECT_LT(absl::Now() - before, kAtMost / 2);
}

}  // namespace
}  // namespace windrow::contract
