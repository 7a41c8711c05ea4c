// Sending many again must cost each delivery the same, however many others there are and
// whatever the planner knows of them: an operation's rate hangs on it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstdint>
#include <regex>
#include <string>

#include "common/store/postgres/statements.h"
#include "tests/integration/migrated_database.h"

namespace windrow::store::postgres {
namespace {

constexpr int kSentAgain = 200;
constexpr int kMostPages = 30;  // that a delivery may touch in any part of the plan

// 20,000 deliveries that failed today, of two webhooks, each of one event.
constexpr char kManyFailed[] = R"(
  INSERT INTO webhooks (webhook_id, tenant_id, bucket, version, name, spec, secrets,
                        enabled, timeout_ms, disable_after_ms, disable_failures, url,
                        event_types, label_keys, label_values)
  SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, 1, n, 1, 'w' || n, '{}', '',
         true, 30000, 0, 0, 'https://example.com/', '{}', '{}', '{}'
  FROM generate_series(1, 2) AS n;
  CREATE TEMP TABLE many AS
  SELECT i, at, overlay(windrow_uuid_floor(at)::text
                        PLACING '7000-8000-' || lpad(i::text, 12, '0') FROM 15)::uuid AS id,
         ('00000000-0000-7000-8000-00000000000' || 1 + i % 2)::uuid AS webhook_id
  FROM (SELECT i, date_trunc('day', now(), 'UTC') + i * interval '1 ms' AS at
        FROM generate_series(1, 20000) AS i) AS n;
  INSERT INTO events (tenant_id, escmsg_id, received_at, occurred_at, type, object_type,
                      object_id, object)
  SELECT 1, i, at, at, 'ticket.created', 'ticket', 'o' || i, '{}' FROM many;
  INSERT INTO deliveries (tenant_id, delivery_id, webhook_id, webhook_version, state,
                          finished_at, event_type, object_id, item_count, escmsg_ids,
                          notification_ids, attempt_count, lease_seq, started_at,
                          duration_us, phases_us, status_code, error, request_bytes,
                          response_bytes)
  SELECT 1, id, webhook_id, 1, 6, at + interval '1 s', 'ticket.created', 'o' || i, 1,
         ARRAY[i], ARRAY[1], 1, 1, at, 1000, '{}', 404, 10, 2, 0
  FROM many;
  INSERT INTO delivery_bodies (tenant_id, delivery_id, request_headers, request_body)
  SELECT 1, id, '', '{}' FROM many;
)";

class RedeliveryCostTest : public MigratedDatabaseTest {
 protected:
  void Do(const std::string& script) {
    const absl::Status done = connection_->RunScript(script);
    ASSERT_TRUE(done.ok()) << done;
  }

  void Prepare() {
    pg_conn* raw = connection_->raw();
    const Result prepared(
        PQprepare(raw, kRequeueFinished.name, kRequeueFinished.sql, 0, nullptr));
    ASSERT_EQ(PQresultStatus(prepared.raw()), PGRES_COMMAND_OK) << PQerrorMessage(raw);
  }

  // The plan of sending those of the middle again, as it went.
  std::string SendAgain() {
    const auto ids = connection_->RunText(
        "SELECT array_agg(delivery_id)::text FROM (SELECT delivery_id FROM deliveries "
        "ORDER BY delivery_id OFFSET 10000 LIMIT " +
        std::to_string(kSentAgain) + ") AS middle");
    EXPECT_TRUE(ids.ok()) << ids.status();
    return Explain(std::string(ids->Text(0, 0)));
  }

  std::string Explain(const std::string& ids) {
    const auto rows = connection_->RunText(
        std::string("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, COSTS OFF) EXECUTE ") +
        kRequeueFinished.name + "(1, '" + ids + "')");
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::string plan;
    for (int i = 0; i < rows->rows(); ++i) plan += std::string(rows->Text(i, 0)) + "\n";
    return plan;
  }

  std::int64_t Queued() {
    return connection_->RunText("SELECT count(*) FROM windows")->Int8(0, 0);
  }

  std::int64_t MostPages(const std::string& plan) {
    const std::regex buffers("Buffers: shared hit=([0-9]+)(?: read=([0-9]+))?");
    std::int64_t most = 0;
    for (std::sregex_iterator it(plan.begin(), plan.end(), buffers), end; it != end;
         ++it) {
      const auto number = [&](int group) {
        return (*it)[group].matched ? std::stoll((*it)[group].str()) : 0;
      };
      most = std::max<std::int64_t>(most, number(1) + number(2));
    }
    return most;
  }

  void ExpectFewPages() {
    const std::string plan = SendAgain();
    EXPECT_EQ(Queued(), kSentAgain);
    EXPECT_GT(MostPages(plan), kSentAgain) << plan;
    EXPECT_LE(MostPages(plan), kMostPages * kSentAgain) << plan;
  }
};

TEST_F(RedeliveryCostTest, IsFewPagesForEachBeforeTheFirstStatistics) {
  Do(kManyFailed);
  Prepare();
  ExpectFewPages();
}

TEST_F(RedeliveryCostTest, IsFewPagesForEachByStatistics) {
  Do(kManyFailed);
  Do("ANALYZE");
  Prepare();
  ExpectFewPages();
}

// As when a day begins.
TEST_F(RedeliveryCostTest, IsFewPagesForEachByAPlanMadeWhileThereWasNothing) {
  Prepare();
  Explain("{}");
  Do(kManyFailed);
  ExpectFewPages();
}

}  // namespace
}  // namespace windrow::store::postgres
