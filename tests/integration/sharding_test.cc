// The schema and every statement are ready to be spread over several servers by tenant_id
// (docs/adr/0015): on tables that are split by its hash, what is done for one tenant
// touches one shard, by the plan and by what the database counted.
#include <fmt/args.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/store/postgres/connection.h"
#include "common/store/postgres/migrate.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"
#include "tests/integration/sharded_statements.h"
#include "tests/integration/wait_for.h"
#include "tests/support/postgres_cluster.h"

namespace windrow::integration {
namespace {

using store::postgres::Connection;
using store::postgres::kAllStatements;
using store::postgres::PostgresStore;
using store::postgres::Result;
using store::postgres::Statement;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Tables with a tenant_id of which every shard has a copy: few rows, rarely written, and
// what they say must be unique, or known, everywhere.
constexpr char kReferenceTables[] = "tenants,api_keys,history_floors";

std::string ReadFile(const std::string& name) {
  std::ifstream file(std::string(WINDROW_SHARDING_SQL) + "/" + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Whatever is not in the shards is found where the migrations made it.
std::string OnShards(const std::string& url) {
  return url + "&options=-csearch_path%3Dsharded%2Cpublic";
}

absl::Status MakeShards(const std::string& url) {
  std::vector<std::string> applied;
  WINDROW_RETURN_IF_ERROR(store::postgres::Migrate(url, &applied));
  WINDROW_ASSIGN_OR_RETURN(
      const auto connection,
      Connection::Open({.url = url, .timeouts = {.statement = absl::ZeroDuration()}}));
  return connection->RunScript(fmt::format(
      "SET windrow.reference_tables = '{}'; {} "
      "SET search_path = sharded, public; BEGIN; {} COMMIT",
      kReferenceTables, ReadFile("distribute.sql"), ReadFile("sharded_rows.sql")));
}

// Of a shard's table, or a day of it: which shard. Empty for other names.
std::string ShardOf(const std::string& table) {
  static const std::regex kName("\\w+_s([0-3])(?:_p[0-9]{8})?");
  std::smatch match;
  return std::regex_match(table, match, kName) ? match[1].str() : std::string();
}

using Counters = std::map<std::string, std::int64_t>;

struct Touched {
  std::set<std::string> shards;
  std::string plan;
  std::set<std::string> tables;  // that were read from or written to
};

class ShardingTest : public ::testing::Test {
 protected:
  // One for all tests of a suite: what they do is undone.
  static void SetUpTestSuite() {
    auto database = testing::TestDatabase::Create(MakeShards);
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
  }
  static void TearDownTestSuite() { database_.reset(); }
  void SetUp() override {
    ASSERT_NE(database_, nullptr);
    auto connection = Connection::Open(
        {.url = OnShards(database_->url()), .timeouts = {.statement = absl::Minutes(5)}});
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
  }

  // The rows of texts that a statement answers, one after the other.
  std::vector<std::string> Row(const std::string& sql) {
    const auto rows = connection_->RunText(sql);
    EXPECT_TRUE(rows.ok()) << rows.status() << "\n" << sql;
    std::vector<std::string> row;
    for (int i = 0; rows.ok() && i < rows->rows(); ++i) {
      for (int column = 0; column < PQnfields(rows->raw()); ++column) {
        row.emplace_back(rows->IsNull(i, column) ? "" : rows->Text(i, column));
      }
    }
    return row;
  }
  std::string One(const std::string& sql) { return Row(sql).at(0); }

  std::string ShardOfTenant(int tenant) {
    return ShardOf(One(fmt::format(
        "SELECT relname FROM webhooks h JOIN pg_class c ON c.oid = h.tableoid "
        "WHERE tenant_id = {} LIMIT 1",
        tenant)));
  }

  Subject SubjectOf(int tenant) {
    const auto id = [&](const char* of, const char* from) {
      return One(
          fmt::format("SELECT ({})::text FROM {} AND tenant_id = {}", of, from, tenant));
    };
    return {
        .tenant = std::to_string(tenant),
        .webhook = id("webhook_id", "webhooks WHERE NOT gated"),
        .bucket = id("bucket", "webhooks WHERE NOT gated"),
        .gated = id("webhook_id", "webhooks WHERE gated"),
        .gated_bucket = id("bucket", "webhooks WHERE gated"),
        .leased = id("window_id", "windows WHERE lease_owner IS NOT NULL"),
        .retrying = id("window_id", "windows WHERE attempt > 0"),
        .open = id("window_id", "windows WHERE group_key IS NOT NULL"),
        .finished = id("delivery_id", "deliveries WHERE true"),
        .event = id("escmsg_id", "events WHERE true"),
        .received = id("(extract(epoch FROM received_at - '2000-01-01 UTC') * 1000000)"
                       "::int8",
                       "events WHERE true"),
        .key_fields = id("key_fields_id", "key_field_sets WHERE true"),
        .operation = id("operation_id", "operations WHERE true"),
        .entry = id("entry_id", "audit_log WHERE true"),
        .other = "018f0000-0000-7000-8000-000000000000"};
  }

  // Of the tables in the shards, what this session has done in them and not yet told.
  Counters Counted() {
    const std::vector<std::string> row =
        Row("SELECT relname, (seq_scan + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd "
            "+ n_tup_del)::text FROM pg_stat_xact_user_tables "
            "WHERE schemaname = 'sharded'");
    Counters counters;
    for (std::size_t i = 0; i < row.size(); i += 2) {
      counters[row[i]] = std::stoll(row[i + 1]);
    }
    return counters;
  }

  void ReadPlan(const std::string& explain, Touched* touched) {
    static const std::regex kScan("Scan.* on (\\w+)");
    for (const std::string& line : Row(explain)) {
      touched->plan += line + "\n";
      std::smatch match;
      if (line.find("never executed") == std::string::npos &&
          std::regex_search(line, match, kScan)) {
        touched->tables.insert(match[1]);
      }
    }
  }

  // Runs a statement and undoes it.
  Touched Run(const Statement& statement, const std::string& arguments,
              const char* plan_mode) {
    Touched touched;
    EXPECT_TRUE(connection_
                    ->RunScript(fmt::format("DEALLOCATE ALL; SET plan_cache_mode = {}; "
                                            "PREPARE tried AS {}; BEGIN",
                                            plan_mode, statement.sql))
                    .ok())
        << statement.name;
    const Counters before = Counted();
    ReadPlan(fmt::format("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) "
                         "EXECUTE tried{}",
                         arguments.empty() ? "" : "(" + arguments + ")"),
             &touched);
    for (const auto& [table, count] : Counted()) {
      const auto was = before.find(table);
      if (count > (was == before.end() ? 0 : was->second)) touched.tables.insert(table);
    }
    EXPECT_TRUE(connection_->RunScript("ROLLBACK").ok()) << statement.name;
    for (const std::string& table : touched.tables) {
      if (const std::string shard = ShardOf(table); !shard.empty()) {
        touched.shards.insert(shard);
      }
    }
    return touched;
  }

  static inline std::unique_ptr<testing::TestDatabase> database_;
  std::unique_ptr<Connection> connection_;
};

std::string ArgumentsFor(const char* arguments, const Subject& s) {
  return fmt::format(fmt::runtime(arguments), fmt::arg("tenant", s.tenant),
                     fmt::arg("webhook", s.webhook), fmt::arg("bucket", s.bucket),
                     fmt::arg("gated", s.gated), fmt::arg("gated_bucket", s.gated_bucket),
                     fmt::arg("leased", s.leased), fmt::arg("retrying", s.retrying),
                     fmt::arg("open", s.open), fmt::arg("finished", s.finished),
                     fmt::arg("event", s.event), fmt::arg("received", s.received),
                     fmt::arg("key_fields", s.key_fields),
                     fmt::arg("operation", s.operation), fmt::arg("entry", s.entry),
                     fmt::arg("other", s.other));
}

// As the programs plan, once for all parameters, and for each by themselves.
constexpr const char* kPlanModes[] = {"force_generic_plan", "force_custom_plan"};

TEST_F(ShardingTest, EachStatementIsSaidToBeOfOneShardOrOfNoneOrOfAWholeOne) {
  std::map<std::string, int> said;
  for (const Routed& routed : kRouted) ++said[routed.statement->name];
  for (const Routed& routed : kReferenceOnly) ++said[routed.statement->name];
  for (const WholeShard& whole : kWholeShard) ++said[whole.statement->name];
  for (const Statement* statement : kAllStatements) {
    EXPECT_EQ(said[statement->name], 1) << statement->name;
  }
  EXPECT_THAT(said, SizeIs(std::size(kAllStatements)));
}

TEST_F(ShardingTest, WhatIsDoneForATenantTouchesItsShardAlone) {
  const std::string shard = ShardOfTenant(5);
  const Subject subject = SubjectOf(5);
  for (const Routed& routed : kRouted) {
    for (const char* mode : kPlanModes) {
      const Touched touched =
          Run(*routed.statement, ArgumentsFor(routed.arguments, subject), mode);
      EXPECT_THAT(touched.shards, ElementsAre(shard))
          << routed.statement->name << ", " << mode << "\n"
          << touched.plan;
    }
  }
}

TEST_F(ShardingTest, WhatEveryShardHasACopyOfIsReadWithoutAnyShard) {
  const Subject subject = SubjectOf(5);
  for (const Routed& routed : kReferenceOnly) {
    const Touched touched =
        Run(*routed.statement, ArgumentsFor(routed.arguments, subject), kPlanModes[0]);
    EXPECT_THAT(touched.shards, IsEmpty()) << routed.statement->name << "\n"
                                           << touched.plan;
  }
}

TEST_F(ShardingTest, TheCheckItselfCanFail) {
  const Subject subject = SubjectOf(5);
  const Statement by_id{"by_id", "SELECT FROM windows WHERE window_id = $1::uuid"};
  EXPECT_THAT(Run(by_id, "'" + subject.leased + "'", kPlanModes[0]).shards, SizeIs(4));
  const Statement write{"write",
                        "UPDATE gates SET max_concurrent = 1 WHERE tenant_id < $1"};
  EXPECT_THAT(Run(write, "100", kPlanModes[1]).shards, SizeIs(4));
}

// A batch of two tenants is one of two shards: nothing else is looked into.
TEST_F(ShardingTest, ABatchOfTwoTenantsTouchesTheirTwoShards) {
  int other = 6;
  while (ShardOfTenant(other) == ShardOfTenant(5)) ++other;
  const Touched touched =
      Run(store::postgres::kReleaseWindows,
          fmt::format("ARRAY['{}', '{}']::uuid[], ARRAY[5, {}], ARRAY[1, 1]",
                      SubjectOf(5).leased, SubjectOf(other).leased, other),
          kPlanModes[0]);
  EXPECT_THAT(touched.shards,
              ::testing::UnorderedElementsAre(ShardOfTenant(5), ShardOfTenant(other)));
}

// What Citus asks of tables that it distributes by tenant_id: the column is in every
// unique index, and in every foreign key to another such table; tables of which every
// server has a copy refer to no others. That the tables could be split as they are
// (MakeShards) is the first of these already.
TEST_F(ShardingTest, KeysAndReferencesHoldTheTenant) {
  const std::string distributed = fmt::format(
      "WITH distributed AS (SELECT c.oid FROM pg_class c JOIN pg_attribute a "
      "ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull "
      "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
      "AND NOT c.relispartition AND c.relname <> ALL (string_to_array('{}', ','))) ",
      kReferenceTables);
  EXPECT_THAT(
      Row(distributed +
          "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN distributed d "
          "ON d.oid = i.indrelid WHERE i.indisunique AND NOT EXISTS (SELECT FROM "
          "pg_attribute a WHERE a.attrelid = i.indrelid AND a.attname = 'tenant_id' "
          "AND a.attnum = ANY (i.indkey))"),
      IsEmpty());
  EXPECT_THAT(
      Row(distributed +
          "SELECT f.conname FROM pg_constraint f "
          "WHERE f.contype = 'f' AND f.confrelid IN (SELECT oid FROM distributed) AND "
          "NOT "
          "EXISTS (SELECT FROM unnest(f.conkey, f.confkey) AS k(own, other) "
          "JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.own "
          "JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.other "
          "WHERE a.attname = 'tenant_id' AND b.attname = 'tenant_id')"),
      IsEmpty());
  // Each is named here, with those that have no tenant_id.
  EXPECT_THAT(
      Row(distributed + "SELECT c.relname FROM pg_class c WHERE c.relnamespace = "
                        "'public'::regnamespace "
                        "AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
                        "AND c.oid NOT IN (SELECT oid FROM distributed) ORDER BY 1"),
      ElementsAre("access_version", "api_keys", "history_floors", "schema_migrations",
                  "stats_progress", "tenants", "workers"));
}

// Lists and statistics, whose statements are made at run time: by what the database
// counted of all connections of a store.
class ShardedReadsTest : public ShardingTest {
 protected:
  static constexpr store::TenantId kTenant = 5;

  std::int64_t OthersConnected() {
    return std::stoll(
        One("SELECT count(*)::text FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"));
  }

  // Tables of other shards than the tenant's that `read` touched.
  template <typename Read>
  std::vector<std::string> Strays(Read read) {
    One("SELECT pg_stat_reset()");
    {
      const auto store =
          PostgresStore::Open(
              {.url = OnShards(database_->url()), .pool_size = 1},
              crypto::KeyRing::Parse(crypto::KeyRing::GenerateText()).value())
              .value();
      read(store.get());
    }
    EXPECT_TRUE(WaitFor([&] { return OthersConnected() == 0; }, absl::Seconds(60)));
    std::vector<std::string> strays;
    int own = 0;
    for (const std::string& table :
         Row("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'sharded' "
             "AND seq_scan + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del > "
             "0 "
             "ORDER BY 1")) {
      if (ShardOf(table) == ShardOfTenant(kTenant)) {
        ++own;
      } else {
        strays.push_back(table);
      }
    }
    EXPECT_GT(own, 0);
    return strays;
  }
};

TEST_F(ShardedReadsTest, ListsOfDeliveriesLookIntoTheTenantsShardAlone) {
  const Subject subject = SubjectOf(kTenant);
  for (const std::string& filter :
       {std::string(), std::string("state = FAILED"), std::string("state = RETRYING"),
        std::string("event_type = ticket.created"), std::string("object_id = 7"),
        "webhook_id = " + subject.webhook, std::string("status_code >= 500")}) {
    EXPECT_THAT(Strays([&](PostgresStore* store) {
                  const store::DeliveryQuery query{
                      .where = filter::Compile(filter, store::kDeliveryFields).value(),
                      .bodies = true};
                  EXPECT_TRUE(store->ListDeliveries(kTenant, query).ok()) << filter;
                }),
                IsEmpty())
        << filter;
  }
}

TEST_F(ShardedReadsTest, SoDoOtherReads) {
  const Subject subject = SubjectOf(kTenant);
  const auto id = [](const std::string& text) { return *Uuid::Parse(text); };
  EXPECT_THAT(
      Strays([&](PostgresStore* store) {
        EXPECT_TRUE(store->GetDelivery(kTenant, id(subject.finished), true).ok());
        EXPECT_TRUE(store->GetDelivery(kTenant, id(subject.open), true).ok());
        EXPECT_TRUE(store->ListAttempts(kTenant, id(subject.finished), 0, 10).ok());
        EXPECT_TRUE(store->LoadDeliveries(kTenant, {id(subject.finished)}).ok());
        EXPECT_TRUE(store->ListEvents(kTenant, {}).ok());
        EXPECT_TRUE(store->ListAuditEntries(kTenant, {}).ok());
        EXPECT_TRUE(store->List(kTenant, {}).ok());
        const absl::Time hour =
            absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()) / 3600 * 3600);
        EXPECT_TRUE(store
                        ->ReadStats(kTenant, {.from = hour - absl::Hours(2),
                                              .until = hour + absl::Hours(1)})
                        .ok());
      }),
      IsEmpty());
}

}  // namespace
}  // namespace windrow::integration
