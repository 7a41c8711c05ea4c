#include "common/base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <map>

namespace windrow {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

using Env = std::map<std::string, std::string>;

const Env kEnough = {{"WINDROW_DATABASE_URL", "postgresql://db/windrow"},
                     {"WINDROW_KEY_RING_FILE", "/etc/windrow/keys"}};

ConfigSources Sources(std::vector<std::string> args, Env env = kEnough) {
  ConfigSources sources;
  sources.args = std::move(args);
  sources.env = [env](const std::string& name) -> std::optional<std::string> {
    const auto found = env.find(name);
    if (found == env.end()) return std::nullopt;
    return found->second;
  };
  return sources;
}

// A YAML file that is gone after the test.
class YamlFile {
 public:
  explicit YamlFile(const std::string& text) {
    const int fd = ::mkstemp(path_.data());
    ::close(fd);
    std::ofstream(path_) << text;
  }
  ~YamlFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/windrow_config_test_XXXXXX";
};

std::string ErrorOf(const ConfigSources& sources) {
  const auto loaded = LoadServerConfig(sources);
  return loaded.ok() ? "" : ConfigErrorText(loaded.status());
}

const config::SettingReport* ReportOf(const std::vector<config::SettingReport>& values,
                                      const std::string& name) {
  for (const config::SettingReport& value : values) {
    if (value.name == name) return &value;
  }
  return nullptr;
}

TEST(ConfigTest, DefaultsHoldWhereNothingIsSaid) {
  const auto server = LoadServerConfig(Sources({}));
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(server->config.listen, "127.0.0.1:7470");
  EXPECT_EQ(server->config.ops_listen, "127.0.0.1:7471");
  EXPECT_EQ(server->config.pool_size, 8);
  EXPECT_FALSE(server->config.allow_http);
  EXPECT_THAT(server->config.allow_addresses, IsEmpty());
  const auto worker = LoadWorkerConfig(Sources({}));
  ASSERT_TRUE(worker.ok()) << worker.status();
  EXPECT_EQ(worker->config.concurrency, 64);
  EXPECT_EQ(worker->config.max_in_flight, 2000);
  EXPECT_EQ(worker->config.lease_slack, absl::Seconds(15));
  EXPECT_EQ(worker->config.ops_listen, "127.0.0.1:7472");
}

TEST(ConfigTest, RetentionIsSaidInDaysOrHoursAndByTenant) {
  const auto plain = LoadWorkerConfig(Sources({}));
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->config.keep.bodies, absl::Hours(7 * 24));
  EXPECT_EQ(plain->config.keep.records, absl::Hours(30 * 24));
  EXPECT_EQ(ReportOf(plain->values, "retention_bodies")->shown, "7d");

  const auto loaded = LoadWorkerConfig(
      Sources({"--retention-bodies=36h", "--retention-events=3650d",
               "--tenant-retention=acme:records=7d,a:b:bodies=24h,acme:bodies=1d"}));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const WorkerConfig& config = loaded->config;
  EXPECT_EQ(config.keep.bodies, absl::Hours(36));
  EXPECT_EQ(config.keep.events, absl::Hours(3650 * 24));
  Violations none;
  const absl::Duration day = absl::Hours(24);
  EXPECT_THAT(
      ParseTenantKeeps(config.tenant_retention, config.keep, &none),
      ElementsAre(
          TenantKeep{"a:b", {.bodies = day, .records = 30 * day, .events = 3650 * day}},
          TenantKeep{"acme", {.bodies = day, .records = 7 * day, .events = 3650 * day}}));
  EXPECT_TRUE(none.empty());
}

TEST(ConfigTest, RetentionThatCannotBeIsReported) {
  const auto loaded = LoadWorkerConfig(
      Sources({"--retention-bodies=1h", "--retention-records=6d",
               "--tenant-retention=acme,acme:walls=2d,acme:events=90d,b:records=2d"}));
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(
      ViolationsOf(loaded.status()),
      UnorderedElementsAre(
          Violation{"--retention-bodies",
                    "must be a time such as 7d or 36h, 1d-3650d, not '1h'"},
          Violation{"retention_records", "6d is less than retention_bodies, 7d"},
          Violation{"tenant_retention",
                    "must be NAME:bodies=2d, NAME:records=7d or NAME:events=7d, not "
                    "'acme'"},
          Violation{"tenant_retention",
                    "'acme:walls=2d': must be of bodies, records or events"},
          Violation{"tenant_retention",
                    "'acme:events=90d': must be a time such as 2d or 36h, 1d to 30d, "
                    "which all tenants keep"},
          Violation{"tenant_retention", "b keeps records for 2d, less than bodies, 7d"}));
}

