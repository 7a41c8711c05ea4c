// Each filter that lists offer runs on an index, over a bounded number of rows: plans and
// their rows, on tables of many, with statistics and without.
#include <absl/time/clock.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "common/store/postgres/audit_sql.h"
#include "common/store/postgres/connection.h"
#include "common/store/postgres/delivery_sql.h"
#include "common/store/postgres/event_sql.h"
#include "common/store/postgres/migrate.h"
#include "common/store/postgres/webhook_sql.h"
#include "tests/support/postgres_cluster.h"

namespace windrow::store::postgres {
namespace {

constexpr int kPage = 20;
constexpr int kExamine = 300;
// A partition or a branch that is opened gives a row before anyone knows whether it is
// the next one: 20 days with rows, of up to four branches.
constexpr int kOpened = 80;

// 20 whole days, before today, of 1,500 deliveries, every twentieth of them failed; each
// tenth is a batch of three types and objects. A queue of 6,000 windows of 50 webhooks,
// one item each, of a third of which an attempt failed; what the marks of nine in ten say
// is that they have no item. 30,000 events. 3,000 webhooks.
constexpr char kManyRows[] = R"(
  SELECT windrow_make_partitions((now() AT TIME ZONE 'UTC')::date - 20, 22);
  CREATE FUNCTION pg_temp.id(at timestamptz, n bigint) RETURNS uuid LANGUAGE sql AS $$
    SELECT (left(windrow_uuid_floor(at)::text, 14) || '7000-8000-' ||
            lpad(to_hex(n), 12, '0'))::uuid $$;
  CREATE FUNCTION pg_temp.today() RETURNS timestamptz LANGUAGE sql AS $$
    SELECT date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' $$;
  CREATE FUNCTION pg_temp.hook(n bigint) RETURNS uuid LANGUAGE sql AS $$
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
  INSERT INTO webhooks (webhook_id, tenant_id, bucket, version, name, spec, secrets,
                        enabled, timeout_ms, disable_after_ms, disable_failures, url,
                        event_types, label_keys, label_values)
  SELECT pg_temp.hook(i), 1, i % 1024, 1, 'hook ' || i, '{}', '', i % 3 > 0, 30000, 0, 0,
         'https://example.com/' || i, ARRAY['type.' || i % 20], ARRAY['env'],
         ARRAY['e' || i % 50]
  FROM generate_series(1, 3000) AS i;
  INSERT INTO audit_log (entry_id, tenant_id, at, actor, action, resource, changed_secrets)
  SELECT pg_temp.id(at, i), 1, at, 'api_key:' || i % 50, 'webhook.update',
         'webhooks/' || i % 100, '{}'
  FROM (SELECT i, pg_temp.today() - i * interval '20 days' / 3000 AS at
        FROM generate_series(1, 3000) AS i) AS many;
  INSERT INTO deliveries (tenant_id, delivery_id, webhook_id, webhook_version, state,
      finished_at, event_type, object_id, item_count, escmsg_ids, notification_ids,
      event_types, object_ids, attempt_count, lease_seq, started_at, duration_us,
      phases_us, status_code, error, request_bytes, response_bytes)
  SELECT 1, pg_temp.id(at, i), pg_temp.hook(i % 50), 1,
         CASE WHEN i % 20 = 0 THEN 6 WHEN i % 100 = 7 THEN 7 ELSE 5 END, at,
         CASE WHEN i % 10 > 0 THEN 'type.' || i % 20 END,
         CASE WHEN i % 10 > 0 THEN 'o' || i % 5000 END, CASE WHEN i % 10 > 0 THEN 1 ELSE 3 END,
         ARRAY[i], ARRAY[1],
         CASE WHEN i % 10 = 0 THEN ARRAY['type.1', 'type.2', 'type.' || i % 7] END,
         CASE WHEN i % 10 = 0 THEN ARRAY['o' || i % 5000, 'often', 'm' || i] END,
         CASE WHEN i % 100 = 7 THEN 0 ELSE 1 END, 1,
         CASE WHEN i % 100 = 7 THEN NULL ELSE at END, 1000, '{}',
         CASE WHEN i % 100 = 7 THEN NULL WHEN i % 40 = 0 THEN 0 WHEN i % 20 = 0 THEN 503
              ELSE 200 END,
         CASE WHEN i % 100 = 7 THEN NULL WHEN i % 40 = 0 THEN 5 WHEN i % 20 = 0 THEN 10
              ELSE 0 END, 0, 0
  FROM (SELECT i, pg_temp.today() - i * interval '20 days' / 30000 AS at
        FROM generate_series(1, 30000) AS i) AS many;
  INSERT INTO events (tenant_id, escmsg_id, received_at, occurred_at, event_id, type,
                      object_type, object_id, object)
  SELECT 1, i, at, at, CASE WHEN i % 2 = 0 THEN 'id-' || i END, 'type.' || i % 20,
         CASE WHEN i % 500 = 0 THEN 'user' ELSE 'ticket' END, 'o' || i % 5000, '{}'
  FROM (SELECT i, pg_temp.today() - (30001 - i) * interval '20 days' / 30000 AS at
        FROM generate_series(1, 30000) AS i) AS many;
  INSERT INTO event_keys (tenant_id, event_id, day, escmsg_id)
  SELECT 1, event_id, (received_at AT TIME ZONE 'UTC')::date, escmsg_id FROM events
  WHERE event_id IS NOT NULL;
  INSERT INTO windows (window_id, bucket, tenant_id, webhook_id, webhook_version, due_at,
                       timed, attempt, item_count, item_marks, received_at, escmsg_ids,
                       notification_ids)
  SELECT pg_temp.id(e.received_at, e.escmsg_id + 100000), (e.escmsg_id % 50) % 1024, 1,
         pg_temp.hook(e.escmsg_id % 50), 1, now(), false, CASE WHEN e.escmsg_id % 3 = 0
         THEN 1 ELSE 0 END, 1, CASE WHEN e.escmsg_id % 10 > 0 THEN 0 ELSE -1 END,
         e.received_at, ARRAY[e.escmsg_id], ARRAY[1]
  FROM events e WHERE e.escmsg_id > 24000;
  INSERT INTO attempts (tenant_id, delivery_id, lease_seq, attempt, late, started_at,
                        duration_us, phases_us, status_code, error, request_bytes,
                        response_bytes)
  SELECT 1, window_id, 1, 1, false, now(), 1, '{}', 503, 10, 0, 0 FROM windows
  WHERE attempt > 0;
)";

absl::Status MakeManyRows(const std::string& url) {
  std::vector<std::string> applied;
  WINDROW_RETURN_IF_ERROR(Migrate(url, &applied));
  WINDROW_ASSIGN_OR_RETURN(const auto connection, Connection::Open({.url = url}));
  return connection->RunScript(kManyRows);
}

// What a plan did.
struct Ran {
  std::string plan;
  std::int64_t rows = 0;  // that its scans of the list's table looked at
  bool reads_all = false;
};

class ListPlansTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    auto database = windrow::testing::TestDatabase::Create(MakeManyRows);
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    auto connection = Connection::Open({.url = database_->url()});
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
    if (!GetParam()) return;
    ASSERT_TRUE(connection_->RunScript("ANALYZE").ok());
  }

  // Of arrays the planner knows nothing before the first ANALYZE, which autovacuum does
  // within a minute: until then an object in batches is looked for in all of its
  // tenant's.
  static bool HasStatistics() { return GetParam(); }

  Ran Run(const SqlText& text, const std::string& table) {
    Ran ran;
    const auto rows = connection_->RunPlanned(
        "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + text.sql, text.params);
    EXPECT_TRUE(rows.ok()) << rows.status() << "\n" << text.sql;
    if (!rows.ok()) return ran;
    const std::regex scan("Scan.* on " + table +
                          "(?:_p[0-9]+)?\\b.*actual rows=([0-9]+) loops=([0-9]+)");
    const std::regex removed("Rows Removed by [A-Za-z ]+: ([0-9]+)");
    std::int64_t loops = 0;  // of the last node, where it is a scan of the table
    std::smatch match;
    for (int i = 0; i < rows->rows(); ++i) {
      const std::string line(rows->Text(i, 0));
      ran.plan += line + "\n";
      if (std::regex_search(line, match, scan)) {
        loops = std::stoll(match[2]);
        ran.rows += std::stoll(match[1]) * loops;
      } else if (line.find("->") != std::string::npos) {
        loops = 0;
      } else if (std::regex_search(line, match, removed)) {
        ran.rows += std::stoll(match[1]) * loops;
      }
      ran.reads_all |= line.find("Seq Scan on") != std::string::npos;
    }
    return ran;
  }

  DeliveryScan ScanOf(const DeliveryQuery& query) {
    return {.tenant = 1,
            .query = &query,
            .access = AccessOf(query.where),
            .limit = kPage,
            .examine = kExamine};
  }

  Ran RunFinished(const std::string& filter, bool oldest_first) {
    const DeliveryQuery query{.where = filter::Compile(filter, kDeliveryFields).value(),
                              .oldest_first = oldest_first};
    DeliveryScan scan = ScanOf(query);
    if (scan.access.finished.empty()) return {};
    if (!scan.access.object_ids.empty() && Counts(CountMixedSql(scan)) > kExamine) {
      scan.access.object_ids.clear();
    }
    return Run(ListFinishedSql(scan), "deliveries");
  }

  Ran RunWindows(const std::string& filter, bool oldest_first) {
    const DeliveryQuery query{.where = filter::Compile(filter, kDeliveryFields).value(),
                              .oldest_first = oldest_first};
    DeliveryScan scan = ScanOf(query);
    if (!scan.access.unfinished) return {};
    if (!scan.access.webhooks.empty() && Counts(CountWindowsSql(scan)) > kExamine) {
      scan.access.webhooks.clear();
    }
    return Run(ListWindowsSql(scan), "windows");
  }

  Ran RunEvents(const std::string& filter) {
    const EventQuery query{.where = filter::Compile(filter, kEventFields).value()};
    const EventAccess access = AccessOfEvents(query.where);
    return Run(ListEventsSql({.tenant = 1,
                              .query = &query,
                              .access = access,
                              .received = access.received,
                              .limit = kPage,
                              .examine = kExamine}),
               "events");
  }

  // The counts that choose between two indexes are bounded as well.
  std::int64_t Counts(const SqlText& count) {
    const Ran ran = Run(count, "(?:deliveries|windows)");
    EXPECT_FALSE(ran.reads_all) << ran.plan;
    EXPECT_LE(ran.rows, 2 * (kExamine + 1)) << ran.plan;  // index and table
    return connection_->RunPlanned(count.sql, count.params).value().Int8(0, 0);
  }

  void ExpectBounded(const Ran& ran, std::int64_t most, const std::string& filter) {
    EXPECT_FALSE(ran.reads_all) << filter << "\n" << ran.plan;
    EXPECT_LE(ran.rows, most) << filter << "\n" << ran.plan;
  }

  std::unique_ptr<windrow::testing::TestDatabase> database_;
  std::unique_ptr<Connection> connection_;
};

