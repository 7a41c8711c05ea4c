// Dropping days and reading the log of changes while others are in the middle of
// something.
#include <fmt/format.h>

#include <atomic>
#include <future>
#include <thread>

#include "common/store/postgres/connection.h"
#include "common/store/postgres/statements.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/wait_for.h"

namespace windrow::integration {
namespace {

using store::postgres::Connection;
using store::postgres::Params;
using ::testing::IsEmpty;

constexpr absl::Duration kDay = absl::Hours(24);
const store::RetentionPolicy kPolicy = {
    .keep = {.bodies = 7 * kDay, .records = 30 * kDay, .events = 30 * kDay}};

class HistoryTest : public PipelineTest {
 protected:
  std::unique_ptr<Connection> Connect() {
    return Connection::Open({.url = database().url()}).value();
  }

  // An outcome of the webhook's only due delivery.
  store::Outcome Claim(const store::StoredWebhook& webhook) {
    const auto worker = store().RegisterWorker("history test").value();
    const auto claim =
        store().ClaimWindows(worker, {{webhook.webhook_id, 1}}, absl::Minutes(1)).value();
    const store::ClaimedWindow& window = claim.windows.at(0);
    return {.window_id = window.window_id,
            .tenant_id = window.tenant_id,
            .webhook_id = window.webhook_id,
            .webhook_version = window.webhook_version,
            .lease_seq = window.lease_seq,
            .state = store::DeliveryState::kFailed,
            .attempt = store::Attempt{.attempt = 1, .status_code = 500},
            .items = {window.items.at(0).ref},
            .event_types = {"ticket.created"},
            .object_ids = {"7"},
            .request_body = "{}"};
  }

  // A finished delivery that was made `age` ago.
  Uuid OldDelivery(const store::StoredWebhook& webhook, int days) {
    Publish(1);
    EXPECT_EQ(store().Record({Claim(webhook)}).value(), 0);
    database()
        .Query(fmt::format("SELECT windrow_make_partitions((now() AT TIME ZONE "
                           "'UTC')::date - {}, {})",
                           days + 1, days + 3))
        .value();
    for (const char* table : {"deliveries", "delivery_bodies"}) {
      database()
          .Query(
              fmt::format("UPDATE {} SET delivery_id = overlay(delivery_id::text placing "
                          "left(windrow_uuid_floor(windrow_uuid_time(delivery_id) - "
                          "interval '{} days')::text, "
                          "13) from 1)::uuid",
                          table, days))
          .value();
    }
    return *Uuid::Parse(
        database().Query("SELECT delivery_id FROM deliveries").value().at(0).at(0));
  }

  std::int64_t Number(const std::string& sql) {
    return std::stoll(database().Query(sql).value().at(0).at(0));
  }

