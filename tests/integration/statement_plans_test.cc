// Every statement must be planned for an index: none may read a hot table or a day of
// history from end to end, whatever its statistics say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <regex>
#include <string>
#include <utility>

#include "common/store/postgres/delivery_sql.h"
#include "common/store/postgres/statements.h"
#include "tests/integration/migrated_database.h"

namespace windrow::store::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StatementPlansTest : public MigratedDatabaseTest {
 protected:
  // The generic plan of a statement, as the programs run it.
  std::string PlanOf(const Statement& statement) {
    pg_conn* raw = connection_->raw();
    Result prepared(PQprepare(raw, statement.name, statement.sql, 0, nullptr));
    EXPECT_EQ(PQresultStatus(prepared.raw()), PGRES_COMMAND_OK) << PQerrorMessage(raw);
    Result described(PQdescribePrepared(raw, statement.name));
    std::string nulls;
    for (int i = 0; i < PQnparams(described.raw()); ++i) {
      nulls += i == 0 ? "NULL" : ", NULL";
    }
    const std::string explain = std::string("EXPLAIN (COSTS OFF) EXECUTE ") +
                                statement.name + (nulls.empty() ? "" : "(" + nulls + ")");
    auto rows = connection_->RunText(explain);
    EXPECT_TRUE(rows.ok()) << statement.name << ": " << rows.status();
    std::string plan;
    if (rows.ok()) {
      for (int i = 0; i < rows->rows(); ++i) plan += std::string(rows->Text(i, 0)) + "\n";
    }
    return plan;
  }
};

const std::regex kReadsAll(
    "Seq Scan on (windows|window_items|events|event_keys|deliveries|attempts|"
    "delivery_bodies|webhooks|webhook_versions|gates|audit_log)");

// By the time alone: that is every window of the installation.
constexpr char kReadsAllDue[] = "windows_due[^\n]*\n\\s*Index Cond: \\(due_at";

TEST_F(StatementPlansTest, NoStatementReadsAHotTableFromEndToEnd) {
  for (const Statement* statement : kAllStatements) {
    // Once in a while, for `windrow keys`: it counts every webhook.
    if (statement == &kCountSealingKeys) continue;
    const std::string plan = PlanOf(*statement);
    EXPECT_FALSE(std::regex_search(plan, kReadsAll)) << statement->name << ":\n" << plan;
  }
}

TEST_F(StatementPlansTest, AClaimSeeksEachWantedWebhookInTheDueIndex) {
  EXPECT_THAT(PlanOf(kClaimWindows), HasSubstr("Index Scan using windows_due"));
}

TEST_F(StatementPlansTest, ACursorSeeksInTheTimedIndex) {
  EXPECT_THAT(PlanOf(kFindDue), HasSubstr("using windows_timed"));
}

// Plans are made while the tables are empty, and kept.
TEST_F(StatementPlansTest, EventsAreLookedUpByTheirNumberOrKeyAlone) {
  for (const Statement* statement : {&kLoadEvents, &kLoadItemHeads, &kGetEvent}) {
    const std::string plan = PlanOf(*statement);
    EXPECT_TRUE(std::regex_search(plan, std::regex("_pkey|_escmsg_id_idx")))
        << statement->name;
    EXPECT_FALSE(std::regex_search(plan, std::regex("_received_at_escmsg_id_idx")))
        << statement->name << ":\n"
        << plan;
  }
}

TEST_F(StatementPlansTest, AnOutcomeFindsItsWindowByTheKey) {
  for (const Statement* statement : {&kFinishWindows, &kRetryWindows, &kRenewLeases,
                                     &kReleaseWindows, &kAppendItems}) {
    const std::string plan = PlanOf(*statement);
    EXPECT_THAT(plan, HasSubstr("windows_pkey")) << statement->name << ":\n" << plan;
    EXPECT_THAT(plan, Not(HasSubstr("windows_due"))) << statement->name << ":\n" << plan;
  }
}

TEST_F(StatementPlansTest, TheCheckItselfCanFail) {
  const Statement bad{"bad",
                      "SELECT count(body_bytes) FROM windows WHERE item_count = 1"};
  EXPECT_TRUE(std::regex_search(PlanOf(bad), kReadsAll));
}

TEST_F(StatementPlansTest, NoStatementReadsDueWindowsOfAllWebhooks) {
  const std::regex all(kReadsAllDue);
  for (const Statement* statement : kAllStatements) {
    const std::string plan = PlanOf(*statement);
    EXPECT_FALSE(std::regex_search(plan, all)) << statement->name << ":\n" << plan;
  }
}