INSTANTIATE_TEST_SUITE_P(Statistics, ListPlansTest, ::testing::Bool(),
                         [](const auto& analyzed) {
                           return analyzed.param ? "Analyzed" : "NotAnalyzed";
                         });

// Half of its deliveries failed.
constexpr char kHook[] = "webhook_id = 00000000-0000-7000-8000-00000000000a";

// An index leads to these, in the order of the list: what is read is the page.
TEST_P(ListPlansTest, WhatAnIndexLeadsToIsAllThatIsReadOfFinishedDeliveries) {
  const std::string hook = kHook;
  for (const std::string& filter : {std::string(),
                                    hook,
                                    hook + " AND state = FAILED",
                                    std::string("state = FAILED"),
                                    std::string("state = CANCELLED"),
                                    std::string("state = (FAILED OR CANCELLED)"),
                                    std::string("NOT state = SUCCEEDED"),
                                    std::string("state = SUCCEEDED"),
                                    std::string("error:*"),
                                    std::string("error = HTTP"),
                                    std::string("status_code = 503"),
                                    std::string("status_code >= 500"),
                                    std::string("status_code = 200"),
                                    std::string("event_type = type.3"),
                                    std::string("event_type = (type.3 OR type.4)"),
                                    std::string("object_id = o17"),
                                    std::string("object_id = (o17 OR o18)"),
                                    std::string("finish_time:*"),
                                    std::string("create_time > 2020-01-01T00:00:00Z"),
                                    hook + " AND status_code >= 500 AND finish_time:*"}) {
    if (filter.starts_with("object_id") && !HasStatistics()) continue;
    for (const bool oldest_first : {false, true}) {
      ExpectBounded(RunFinished(filter, oldest_first), kPage * 7 + kOpened, filter);
    }
  }
}

