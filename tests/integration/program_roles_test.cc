// The roles of server and worker, as `windrow migrate` makes them: with their passwords,
// which PostgreSQL never sees, and never with more rights than their files name.
#include <absl/strings/str_replace.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "common/store/postgres/grants.h"
#include "common/store/postgres/migrate.h"
#include "tests/support/postgres_cluster.h"

namespace windrow::store::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kServerPassword[] = "swordfish '\"\\ %41";
constexpr char kWorkerPassword[] = "marlinspike";
constexpr char kOtherPassword[] = "bowsprit";

absl::Status MigrateQuietly(const std::string& url) {
  std::vector<std::string> applied;
  return Migrate(url, &applied);
}

std::string ServerLog() {
  std::ostringstream text;
  text << std::ifstream(windrow::testing::PostgresCluster::Shared().value()->folder() +
                        "/log")
              .rdbuf();
  return text.str();
}

class ProgramRolesTest : public ::testing::Test {
 protected:
  ProgramRolesTest()
      : database_(windrow::testing::TestDatabase::Create(&MigrateQuietly).value()) {}
  ~ProgramRolesTest() override {
    for (const std::string& name : made_) {
      const std::string role = absl::StrReplaceAll(name, {{"\"", "\"\""}});
      const auto dropped = database_->Query(
          fmt::format("DROP OWNED BY \"{}\"; DROP ROLE \"{}\"", role, role));
      EXPECT_TRUE(dropped.ok()) << dropped.status();
    }
  }

  // Dropped when the test ends: roles are of all databases.
  std::string Named(const std::string& role) {
    made_.push_back(role);
    return role;
  }
  void MakeRole(const std::string& role, const std::string& attributes) {
    const auto made =
        database_->Query(fmt::format("CREATE ROLE \"{}\" {}", Named(role), attributes));
    ASSERT_TRUE(made.ok()) << made.status();
  }
  std::string One(const std::string& sql) const {
    const auto rows = database_->Query(sql).value();
    return rows.empty() ? "" : rows.at(0).at(0);
  }
  std::string StoredPassword(const std::string& role) const {
    return One(
        fmt::format("SELECT rolpassword FROM pg_authid WHERE rolname = '{}'", role));
  }
  std::string May(const std::string& role, const std::string& table,
                  const std::string& right) const {
    return One(
        fmt::format("SELECT has_table_privilege('{}', '{}', '{}')", role, table, right));
  }
  const std::string& url() const { return database_->url(); }

  std::unique_ptr<windrow::testing::TestDatabase> database_;
  std::vector<std::string> made_;
};

TEST_F(ProgramRolesTest, AreMadeWithNothingButTheirRights) {
  const std::string server = Named("some server"), worker = Named("some\"worker");
  const absl::Status status = GrantRights(
      url(), {.server = {server, kServerPassword}, .worker = {worker, kWorkerPassword}});
  ASSERT_TRUE(status.ok()) << status;
  const auto roles = database_->Query(
      "SELECT rolname FROM pg_roles WHERE rolname LIKE 'some%' AND rolcanlogin AND NOT "
      "(rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls) "
      "ORDER BY rolname");
  EXPECT_THAT(roles.value(), ElementsAre(ElementsAre(server), ElementsAre(worker)));
  EXPECT_EQ(May(server, "api_keys", "SELECT"), "t");
  EXPECT_EQ(May(server, "events", "DELETE"), "f");
  EXPECT_EQ(May(worker, "api_keys", "SELECT"), "f");
  EXPECT_EQ(May(worker, "windows", "UPDATE"), "t");
}

TEST_F(ProgramRolesTest, GetAnotherPasswordWhenItIsGiven) {
  const std::string role = Named("worker");
  ASSERT_TRUE(GrantRights(url(), {.worker = {role, kWorkerPassword}}).ok());
  const std::string first = StoredPassword(role);
  EXPECT_THAT(first, StartsWith("SCRAM-SHA-256$"));
  ASSERT_TRUE(GrantRights(url(), {.worker = {role, ""}}).ok());
  EXPECT_EQ(StoredPassword(role), first);  // none was given
  ASSERT_TRUE(GrantRights(url(), {.worker = {role, kOtherPassword}}).ok());
  EXPECT_THAT(StoredPassword(role), StartsWith("SCRAM-SHA-256$"));
  EXPECT_NE(StoredPassword(role), first);
}

TEST_F(ProgramRolesTest, LeaveNoPasswordInALogOfEverything) {
  const std::string name = One("SELECT current_database()");
  for (const char* setting :
       {"log_statement = 'all'", "log_min_duration_statement = 0",
        "log_parameter_max_length = -1", "debug_print_parse = on"}) {
    ASSERT_TRUE(
        database_->Query(fmt::format("ALTER DATABASE \"{}\" SET {}", name, setting))
            .ok());
  }
  const std::string role = Named("logged");
  ASSERT_TRUE(GrantRights(url(), {.server = {role, kServerPassword}}).ok());
  ASSERT_TRUE(GrantRights(url(), {.server = {role, kOtherPassword}}).ok());
  EXPECT_THAT(ServerLog(), HasSubstr("ALTER ROLE \"logged\""));
  EXPECT_THAT(ServerLog(), Not(HasSubstr("swordfish")));
  EXPECT_THAT(ServerLog(), Not(HasSubstr(kOtherPassword)));
}

TEST_F(ProgramRolesTest, AreNeverOnesThatCanDoMore) {
  MakeRole("maker", "LOGIN CREATEROLE");
  MakeRole("passer", "LOGIN BYPASSRLS");
  MakeRole("copier", "LOGIN REPLICATION");
  MakeRole("member", "LOGIN");
  ASSERT_TRUE(database_->Query("GRANT postgres TO member").ok());
  for (const char* role : {"postgres", "maker", "passer", "copier", "member"}) {
    for (const char* password : {"", kWorkerPassword}) {
      const absl::Status status = GrantRights(url(), {.worker = {role, password}});
      EXPECT_TRUE(absl::IsFailedPrecondition(status)) << role << ": " << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr("can do more"));
    }
    EXPECT_THAT(StoredPassword(role), IsEmpty()) << role;
  }
  EXPECT_EQ(May("postgres", "events", "SELECT"), "t");
}

TEST_F(ProgramRolesTest, SayWhoMustMakeThem) {
  const absl::Status none = GrantRights(url(), {.server = {"nobody", ""}});
  EXPECT_TRUE(absl::IsFailedPrecondition(none)) << none;
  EXPECT_THAT(std::string(none.message()), HasSubstr("role nobody: there is none"));

  MakeRole("plain", "LOGIN");
  const std::string as_plain = url() + "&user=plain";
  ASSERT_TRUE(database_->Query("ALTER TABLE schema_migrations OWNER TO plain").ok());
  const absl::Status may_not = GrantRights(as_plain, {.server = {"nobody", "x"}});
  ASSERT_TRUE(database_->Query("ALTER TABLE schema_migrations OWNER TO postgres").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(may_not)) << may_not;
  EXPECT_THAT(std::string(may_not.message()), HasSubstr("(CREATEROLE)"));
}

}  // namespace
}  // namespace windrow::store::postgres
