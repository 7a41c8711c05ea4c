// deploy/move_tenant.sh, between two databases that go on working: what waits is sent
// from the new place, nothing is lost, and nothing is there twice.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/store/postgres/migrate.h"
#include "common/store/postgres/postgres_store.h"
#include "tests/integration/wait_for.h"
#include "tests/support/child_process.h"
#include "tests/support/postgres_cluster.h"

namespace windrow::integration {
namespace {

using store::DeliveryState;
using store::postgres::PostgresStore;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::SizeIs;

absl::Status Migrate(const std::string& url) {
  std::vector<std::string> applied;
  return store::postgres::Migrate(url, &applied);
}

// A database of Windrow, and a store on it.
struct Place {
  std::unique_ptr<testing::TestDatabase> database =
      testing::TestDatabase::Create(&Migrate).value();
  std::unique_ptr<PostgresStore> store;
  store::WorkerId worker = 0;

  explicit Place(const std::string& key_ring) {
    store = PostgresStore::Open({.url = database->url(), .pool_size = 2},
                                crypto::KeyRing::Parse(key_ring).value())
                .value();
    worker = store->RegisterWorker("test").value();
  }
  std::string One(const std::string& sql) const {
    return database->Query(sql).value().at(0).at(0);
  }
  std::vector<store::ClaimedWindow> Claim(const Uuid& webhook) const {
    return store->ClaimWindows(worker, {{webhook, 10}}, absl::Minutes(5)).value().windows;
  }
};

store::Outcome OutcomeOf(const store::ClaimedWindow& window, DeliveryState state) {
  store::Outcome outcome{
      .window_id = window.window_id,
      .tenant_id = window.tenant_id,
      .webhook_id = window.webhook_id,
      .webhook_version = window.webhook_version,
      .lease_seq = window.lease_seq,
      .state = state,
      .retry_after = absl::Hours(1),
      .attempt = store::Attempt{.attempt = window.attempt + 1, .status_code = 200},
      .request_body = "{}"};
  for (const store::ClaimedItem& item : window.items) {
    outcome.items.push_back(item.ref);
    outcome.event_types.emplace_back("ticket.created");
    outcome.object_ids.emplace_back("7");
  }
  return outcome;
}

class TenantMoveTest : public ::testing::Test {
 protected:
  TenantMoveTest() : tenant_(AddTenant()), webhook_(Create(tenant_)) {}

  store::TenantId AddTenant() const {
    return std::stoi(source_.One(
        "WITH t AS (INSERT INTO tenants (name) VALUES ('acme') RETURNING tenant_id) "
        "INSERT INTO config_versions (tenant_id) SELECT tenant_id FROM t "
        "RETURNING tenant_id"));
  }
  Uuid Create(store::TenantId tenant) const {
    domain::WebhookSpec spec;
    spec.name = "Tickets";
    spec.url = "https://receiver.example/hook";
    spec.triggers = {{.event_type = "ticket.created"}};
    return source_.store->Create(tenant, spec, {.signing_secret = "whsec_c2VjcmV0"})
        .value()
        .webhook_id;
  }

  static domain::Event EventWith(const std::string& event_id) {
    domain::Event event;
    event.event_id = event_id;
    event.type = "ticket.created";
    event.object_type = "ticket";
    event.object_id = "7";
    event.object = R"({"id": 7, "from": ")" + event_id + "\"}";
    return event;
  }

  std::unique_ptr<store::PublishTransaction> Begin(const Place& place,
                                                   store::TenantId tenant,
                                                   const std::string& event_id) const {
    const auto version = place.store->LoadMatchTable(tenant).value()->config_version();
    return place.store
        ->BeginPublish({.tenants = {{tenant, version}},
                        .keys = {{tenant, event_id}},
                        .new_numbers = 1})
        .value();
  }