TEST_P(ListPlansTest, AnObjectInBatchesIsFoundByItsOwnIndexWhereItIsRare) {
  if (!HasStatistics()) return;
  const Ran rare = RunFinished("object_id = m1230", false);
  ExpectBounded(rare, 2, "object_id = m1230");
  EXPECT_THAT(rare.plan, ::testing::HasSubstr("object_ids_idx"));
  // One that is in 3,000 batches is looked for in order.
  const Ran often = RunFinished("object_id = often", false);
  ExpectBounded(often, kExamine + kOpened, "object_id = often");
  EXPECT_THAT(often.plan, ::testing::Not(::testing::HasSubstr("object_ids_idx")));
}

// No index leads to these, or none that is enough: the walk ends.
TEST_P(ListPlansTest, WhatNoIndexLeadsToIsLookedForInABoundedNumberOfFinishedDeliveries) {
  for (const char* filter :
       {"event_type = none", "event_type = \"none*\"", "event_type != type.3",
        "object_id != o17", "status_code = 299", "status_code != 200", "error = DNS",
        "-error:*", "finish_time < 2020-01-01T00:00:00Z",
        "webhook_id = 00000000-0000-7000-8000-000000000007 OR state = FAILED",
        "state = SUCCEEDED AND object_id != o17 AND event_type = none",
        "NOT (state = SUCCEEDED AND status_code = 200)",
        "state = FAILED AND finish_time < 2020-01-01T00:00:00Z"}) {
    for (const bool oldest_first : {false, true}) {
      ExpectBounded(RunFinished(filter, oldest_first), kExamine + kOpened, filter);
    }
  }
}