// Autovacuum may look at the queue while it is all but empty, and every plan made after
// that is for a queue of one row, whatever comes. Ids ascend, so vacuum gives back nearly
// all of the primary key then, while other indexes keep a page or two for each webhook:
// they are higher, and cost more than it where there is one row to find.
class EmptiedQueuePlansTest : public StatementPlansTest,
                              public ::testing::WithParamInterface<std::pair<int, int>> {
 protected:
  // There were `before` windows of ten webhooks, and are `after`.
  void Empty(int before, int after) {
    Run("INSERT INTO windows (window_id, bucket, tenant_id, webhook_id, "
        "webhook_version, due_at, timed) SELECT ('00000000-0000-7000-8000-' || "
        "lpad(to_hex(n), 12, '0'))::uuid, 1, 1, "
        "('00000000-0000-7000-8000-00000000000' || n % 10)::uuid, 1, "
        "now() + n * interval '1 ms', false FROM generate_series(1, " +
        std::to_string(before) + ") AS n");
    Run("DELETE FROM windows WHERE due_at <= (SELECT max(due_at) FROM windows) - " +
        std::to_string(after) + " * interval '1 ms'");
    // The table keeps its pages, as it does where others are at it.
    Run("VACUUM (ANALYZE, TRUNCATE off) windows");
  }

  // All windows of a tenant, all that are due, or all that there are: in the order of an
  // index, to be joined with the few that are wanted.
  static bool ReadsAll(const std::string& plan) {
    static const std::regex reads_all(
        std::string("windows_pkey[^\n]*\n\\s*Index Cond: (?![^\n]*window_id)|"
                    "using window[^\n]* on window[^\n]*\n(?!\\s*Index Cond)|") +
        kReadsAllDue);
    return std::regex_search(plan, reads_all);
  }

  std::string PlanOfList(const SqlText& list) {
    const auto rows =
        connection_->RunPlanned("EXPLAIN (COSTS OFF) " + list.sql, list.params);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::string plan;
    for (int i = 0; rows.ok() && i < rows->rows(); ++i) {
      plan += std::string(rows->Text(i, 0)) + "\n";
    }
    return plan;
  }

 private:
  void Run(const std::string& sql) {
    const auto done = connection_->RunText(sql);
    ASSERT_TRUE(done.ok()) << done.status();
  }
};

TEST_P(EmptiedQueuePlansTest, AreForAFullOne) {
  Empty(GetParam().first, GetParam().second);
  for (const Statement* statement : kAllStatements) {
    // They read the first alone.
    if (statement == &kOldestWindow || statement == &kEraseTenantEvents) continue;
    // Once for an edit, which may take as long as reading the tenant's queue once.
    if (statement == &kCloseOpenWindows) continue;
    const std::string plan = PlanOf(*statement);
    EXPECT_FALSE(ReadsAll(plan)) << statement->name << ":\n" << plan;
    if (statement != &kClaimWindows) continue;
    const std::regex seeks(
        "windows_due[^\n]*\n\\s*Index Cond: \\(\\(bucket = [^\n]*due_at");
    EXPECT_TRUE(std::regex_search(plan, seeks)) << plan;
  }
}

// Those that are few: of many the list goes through the tenant's windows in their order.
TEST_P(EmptiedQueuePlansTest, ListsOfAWebhookReadItsWindowsAlone) {
  Empty(GetParam().first, GetParam().second);
  for (const char* state : {"", " AND state = RETRYING", " AND state = PENDING"}) {
    const std::string filter =
        std::string("webhook_id = 00000000-0000-7000-8000-000000000001") + state;
    const DeliveryQuery query{.where = filter::Compile(filter, kDeliveryFields).value()};
    const DeliveryScan scan{.tenant = 1,
                            .query = &query,
                            .access = AccessOf(query.where),
                            .limit = 20,
                            .examine = 300};
    for (const SqlText& list : {ListWindowsSql(scan), CountWindowsSql(scan)}) {
      const std::string plan = PlanOfList(list);
      EXPECT_FALSE(ReadsAll(plan)) << filter << ":\n" << plan;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(States, EmptiedQueuePlansTest,
                         ::testing::Values(std::pair(300, 1), std::pair(5'000, 1),
                                           std::pair(5'000, 0), std::pair(20'000, 3),
                                           std::pair(50'000, 10)));

// However long a webhook's backlog is: each is found by the beginning of an index.
TEST_F(StatementPlansTest, AClaimThroughAGateSeeksDueWindowsAndTheFirstOfEachOrder) {
  const std::string plan = PlanOf(kClaimGatedWindows);
  for (const char* index : {"windows_due", "windows_order", "windows_turn"}) {
    EXPECT_THAT(plan, HasSubstr(index)) << plan;
  }
  const std::string promote = PlanOf(kPromoteWindows);
  EXPECT_THAT(promote, HasSubstr("windows_order"));
  EXPECT_THAT(promote, Not(HasSubstr("windows_due"))) << promote;
  EXPECT_THAT(PlanOf(kEndOrdering), HasSubstr("windows_order"));
  EXPECT_THAT(PlanOf(kCountLeases), HasSubstr("windows_counted"));
  EXPECT_THAT(PlanOf(kLockGates), HasSubstr("gates_pkey"));
  EXPECT_THAT(PlanOf(kAwaitGates), HasSubstr("gates_pkey"));
}

TEST_F(StatementPlansTest, AClaimOfOtherWebhooksReadsNothingOfGatesAndOrders) {
  const std::string plan = PlanOf(kClaimWindows);
  for (const char* index :
       {"gates", "windows_order", "windows_turn", "windows_counted"}) {
    EXPECT_THAT(plan, Not(HasSubstr(index))) << plan;
  }
}

}  // namespace
}  // namespace windrow::store::postgres
