// Gates, with somebody else holding one at the wrong moment (docs/adr/0010, 0011).
#include <fmt/format.h>

#include <future>
#include <utility>

#include "common/store/postgres/connection.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/wait_for.h"

namespace windrow::integration {
namespace {

using store::DeliveryState;
using store::postgres::Connection;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kLimit = absl::Seconds(20);

class GatesTest : public PipelineTest {
 protected:
  store::StoredWebhook CreateOrdered() {
    store::StoredWebhook webhook = Create("Ordered", "https://receiver.example/");
    webhook.spec.ordering = domain::Ordering::kPerWebhook;
    return store()
        .Update(kTenant, webhook.webhook_id, webhook.version, webhook.spec,
                webhook.secrets)
        .value();
  }
  store::Claim Claim(const store::StoredWebhook& webhook) {
    if (worker_ == 0) worker_ = store().RegisterWorker("test").value();
    return store()
        .ClaimWindows(worker_, {{webhook.webhook_id, 10}}, absl::Minutes(1))
        .value();
  }
  // Another session, in a transaction that holds every gate.
  std::unique_ptr<Connection> HoldGates() {
    auto connection = Connection::Open({.url = database().url()}).value();
    EXPECT_TRUE(connection->RunText("BEGIN").ok());
    EXPECT_TRUE(connection->RunText("SELECT FROM gates FOR UPDATE").ok());
    return connection;
  }
  bool SomebodyWaitsForALock() {
    return WaitFor(
        [&] {
          return database()
                     .Query(
                         "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type "
                         "= 'Lock' AND datname = current_database()")
                     .value()[0][0] == "1";
        },
        kLimit);
  }

 private:
  store::WorkerId worker_ = 0;
};

TEST_F(GatesTest, AClaimDoesNotWaitForOneThatHoldsTheGate) {
  const auto webhook = CreateOrdered();
  Publish(1);
  const auto other = HoldGates();
  const store::Claim held = Claim(webhook);
  EXPECT_THAT(held.windows, IsEmpty());
  ASSERT_THAT(held.held_back, SizeIs(1));
  EXPECT_GT(held.held_back[0].again_after, absl::ZeroDuration());
  EXPECT_LE(held.held_back[0].again_after, absl::Milliseconds(50));
  ASSERT_TRUE(other->RunText("COMMIT").ok());
  EXPECT_THAT(Claim(webhook).windows, SizeIs(1));
}

// The claim that holds the gate saw the first delivery being sent, and parks the second.
// The outcome of the first comes in that moment.
TEST_F(GatesTest, ARecordFreesWhatAClaimParksInTheMeantime) {
  const auto webhook = CreateOrdered();
  Publish(1);
  const store::Claim claim = Claim(webhook);
  ASSERT_THAT(claim.windows, SizeIs(1));
  const store::ClaimedWindow& first = claim.windows[0];
  Publish(1);
  const auto other = HoldGates();
  ASSERT_TRUE(other
                  ->RunText("UPDATE windows SET due_at = 'infinity', timed = false WHERE "
                            "lease_owner IS NULL")
                  .ok());
  auto record = std::async(std::launch::async, [&] {
    return store().Record({{.window_id = first.window_id,
                            .tenant_id = first.tenant_id,
                            .webhook_id = first.webhook_id,
                            .webhook_version = first.webhook_version,
                            .lease_seq = first.lease_seq,
                            .state = DeliveryState::kSucceeded,
                            .gated = first.gated,
                            .order_key = first.order_key,
                            .attempt = store::Attempt{.attempt = 1, .status_code = 200},
                            .items = {first.items[0].ref},
                            .event_types = {"ticket.created"},
                            .object_ids = {"0"},
                            .keep_bodies = false}});
  });
  EXPECT_TRUE(SomebodyWaitsForALock());
  ASSERT_TRUE(other->RunText("COMMIT").ok());
  EXPECT_EQ(record.get().value(), 0);
  EXPECT_THAT(Claim(webhook).windows, SizeIs(1));
}

TEST_F(GatesTest, ACancelFreesWhatAClaimParksInTheMeantime) {
  const auto webhook = CreateOrdered();
  Publish(2);
  ASSERT_TRUE(database()
                  .Query("UPDATE windows SET due_at = now() + interval '1 hour' WHERE "
                         "order_number = (SELECT min(order_number) FROM windows)")
                  .ok());
  const auto page = store().ListDeliveries(kTenant, {.oldest_first = true}).value();
  const auto other = HoldGates();
  ASSERT_TRUE(other
                  ->RunText("UPDATE windows SET due_at = 'infinity', timed = false WHERE "
                            "order_number = (SELECT max(order_number) FROM windows)")
                  .ok());
  auto cancel = std::async(std::launch::async, [&] {
    return store().Cancel(kTenant, page.deliveries.at(0).delivery_id, "by hand");
  });
  EXPECT_TRUE(SomebodyWaitsForALock());
  ASSERT_TRUE(other->RunText("COMMIT").ok());
  EXPECT_TRUE(cancel.get().ok());
  EXPECT_THAT(Claim(webhook).windows, SizeIs(1));
}

TEST_F(GatesTest, WebhooksWithoutAGateHaveNoRowAndWriteNoKey) {
  Create("Free", "https://receiver.example/");
  Publish(3);
  EXPECT_EQ(database().Query("SELECT count(*) FROM gates").value()[0][0], "0");
  EXPECT_EQ(database()
                .Query("SELECT count(*) FROM windows WHERE order_key IS NULL AND "
                       "order_number IS NULL AND lease_counted IS NULL")
                .value()[0][0],
            "3");
}

}  // namespace
}  // namespace windrow::integration