TEST(ConfigTest, FlagsWinOverTheEnvironmentAndThatOverTheFile) {
  const YamlFile file("pool_size: 10\nmax_streams: 11\nlog_level: warn\n");
  Env env = kEnough;
  env["WINDROW_CONFIG"] = file.path();
  env["WINDROW_MAX_STREAMS"] = "12";
  env["WINDROW_LOG_LEVEL"] = "error";
  const auto loaded = LoadServerConfig(Sources({"--log-level=debug"}, env));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.pool_size, 10);
  EXPECT_EQ(loaded->config.max_streams, 12);
  EXPECT_EQ(loaded->config.log_level, LogLevel::kDebug);
  EXPECT_EQ(ReportOf(loaded->values, "pool_size")->origin, file.path() + ":1");
  EXPECT_EQ(ReportOf(loaded->values, "max_streams")->origin, "WINDROW_MAX_STREAMS");
  EXPECT_EQ(ReportOf(loaded->values, "log_level")->origin, "--log-level");
  EXPECT_EQ(ReportOf(loaded->values, "listen")->origin, "default");
}

TEST(ConfigTest, OneFileServesBothProgramsAndASectionWins) {
  const YamlFile file(
      "pool_size: 10\nconcurrency: 5\nserver:\n  pool_size: 20\nworker:\n"
      "  max_in_flight: 30\n");
  const auto server = LoadServerConfig(Sources({"--config", file.path()}));
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(server->config.pool_size, 20);
  const auto worker = LoadWorkerConfig(Sources({"--config", file.path()}));
  ASSERT_TRUE(worker.ok()) << worker.status();
  EXPECT_EQ(worker->config.pool_size, 10);
  EXPECT_EQ(worker->config.concurrency, 5);
  EXPECT_EQ(worker->config.max_in_flight, 30);
}

TEST(ConfigTest, EveryMistakeIsReportedAtOnceWithItsPlace) {
  const YamlFile file("pool_sise: 10\nserver:\n  max_streams: many\n  max_memry: 1GiB\n");
  Env env = kEnough;
  env["WINDROW_SHUTDOWN_TIMEOUT"] = "soon";
  const auto loaded = LoadServerConfig(
      Sources({"--config", file.path(), "--lissten", "x", "--pool-size", "0"}, env));
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(
      ViolationsOf(loaded.status()),
      UnorderedElementsAre(
          Violation{"--lissten", "is not a known flag (did you mean --listen?)"},
          Violation{"--pool-size", "must be a whole number, 2-200 connections, not '0'"},
          Violation{file.path() + ":1: pool_sise",
                    "is not a known setting (did you mean pool_size?)"},
          Violation{file.path() + ":3: max_streams",
                    "must be a whole number, 1-100000 calls, not 'many'"},
          Violation{file.path() + ":4: max_memry",
                    "is not a known setting (did you mean max_memory?)"},
          Violation{"WINDROW_SHUTDOWN_TIMEOUT",
                    "must be a duration such as 15s or 2m, 1s-10m, not 'soon'"}));
}

TEST(ConfigTest, WhatIsRequiredIsNamedWithTheWayOut) {
  const auto loaded = LoadServerConfig(Sources({}, {}));
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(ConfigErrorText(loaded.status()),
              AllOf(HasSubstr("database_url: is required: set WINDROW_DATABASE_URL"),
                    HasSubstr("key_ring_file: is required: set WINDROW_KEY_RING_FILE")));
}

TEST(ConfigTest, TwoKeyRingsAreOneTooMany) {
  Env env = kEnough;
  env["WINDROW_KEY_RING"] = "1:c2VjcmV0";
  const std::string error = ErrorOf(Sources({}, env));
  EXPECT_THAT(error, HasSubstr("both given"));
  EXPECT_THAT(error, Not(HasSubstr("c2VjcmV0")));
}

// Who is let in there is for API keys to say.
TEST(ConfigTest, AnyAddressMayBeListenedOn) {
  const auto open = LoadServerConfig(Sources({"--listen", "0.0.0.0:7470"}));
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_FALSE(open->config.insecure_listen);
  EXPECT_EQ(ErrorOf(Sources({"--listen", "0.0.0.0:7470", "--insecure-listen"})), "");
}