TEST_P(ListPlansTest, TheQueueIsReadByWebhookOrInOrderAndNeverAsAWhole) {
  const std::string hook = kHook;
  for (const std::string& filter :
       {std::string(), hook, hook + " AND state = RETRYING", std::string("state = OPEN"),
        std::string("state = PENDING"), std::string("event_type = type.3"),
        std::string("event_type = none"), std::string("object_id = o17"),
        std::string("object_id = none"), std::string("status_code = 503"),
        std::string("error = DNS"), std::string("create_time > 2020-01-01T00:00:00Z"),
        std::string("NOT state = SUCCEEDED"), hook + " OR state = RETRYING"}) {
    for (const bool oldest_first : {false, true}) {
      ExpectBounded(RunWindows(filter, oldest_first), 2 * kExamine, filter);
    }
  }
}

std::int64_t LooksAtEvents(const std::string& plan) {
  const std::regex look("Scan.* on events_p[0-9]+ .*actual rows=[0-9]+ loops=([0-9]+)");
  std::int64_t looks = 0;
  for (std::sregex_iterator it(plan.begin(), plan.end(), look), end; it != end; ++it) {
    looks += std::stoll((*it)[1]);
  }
  return looks;
}

TEST_P(ListPlansTest, WhatAWindowIsMarkedWithoutIsNotLookedUp) {
  for (const char* filter : {"event_type = none", "object_id = none",
                             "event_type = none AND state = PENDING"}) {
    // As many windows as fit, of each tenth its item.
    const Ran ran = RunWindows(filter, false);
    EXPECT_GE(ran.rows, kExamine / 2) << ran.plan;
    EXPECT_LE(LooksAtEvents(ran.plan), kExamine / 10 + 1) << filter << "\n" << ran.plan;
  }
  EXPECT_GE(LooksAtEvents(RunWindows("event_type = \"none*\"", false).plan),
            kExamine / 3);
}

