// What holds on each connection to PostgreSQL, directly and behind PgBouncer: settings,
// what errors mean, and what a pool does while nobody can connect.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "common/base/status.h"
#include "common/store/postgres/connection.h"
#include "common/store/postgres/pool.h"
#include "common/store/postgres/postgres_store.h"
#include "tests/integration/migrated_database.h"
#include "tests/integration/wait_for.h"
#include "tests/support/child_process.h"
#include "tests/support/postgres_cluster.h"

namespace windrow::store::postgres {
namespace {

using ::testing::HasSubstr;

constexpr Statement kShow{
    "show",
    "SELECT current_setting('statement_timeout') || ' ' || "
    "current_setting('lock_timeout') || ' ' || "
    "current_setting('idle_in_transaction_session_timeout') || ' ' || "
    "current_setting('synchronous_commit') || ' ' || "
    "current_setting('plan_cache_mode')"};
constexpr Statement kSession{"session", "SELECT pg_backend_pid()"};
constexpr char kOwn[] = "30s 10s 30s on force_generic_plan";

// In transaction mode, with two sessions.
class PgBouncer {
 public:
  explicit PgBouncer(const std::string& ignored_parameters) {
    const auto cluster = windrow::testing::PostgresCluster::Shared().value();
    static int last = 0;
    folder_ = fmt::format("{}/pooler{}", cluster->folder(), ++last);
    std::filesystem::create_directory(folder_);
    std::ofstream(folder_ + "/users") << "\"postgres\" \"\"\n";
    std::ofstream(folder_ + "/pgbouncer.ini") << fmt::format(
        "[databases]\n* = host={}\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n"
        "unix_socket_dir = {}\nauth_type = trust\nauth_file = {}/users\n"
        "pool_mode = transaction\ndefault_pool_size = 2\nlogfile =\npidfile =\n"
        "ignore_startup_parameters = {}\n",
        cluster->folder(), folder_, folder_, ignored_parameters);
    windrow::testing::ChildProcess::Options options{.program = "/usr/sbin/pgbouncer",
                                                    .args = {folder_ + "/pgbouncer.ini"},
                                                    .log_file = folder_ + "/log"};
    if (geteuid() == 0) {
      const passwd* user = getpwnam("postgres");
      for (const char* name : {"", "/users", "/pgbouncer.ini"}) {
        EXPECT_EQ(chown((folder_ + name).c_str(), user->pw_uid, user->pw_gid), 0);
      }
      options.args.insert(options.args.begin(),
                          {"--reuid", "postgres", "--regid", "postgres", "--init-groups",
                           std::exchange(options.program, "/usr/bin/setpriv")});
    }
    process_ = windrow::testing::ChildProcess::Start(options).value();
  }

  std::string UrlOf(const windrow::testing::TestDatabase& database) const {
    const std::string& url = database.url();  // postgresql:///NAME?host=…
    const std::string name = url.substr(14, url.find('?') - 14);
    return fmt::format("postgresql:///{}?host={}&port=6432&user=postgres", name, folder_);
  }

  std::unique_ptr<Connection> Connect(const windrow::testing::TestDatabase& database) {
    std::unique_ptr<Connection> connection;
    EXPECT_TRUE(integration::WaitFor(
        [&] {
          auto made = Connection::Open({.url = UrlOf(database)});
          if (made.ok()) connection = *std::move(made);
          return connection != nullptr;
        },
        absl::Seconds(20)));
    return connection;
  }

 private:
  std::string folder_;
  std::unique_ptr<windrow::testing::ChildProcess> process_;
};

class DatabaseSessionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = windrow::testing::TestDatabase::Create(MigrateForTest).value();
  }
  std::unique_ptr<Connection> Connect(ConnectOptions options = {}) {
    options.url = database_->url();
    return Connection::Open(options).value();
  }
  static std::string Show(Connection* connection) {
    return std::string(connection->Run(kShow).value().Text(0, 0));
  }