TEST(ConfigTest, FilesOfTlsGoTogether) {
  EXPECT_THAT(ErrorOf(Sources({"--tls-certificate-file", "a.pem"})),
              HasSubstr("tls_key_file"));
  EXPECT_THAT(ErrorOf(Sources({"--tls-key-file", "a.key"})),
              HasSubstr("tls_certificate_file"));
  EXPECT_THAT(ErrorOf(Sources({"--tls-client-ca-file", "ca.pem"})),
              HasSubstr("tls_client_ca_file"));
  EXPECT_EQ(ErrorOf(Sources({"--tls-certificate-file", "a.pem", "--tls-key-file", "a.key",
                             "--tls-client-ca-file", "ca.pem"})),
            "");
}

TEST(ConfigTest, AListComesFromRepeatedFlagsCommasOrYaml) {
  const std::vector<std::string> two = {"127.0.0.1:7490", "10.0.0.0/8:8443"};
  const auto flags = LoadWorkerConfig(
      Sources({"--allow-addresses", two[0], "--allow-addresses", two[1]}));
  EXPECT_EQ(flags->config.allow_addresses, two);
  Env env = kEnough;
  env["WINDROW_ALLOW_ADDRESSES"] = "127.0.0.1:7490, 10.0.0.0/8:8443";
  EXPECT_EQ(LoadWorkerConfig(Sources({}, env))->config.allow_addresses, two);
  const YamlFile file("allow_addresses:\n  - 127.0.0.1:7490\n  - 10.0.0.0/8:8443\n");
  EXPECT_EQ(LoadWorkerConfig(Sources({"--config", file.path()}))->config.allow_addresses,
            two);
}

TEST(ConfigTest, AnEmptyVariableCountsAsUnset) {
  Env env = kEnough;
  env["WINDROW_POOL_SIZE"] = "";
  EXPECT_EQ(ErrorOf(Sources({}, env)), "");
}

TEST(ConfigTest, SizesTakeUnitsAndKeepTheirRange) {
  const auto bytes = [](const std::string& text) {
    const auto loaded = LoadWorkerConfig(Sources({"--max-bytes-in-flight", text}));
    return loaded.ok() ? loaded->config.max_bytes_in_flight : -1;
  };
  EXPECT_EQ(bytes("64MiB"), 67108864);
  EXPECT_EQ(bytes("8388608"), 8388608);
  EXPECT_EQ(bytes("1KiB"), -1);
  EXPECT_EQ(bytes("-1"), -1);
  EXPECT_EQ(bytes("MiB"), -1);
  EXPECT_EQ(bytes("99999999999999GiB"), -1);
}

TEST(ConfigTest, OpsMayBeOff) {
  EXPECT_EQ(LoadServerConfig(Sources({"--ops-listen", "off"}))->config.ops_listen, "");
  EXPECT_THAT(ErrorOf(Sources({"--listen", "off"})), HasSubstr("must be HOST:PORT"));
}

TEST(ConfigTest, BrokenFilesSayWhere) {
  const auto error = [](const std::string& yaml) {
    const YamlFile file(yaml);
    const std::string text = ErrorOf(Sources({"--config", file.path()}));
    return text.substr(std::min(text.size(), file.path().size()));
  };
  EXPECT_THAT(error("pool_size: [1\n"), HasSubstr("is not YAML"));
  EXPECT_EQ(error("- a\n- b\n"), ":1: the file must be a map of settings, name: value\n");
  EXPECT_EQ(error("pool_size: 3\npool_size: 4\n"),
            ":2: pool_size: is given twice; keep one\n");
  EXPECT_EQ(error("pool_size:\n"), ":1: pool_size: has no value\n");
  EXPECT_EQ(error("pool_size: {a: 1}\n"), ":1: pool_size: must be one plain value\n");
  EXPECT_EQ(error("\nserver: 3\n"),
            ":2: server: must be a map of settings, name: value\n");
  EXPECT_EQ(error(""), "");
  EXPECT_EQ(error("# nothing yet\n"), "");
}