TEST_P(ListPlansTest, WhatAsksForAnAttemptIsReadByIndexesOfThoseThatHadOne) {
  if (!HasStatistics()) return;
  const Ran queue = RunWindows("status_code = 503", false);
  EXPECT_THAT(queue.plan, ::testing::HasSubstr("windows_tried"));
  const Ran failed = RunFinished("status_code = 404", false);
  EXPECT_THAT(failed.plan, ::testing::HasSubstr("Index Only Scan"));
}

TEST_P(ListPlansTest, WhatAnIndexLeadsToIsAllThatIsReadOfEvents) {
  for (const char* filter :
       {"", "type = type.3", "type = (type.3 OR type.4)", "object_id = o17",
        "object_id = (o17 OR o18)", "event_id = id-1234",
        "event_id = (id-1234 OR id-77 OR none)", "event_id = id-1234 AND type = none",
        "event_id:*", "object_type = ticket", "type = \"type.*\"",
        "receive_time > 2020-01-01T00:00:00Z",
        "type = type.3 AND receive_time > 2020-01-01T00:00:00Z",
        "receive_time < 2020-01-01T00:00:00Z"}) {
    ExpectBounded(RunEvents(filter), kPage * 2 + kOpened, filter);
  }
}

TEST_P(ListPlansTest, WhatNoIndexLeadsToIsLookedForInABoundedNumberOfEvents) {
  for (const char* filter :
       {"type = \"none*\"", "type != type.3 AND object_type = none", "object_type = user",
        "-event_id:* AND object_id != o17 AND type = \"x*\"",
        "type = type.3 AND object_type = none", "type = type.3 OR object_id = o17"}) {
    ExpectBounded(RunEvents(filter), kExamine + kOpened, filter);
  }
}

TEST_P(ListPlansTest, WebhooksAreLookedThroughInOrder) {
  for (const char* filter :
       {"", "name = \"hook 17\"", "name = \"hook*\"", "enabled = true", "enabled = false",
        "url = \"https://example.com/17\"", "event_type:type.3", "labels:env",
        "labels.env:e3", "labels.env = \"e*\"", "create_time > 2020-01-01T00:00:00Z",
        "labels:none", "NOT (enabled = true OR labels:env)"}) {
    const WebhookQuery query{.where = filter::Compile(filter, kWebhookFields).value(),
                             .limit = kPage,
                             .examine = kExamine};
    ExpectBounded(Run(ListWebhooksSql(1, query), "webhooks"), kExamine + 1, filter);
  }
}

TEST_P(ListPlansTest, ListsOfTheAuditLogWalkTheTenantsEntries) {
  const std::string recent = absl::FormatTime(
      absl::RFC3339_full, absl::Now() - absl::Hours(72), absl::UTCTimeZone());
  for (const std::string& filter :
       {std::string(), std::string("actor = \"api_key:3\""), std::string("actor = none"),
        std::string("resource = \"webhooks/*\" AND action != none"),
        "at < \"" + recent + "\" AND at >= \"2020-01-01T00:00:00Z\""}) {
    const AuditQuery query{.where = filter::Compile(filter, kAuditFields).value(),
                           .limit = kPage,
                           .examine = kExamine};
    ExpectBounded(Run(ListAuditEntriesSql(1, query), "audit_log"), kExamine + 1, filter);
  }
}

// The check itself can fail.
TEST_P(ListPlansTest, AWalkWithoutAnEndIsSeen) {
  const Ran ran = Run({"SELECT r.* FROM deliveries r WHERE r.tenant_id = 1 AND "
                       "r.status_code = 299 ORDER BY r.delivery_id LIMIT 1",
                       {}},
                      "deliveries");
  EXPECT_GE(ran.rows, 30'000) << ran.plan;
}

}  // namespace
}  // namespace windrow::store::postgres