  // An event and its delivery, due at once; or, with a group, in the group's open window.
  std::int64_t Publish(store::TenantId tenant, const Uuid& webhook,
                       const std::string& event_id, const std::string& group = "") {
    const domain::Event event = EventWith(event_id);
    const auto transaction = Begin(source_, tenant, event_id);
    const std::int64_t number = transaction->numbers().at(0);
    store::PublishWrites writes;
    writes.events = {{tenant, number, &event}};
    writes.keys = {{{tenant, event_id}, number}};
    if (group.empty()) {
      writes.windows = {{.window_id = ids_.Next(absl::Now()),
                         .tenant_id = tenant,
                         .webhook_id = webhook,
                         .webhook_version = 1,
                         .content = {.items = {{number, 1}}, .bytes = 10}}};
    } else {
      const auto open = transaction->OpenWindows({{.tenant_id = tenant,
                                                   .webhook_id = webhook,
                                                   .webhook_version = 1,
                                                   .group_key = group,
                                                   .wait = absl::Hours(1)}});
      writes.appends = {{.window_id = open.value().at(0).window_id,
                         .tenant_id = tenant,
                         .webhook_id = webhook,
                         .add = {.items = {{number, 1}}, .bytes = 10}}};
    }
    EXPECT_TRUE(transaction->Commit(writes).ok());
    return number;
  }

  std::unique_ptr<testing::ChildProcess> StartMove() const {
    return testing::ChildProcess::Start(
               {.program = WINDROW_MOVE_TENANT,
                .args = {source_.database->url(), target_.database->url(),
                         std::to_string(tenant_)},
                .env = {"PATH=" WINDROW_POSTGRES_BIN ":/usr/bin:/bin"},
                .log_file = log_file()})
        .value();
  }
  static std::string log_file() {
    return testing::PostgresCluster::Shared().value()->folder() + "/move.log";
  }

  std::vector<store::DeliveryRecord> Deliveries(const Place& place) const {
    return place.store->ListDeliveries(tenant_, {}).value().deliveries;
  }
  int Left(const Place& place, const std::string& table) const {
    return std::stoi(place.One(
        fmt::format("SELECT count(*) FROM {} WHERE tenant_id = {}", table, tenant_)));
  }