TEST(ConfigTest, AFileThatIsNotThereIsNamed) {
  EXPECT_EQ(ErrorOf(Sources({"--config", "/nonexistent.yaml"})),
            "/nonexistent.yaml: cannot be opened; is the path right?\n");
  EXPECT_EQ(ErrorOf(Sources({"--config", "/tmp"})),
            "/tmp: cannot be read; is it a file?\n");
}

TEST(ConfigTest, FlagsThatAreWrongAreNamed) {
  EXPECT_EQ(ErrorOf(Sources({"--pool-size"})), "--pool-size: needs a value\n");
  EXPECT_EQ(ErrorOf(Sources({"start"})),
            "start: is not a flag; settings are given as --name VALUE\n");
  EXPECT_EQ(ErrorOf(Sources({"--allow-http=perhaps"})),
            "--allow-http: must be true or false, not 'perhaps'\n");
}

TEST(ConfigTest, HelpNamesEverySettingAndNeedsNoConfig) {
  const auto loaded = LoadServerConfig(Sources({"--help"}, {}));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_TRUE(loaded->answer.has_value());
  EXPECT_THAT(*loaded->answer,
              AllOf(HasSubstr("--pool-size  WINDROW_POOL_SIZE"),
                    HasSubstr("2-200 connections. Default: 8"), HasSubstr("--listen")));
}

TEST(PrintConfigTest, ShowsOriginsAndMasksSecrets) {
  const Env env = {{"WINDROW_DATABASE_URL", "postgresql://windrow:hunter2@db/windrow"},
                   {"WINDROW_KEY_RING", "1:c2VjcmV0"}};
  const auto loaded = LoadWorkerConfig(Sources({"--concurrency", "9"}, env));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const std::string text = PrintConfig(loaded->values);
  EXPECT_THAT(text, AllOf(HasSubstr("concurrency: 9  # --concurrency\n"),
                          HasSubstr("lease_slack: 15s  # default\n"),
                          HasSubstr("key_ring: '***'  # WINDROW_KEY_RING\n"),
                          HasSubstr("database_url: 'postgresql://windrow:***@db/windrow'"
                                    "  # WINDROW_DATABASE_URL\n")));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("c2VjcmV0"))));
}

TEST(MaskDatabaseUrlTest, HidesPasswordsInEveryForm) {
  using config::MaskDatabaseUrl;
  EXPECT_EQ(MaskDatabaseUrl("postgresql://u:p@ss@h:5432/d"),
            "postgresql://u:***@h:5432/d");
  EXPECT_EQ(MaskDatabaseUrl("postgres://u@h/d?password=p&x=1"),
            "postgres://u@h/d?password=***&x=1");
  EXPECT_EQ(MaskDatabaseUrl("host=h password='a \\' b' dbname=d"),
            "host=h password=*** dbname=d");
  EXPECT_EQ(MaskDatabaseUrl("password = abc user=u"), "password = *** user=u");
  EXPECT_EQ(MaskDatabaseUrl("host=h sslpassword=q"), "host=h sslpassword=***");
  EXPECT_EQ(MaskDatabaseUrl("postgresql:///d?host=/run"), "postgresql:///d?host=/run");
}

TEST(HostPortTest, ReadsAddressesAndNames) {
  using config::HostPort;
  EXPECT_EQ(HostPort::Parse("127.0.0.1:7470")->port, 7470);
  EXPECT_EQ(HostPort::Parse("[::1]:80")->host, "::1");
  EXPECT_EQ(HostPort::Parse("[::1]:80")->ToString(), "[::1]:80");
  EXPECT_TRUE(HostPort::Parse("127.9.9.9:1")->IsLoopback());
  EXPECT_FALSE(HostPort::Parse("127.example.com:1")->IsLoopback());
  EXPECT_FALSE(HostPort::Parse("[::]:1")->IsLoopback());
  for (const char* wrong :
       {"", ":80", "host", "host:", "host:65536", "::1:80", "h:8x", "a b:80", "[]:80"}) {
    EXPECT_FALSE(HostPort::Parse(wrong).ok()) << wrong;
  }
}

TEST(NearestNameTest, FindsSlipsAndNothingElse) {
  using config::NearestName;
  EXPECT_EQ(NearestName("lisen", {"listen", "log_level"}), "listen");
  EXPECT_EQ(NearestName("completely_else", {"listen", "log_level"}), std::nullopt);
  EXPECT_EQ(NearestName(std::string(100'000, 'x'), {"listen"}), std::nullopt);
}

}  // namespace
}  // namespace windrow