  store::Counts Counted() {
    EXPECT_TRUE(store().RollUp().ok());
    const auto stats = store()
                           .ReadStats(kTenant, {.step = store::StatsStep::kDay,
                                                .from = absl::Now() - 2 * kDay,
                                                .until = absl::Now() + kDay})
                           .value();
    store::Counts counts;
    for (const auto& bucket : stats.buckets) counts.failed += bucket.counts.failed;
    return counts;
  }
};

TEST_F(HistoryTest, ARedeliveryUnderWayKeepsItsDay) {
  const auto webhook = Create("Old", "http://127.0.0.1:1/");
  const Uuid id = OldDelivery(webhook, 8);
  const auto redelivering = Connect();
  ASSERT_TRUE(redelivering->RunScript("BEGIN").ok());
  store::postgres::ArrayParam ids(store::postgres::ArrayParam::kUuid);
  ids.AddUuid(id);
  const auto verdicts = redelivering
                            ->Run(store::postgres::kRequeueFinished,
                                  Params().Int4(kTenant).Array(std::move(ids)))
                            .value();
  ASSERT_EQ(verdicts.Int2(0, 1), 0);

  auto dropping =
      std::async(std::launch::async, [&] { return store().DropOld(kPolicy); });
  // It waits for the redelivery.
  EXPECT_TRUE(WaitFor(
      [&] {
        return Number(
                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = "
                   "'Lock' AND datname = current_database()") > 0;
      },
      absl::Seconds(30)));
  ASSERT_TRUE(redelivering->RunScript("COMMIT").ok());
  const auto report = dropping.get().value();
  EXPECT_EQ(report.of(store::HistoryTable::kDeliveryBodies).in_use, 1);

  // Its outcome has a day to go to.
  EXPECT_EQ(store().Record({Claim(webhook)}).value(), 0);
  EXPECT_EQ(store().GetDelivery(kTenant, id, true)->request_body, "{}");
  EXPECT_EQ(store().DropOld(kPolicy)->of(store::HistoryTable::kDeliveryBodies).in_use, 0);
  EXPECT_EQ(store().GetDelivery(kTenant, id, true)->body_absence,
            store::BodyAbsence::kExpired);
}

TEST_F(HistoryTest, WhatARoundLeftHalfDoneTheNextOneFinishes) {
  database().Query("SELECT windrow_make_partitions(date '2020-01-01', 3)").value();
  const auto connection = Connect();
  // By itself, and half detached: as after a kill between two steps.
  ASSERT_TRUE(connection
                  ->RunText("ALTER TABLE events DETACH PARTITION events_p20200101 "
                            "CONCURRENTLY")
                  .ok());
  const auto reader = Connect();
  ASSERT_TRUE(reader->RunScript("BEGIN; SELECT count(*) FROM events").ok());
  ASSERT_TRUE(connection->RunScript("SET statement_timeout = 500").ok());
  EXPECT_FALSE(connection
                   ->RunText("ALTER TABLE events DETACH PARTITION events_p20200102 "
                             "CONCURRENTLY")
                   .ok());
  ASSERT_TRUE(reader->RunScript("COMMIT").ok());

  const auto report = store().DropOld(kPolicy).value();
  EXPECT_EQ(report.of(store::HistoryTable::kEvents).dropped, 3);
  EXPECT_EQ(report.of(store::HistoryTable::kStatsHours).dropped, 3);
  EXPECT_EQ(
      Number("SELECT count(*) FROM pg_class WHERE relname LIKE '%p2020%' AND relkind "
             "= 'r'"),
      0);
  EXPECT_LE(report.of(store::HistoryTable::kEvents).oldest, 3 * kDay);
  EXPECT_GT(report.of(store::HistoryTable::kEvents).oldest, absl::ZeroDuration());
}

TEST_F(HistoryTest, OneProcessAtATimeDrops) {
  const auto other = Connect();
  ASSERT_TRUE(other->RunText("SELECT pg_advisory_lock(7471, 2)").ok());
  EXPECT_TRUE(store().DropOld(kPolicy)->by_another);
  ASSERT_TRUE(other->RunText("SELECT pg_advisory_unlock(7471, 2)").ok());
  EXPECT_FALSE(store().DropOld(kPolicy)->by_another);
}

TEST_F(HistoryTest, NothingAppearsBehindAReaderOfTheLog) {
  const auto webhook = Create("Busy", "http://127.0.0.1:1/");
  Publish(1);
  const auto from = store().LastChange().value();
  const auto slow = Connect();
  // It has its number before the next one's, and writes after it.
  ASSERT_TRUE(slow->RunScript("BEGIN; SELECT pg_current_xact_id()").ok());
  EXPECT_EQ(store().Record({Claim(webhook)}).value(), 0);
  EXPECT_THAT(store().ReadChanges(kTenant, from)->changes, IsEmpty());
  EXPECT_EQ(Counted().failed, 0);
  ASSERT_TRUE(slow->RunScript("INSERT INTO delivery_changes (tenant_id, delivery_ids, "
                              "webhook_ids, states, durations_us, status_codes, errors) "
                              "SELECT tenant_id, array[gen_random_uuid()], webhook_ids, "
                              "states, durations_us, status_codes, errors FROM "
                              "delivery_changes; COMMIT")
                  .ok());
  EXPECT_TRUE(
      WaitFor([&] { return store().ReadChanges(kTenant, from)->changes.size() == 2; },
              absl::Seconds(30)));
  EXPECT_TRUE(WaitFor([&] { return Counted().failed == 2; }, absl::Seconds(30)));
}

TEST_F(HistoryTest, ManyWhoCountCountOnce) {
  const auto webhook = Create("Busy", "http://127.0.0.1:1/");
  Publish(200);
  std::atomic<bool> done = false;
  std::vector<std::thread> counting;
  for (int i = 0; i < 3; ++i) {
    counting.emplace_back([&] {
      const auto own = OpenStore();
      while (!done) EXPECT_TRUE(own->RollUp().ok());
    });
  }
  for (int i = 0; i < 200; ++i) EXPECT_EQ(store().Record({Claim(webhook)}).value(), 0);
  EXPECT_TRUE(WaitFor([&] { return Counted().failed >= 200; }, absl::Seconds(30)));
  done = true;
  for (std::thread& thread : counting) thread.join();
  EXPECT_EQ(Counted().failed, 200);
}

TEST_F(HistoryTest, HoursAddUpWhatTheirMinutesHad) {
  const auto webhook = Create("Busy", "http://127.0.0.1:1/");
  Publish(3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(store().Record({Claim(webhook)}).value(), 0);
  EXPECT_TRUE(WaitFor([&] { return Counted().failed == 3; }, absl::Seconds(30)));
  database().Query("UPDATE stats_minutes SET at = at - interval '2 hours'").value();
  database()
      .Query("UPDATE stats_progress SET hours_to = hours_to - interval '3 hours'")
      .value();
  EXPECT_EQ(Counted().failed, 3);  // and now by the hour
  EXPECT_GE(Number("SELECT count(*) FROM stats_hours"), 2);
  database().Query("TRUNCATE stats_minutes").value();
  EXPECT_EQ(Counted().failed, 3);
}

}  // namespace
}  // namespace windrow::integration