  const std::string key_ring_ = crypto::KeyRing::GenerateText();
  const Place source_{key_ring_}, target_{key_ring_};
  UuidV7Generator ids_;
  const store::TenantId tenant_;
  const Uuid webhook_;
};

TEST_F(TenantMoveTest, WhatWaitsIsSentFromTheNewPlaceAndTheRestIsThere) {
  Publish(tenant_, webhook_, "ended");
  Publish(tenant_, webhook_, "retried");
  const auto claimed = source_.Claim(webhook_);
  ASSERT_THAT(claimed, SizeIs(2));
  ASSERT_EQ(source_.store
                ->Record({OutcomeOf(claimed[0], DeliveryState::kSucceeded),
                          OutcomeOf(claimed[1], DeliveryState::kRetrying)})
                .value(),
            0);
  Publish(tenant_, webhook_, "batched", "a group");
  const std::int64_t last = Publish(tenant_, webhook_, "waits");
  const auto before = Deliveries(source_);
  ASSERT_THAT(before, SizeIs(4));

  ASSERT_EQ(StartMove()->Wait(), 0);

  const auto after = Deliveries(target_);
  ASSERT_THAT(after, SizeIs(4));
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].delivery_id, before[i].delivery_id);
    EXPECT_EQ(after[i].state, before[i].state);
    EXPECT_EQ(after[i].items.size(), before[i].items.size());
  }
  for (const char* table : {"windows", "deliveries", "events", "webhooks", "tenants"}) {
    EXPECT_EQ(Left(source_, table), 0) << table;
  }
  EXPECT_THAT(target_.store->ScanBuckets(0, 1'023).value(), ElementsAre(webhook_));
  const auto claim =
      target_.store->ClaimWindows(target_.worker, {{webhook_, 10}}, absl::Minutes(5))
          .value();
  ASSERT_THAT(claim.windows, SizeIs(1));
  EXPECT_EQ(claim.events.at(0).event.object, EventWith("waits").object);
  EXPECT_EQ(target_.store->LoadWebhook(webhook_)->secrets.signing_secret,
            "whsec_c2VjcmV0");
  EXPECT_EQ(
      target_.store->Record({OutcomeOf(claim.windows[0], DeliveryState::kSucceeded)})
          .value(),
      0);
  EXPECT_THAT(
      target_.store->Redeliver(store::Author(tenant_), {claimed[1].window_id}).value(),
      ElementsAre(store::Requeue::kDone));
  EXPECT_EQ(target_.Claim(webhook_).at(0).attempt, 1);

  // What was published before is known, and numbers go on.
  const auto again = Begin(target_, tenant_, "waits");
  EXPECT_EQ(again->known().at(0), last);
  EXPECT_THAT(again->numbers().at(0), Gt(last));
}

TEST_F(TenantMoveTest, OtherTenantsStayAndWhatIsThereIsNotOverwritten) {
  const Uuid other = Create(store::kDefaultTenant);
  Publish(store::kDefaultTenant, other, "other");
  Publish(tenant_, webhook_, "mine");
  ASSERT_EQ(StartMove()->Wait(), 0);
  EXPECT_THAT(source_.Claim(other), SizeIs(1));
  EXPECT_EQ(target_.One("SELECT count(*) FROM windows"), "1");
  // Once more: there is nothing to move.
  EXPECT_EQ(StartMove()->Wait(), 1);
  EXPECT_EQ(Left(target_, "windows"), 1);
}

TEST_F(TenantMoveTest, ATargetWithATenantOfThatNumberIsLeftAlone) {
  Publish(tenant_, webhook_, "mine");
  target_.One(fmt::format(
      "INSERT INTO tenants (tenant_id, name) VALUES ({}, 'another') RETURNING 1",
      tenant_));
  EXPECT_EQ(StartMove()->Wait(), 1);
  EXPECT_EQ(Left(source_, "windows"), 1);
  EXPECT_EQ(Left(target_, "webhooks"), 0);
}

TEST_F(TenantMoveTest, RequestsThatAreUnderWayEndFirstAndNoneBegins) {
  Publish(tenant_, webhook_, "under way");
  const auto held = source_.Claim(webhook_);
  ASSERT_THAT(held, SizeIs(1));
  Publish(tenant_, webhook_, "waits");
  const auto move = StartMove();
  ASSERT_TRUE(WaitFor(
      [&] {
        return source_.One(
                   "SELECT count(*) FROM pg_stat_activity "
                   "WHERE wait_event = 'PgSleep'") == "1";
      },
      absl::Seconds(60)));
  EXPECT_THAT(source_.Claim(webhook_), IsEmpty());
  EXPECT_EQ(
      source_.store->Record({OutcomeOf(held[0], DeliveryState::kSucceeded)}).value(), 0);
  ASSERT_EQ(move->Wait(), 0);
  EXPECT_EQ(target_.store->GetDelivery(tenant_, held[0].window_id, false)->state,
            DeliveryState::kSucceeded);
  EXPECT_THAT(target_.Claim(webhook_), SizeIs(1));
}

// Between the commit of the source and the arrival: the rows are in the target already.
TEST_F(TenantMoveTest, AMoveThatWasCutOffGoesOn) {
  Publish(tenant_, webhook_, "waits");
  // Whatever makes the last step fail.
  target_.database
      ->Query(
          "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
          "'BEGIN RAISE EXCEPTION ''no''; END'")
      .value();
  target_.database
      ->Query(
          "CREATE TRIGGER refuse BEFORE INSERT ON windows "
          "FOR EACH ROW EXECUTE FUNCTION refuse()")
      .value();
  EXPECT_NE(StartMove()->Wait(), 0);
  EXPECT_EQ(Left(source_, "windows"), 0);
  EXPECT_EQ(Left(target_, "windows"), 0);
  target_.database->Query("DROP TRIGGER refuse ON windows").value();
  EXPECT_EQ(StartMove()->Wait(), 0);
  EXPECT_THAT(target_.Claim(webhook_), SizeIs(1));
}

}  // namespace
}  // namespace windrow::integration