  std::unique_ptr<windrow::testing::TestDatabase> database_;
};

TEST_F(DatabaseSessionsTest, EveryKindOfConnectionHasItsTimeouts) {
  EXPECT_EQ(Show(Connect().get()), kOwn);
  EXPECT_EQ(Show(Connect({.synchronous_commit = false}).get()),
            "30s 10s 30s off force_generic_plan");
  const SessionTimeouts migration{.statement = absl::ZeroDuration(),
                                  .lock = absl::Minutes(1)};
  EXPECT_EQ(Show(Connect({.timeouts = migration}).get()),
            "0 1min 30s on force_generic_plan");
}

// Refused or dropped: pgbouncer does the one or the other with settings.
class BehindPgBouncerTest : public DatabaseSessionsTest,
                            public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Settings, BehindPgBouncerTest,
                         ::testing::Values("extra_float_digits", "options"));

TEST_P(BehindPgBouncerTest, EveryTransactionHasItsSettings) {
  PgBouncer pooler(GetParam());
  const auto connection = pooler.Connect(*database_);
  ASSERT_TRUE(connection->pooled());
  EXPECT_EQ(Show(connection.get()), kOwn);
  EXPECT_EQ(connection->RunPlanned("SELECT current_setting('statement_timeout')", {})
                .value()
                .Text(0, 0),
            "30s");
  ASSERT_TRUE(connection->Run(kBegin).ok());
  EXPECT_EQ(Show(connection.get()), kOwn);
  ASSERT_TRUE(connection->Run(kCommit).ok());
  const std::vector<Call> calls = {{&kBegin, {}}, {&kShow, {}}, {&kCommit, {}}};
  const auto results = connection->RunAll(calls);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ((*results)[1].Text(0, 0), kOwn);
}

// Other clients of the pooler get the sessions as they were.
TEST_P(BehindPgBouncerTest, NothingStaysInSessions) {
  PgBouncer pooler(GetParam());
  const auto one = pooler.Connect(*database_);
  const auto two = pooler.Connect(*database_);
  for (int i = 0; i < 20; ++i) {
    const auto held = one->Run(kBegin);
    ASSERT_TRUE(held.ok()) << held.status();
    EXPECT_EQ(Show(two.get()), kOwn);
    EXPECT_NE(one->Run(kSession).value().Int4(0, 0),
              two->Run(kSession).value().Int4(0, 0));
    ASSERT_TRUE(one->Run(kCommit).ok());
  }
  const auto rows =
      windrow::testing::QueryDatabase(pooler.UrlOf(*database_), "SHOW statement_timeout");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)[0][0], "0");
}

TEST_P(BehindPgBouncerTest, AMigrationIsRefusedAndAListenerPolls) {
  PgBouncer pooler(GetParam());
  pooler.Connect(*database_);
  EXPECT_THAT(std::string(MigrateForTest(pooler.UrlOf(*database_)).message()),
              HasSubstr("pooler"));
  const auto listener = MakeQueueListener({.url = pooler.UrlOf(*database_)});
  for (int i = 0; i < 3; ++i) {
    const auto wake = listener->Wait(absl::Seconds(30));
    ASSERT_TRUE(wake.ok()) << wake.status();
    EXPECT_TRUE(wake->scan);
  }
}

TEST_F(DatabaseSessionsTest, AServerThatTakesNoWritesIsLeft) {
  const auto connection = Connect();
  ASSERT_TRUE(connection->RunScript("SET default_transaction_read_only = on").ok());
  const auto wrote = connection->RunText("CREATE TABLE t (n int)");
  EXPECT_EQ(ReasonOf(wrote.status()), "DATABASE_READ_ONLY");
  EXPECT_FALSE(connection->broken());
  EXPECT_FALSE(connection->reusable());
}

TEST_F(DatabaseSessionsTest, APlanThatAMigrationMadeObsoleteIsRunAgainElsewhere) {
  const auto connection = Connect();
  constexpr Statement all{"all", "SELECT * FROM workers"};
  ASSERT_TRUE(connection->Run(all).ok());
  ASSERT_TRUE(database_->Query("ALTER TABLE workers ADD COLUMN more text").ok());
  const auto again = connection->Run(all);
  EXPECT_TRUE(absl::IsAborted(again.status())) << again.status();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(DatabaseSessionsTest, ErrorsTellWhatIsWrong) {
  const auto connection = Connect({.timeouts = {.statement = absl::Milliseconds(50)}});
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(connection->RunText("SELECT pg_sleep(5)").status()));
  EXPECT_TRUE(connection->reusable());
  ASSERT_TRUE(database_->Query("CREATE ROLE nobody LOGIN CONNECTION LIMIT 0").ok());
  std::string url = database_->url();
  url.replace(url.find("user=postgres"), 13, "user=nobody");
  const auto refused = Connection::Open({.url = url});
  EXPECT_EQ(ReasonOf(refused.status()), "DATABASE_OUT_OF_CONNECTIONS")
      << refused.status();
  ASSERT_TRUE(database_->Query("ALTER ROLE nobody CONNECTION LIMIT 5").ok());
  const auto nobody = Connection::Open({.url = url}).value();
  const auto denied = nobody->RunText("SELECT * FROM webhooks");
  EXPECT_EQ(ReasonOf(denied.status()), "DATABASE_PERMISSION") << denied.status();
  ASSERT_TRUE(database_->Query("DROP ROLE nobody").ok());
}

// A commit whose wait for a standby was cut short is done, but not where it was promised
// to be: PostgreSQL answers it with a warning.
TEST_F(DatabaseSessionsTest, ACommitThatNoStandbyConfirmedIsUnknown) {
  const auto admin = [&](const char* sql) { ASSERT_TRUE(database_->Query(sql).ok()); };
  const auto connection = Connect();
  ASSERT_TRUE(connection->Run(kBegin).ok());
  ASSERT_TRUE(connection->RunText("CREATE TABLE t (n int)").ok());
  admin("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  admin("SELECT pg_reload_conf()");
  ASSERT_TRUE(integration::WaitFor(
      [&] {
        return (*database_->Query("SHOW synchronous_standby_names"))[0][0] == "nobody";
      },
      absl::Seconds(10)));
  absl::Status committed;
  std::thread commit([&] { committed = connection->Run(kCommit).status(); });
  EXPECT_TRUE(integration::WaitFor(
      [&] {
        const auto rows = database_->Query(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = "
            "'SyncRep'");
        return rows.ok() && !rows->empty();
      },
      absl::Seconds(20)));
  commit.join();
  EXPECT_EQ(committed.code(), absl::StatusCode::kUnknown) << committed;
  admin("ALTER SYSTEM RESET synchronous_standby_names");
  admin("SELECT pg_reload_conf()");
}

TEST_F(DatabaseSessionsTest, WhileNobodyCanConnectFewTry) {
  metrics::Registry registry;
  const auto errors = std::make_shared<DatabaseErrors>(&registry);
  Pool pool({.url = "host=/nonexistent", .errors = errors}, 8);
  const absl::Time until = absl::Now() + absl::Seconds(2);
  std::atomic<int> answers = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&] {
      while (absl::Now() < until) {
        EXPECT_TRUE(absl::IsUnavailable(pool.Acquire().status()));
        ++answers;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  const std::string text = registry.Render();
  const std::string line = "windrow_database_errors_total{kind=\"cannot_connect\"} ";
  ASSERT_THAT(text, HasSubstr(line));
  const double tries = std::stod(text.substr(text.find(line) + line.size()));
  EXPECT_GE(answers, 16);
  EXPECT_LE(tries, 8 + 8);  // at once, and after 50 ms, 100 ms, 200 ms, …
}

}  // namespace
}  // namespace windrow::store::postgres
