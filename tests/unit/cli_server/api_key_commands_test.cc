#include <gmock/gmock.h>

#include <regex>

#include "cli/exit_code.h"
#include "tests/unit/cli_server/server_fixture.h"

namespace windrow::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ApiKeyCommandsTest : public ServerFixture {
 protected:
  // Makes a key with the one that the arguments have; its text.
  std::string Create(std::vector<std::string> args) {
    args.insert(args.begin(), {"api-key", "create", "--name", "k"});
    EXPECT_EQ(Windrow(args), kOk) << err();
    std::smatch found;
    const std::string text = out();
    EXPECT_TRUE(std::regex_search(text, found, std::regex("windrow_[a-z2-7_]+"))) << text;
    return found.str();
  }
  static std::string IdOf(const std::string& key) { return key.substr(8, 12); }
};

TEST_F(ApiKeyCommandsTest, AKeyIsShownOnceAndNeededFromThenOn) {
  EXPECT_EQ(Windrow({"webhook", "list"}), kOk);
  const std::string key = Create({"--scope", "admin"});
  EXPECT_EQ(err(), "Keep the key: it is not shown again.\n");
  EXPECT_THAT(out(), AllOf(HasSubstr("scope:"), HasSubstr("admin")));
  EXPECT_EQ(Windrow({"webhook", "list"}), kFailed);
  EXPECT_THAT(err(), AllOf(HasSubstr("UNAUTHENTICATED (API_KEY_REQUIRED)"),
                           HasSubstr("WINDROW_API_KEY, or --api-key @FILE")));
  EXPECT_EQ(Windrow({"--api-key", key, "webhook", "list"}), kOk) << err();
  EXPECT_EQ(Windrow({"--api-key", "@" + File("key", key + "\n"), "api-key", "list"}), kOk)
      << err();
  EXPECT_THAT(out(), AllOf(HasSubstr(IdOf(key)), HasSubstr("live"), Not(HasSubstr(key))));
}

TEST_F(ApiKeyCommandsTest, AScopeIsNamedAndARevokedKeyIsTold) {
  const std::string admin = Create({"--scope", "admin"});
  const std::string reader = Create(
      {"--scope", "read", "--rate", "50", "--expires-in", "90d", "--api-key", admin});
  EXPECT_THAT(out(), AllOf(HasSubstr("requests a second:  50"), HasSubstr("expires:")));
  EXPECT_EQ(Windrow({"--api-key", reader, "webhook", "list"}), kOk);
  EXPECT_EQ(Windrow({"--api-key", reader, "api-key", "list"}), kFailed);
  EXPECT_THAT(err(), HasSubstr("PERMISSION_DENIED (SCOPE_NEEDED): ListApiKeys needs an "
                               "API key of scope admin: this one is of scope read"));
  EXPECT_EQ(Windrow({"--api-key", admin, "api-key", "revoke", IdOf(reader)}), kOk);
  EXPECT_EQ(Windrow({"--api-key", reader, "webhook", "list"}), kFailed);
  EXPECT_THAT(err(), HasSubstr("API_KEY_REVOKED"));
  EXPECT_EQ(Windrow({"--api-key", admin, "api-key", "list"}), kOk);
  EXPECT_THAT(out(), HasSubstr("revoked"));
  EXPECT_EQ(Windrow({"--api-key", admin, "api-key", "revoke", "nosuchkey"}), kNotFound);
}

TEST_F(ApiKeyCommandsTest, WhatCannotBeIsSaidBeforeAServerIsAsked) {
  EXPECT_EQ(Windrow({"api-key", "create", "--name", "k", "--scope", "write"}), kUsage);
  EXPECT_EQ(Windrow({"api-key", "create", "--name", "k", "--scope", "read",
                     "--expires-in", "soon"}),
            kUsage);
  EXPECT_EQ(Windrow({"api-key", "create", "--name", "k", "--scope", "read", "--tenant",
                     "acme"}),
            kUsage);
  EXPECT_THAT(err(), HasSubstr("--database-url"));
  EXPECT_EQ(Windrow({"tenant", "list"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("WINDROW_DATABASE_URL"));
  EXPECT_EQ(Windrow({"--api-key", "@/nowhere", "webhook", "list"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("/nowhere cannot be opened"));
  EXPECT_EQ(Windrow({"--api-key", "not a key", "webhook", "list"}), kUsage);
  EXPECT_THAT(err(), Not(HasSubstr("not a key")));
  EXPECT_EQ(Windrow({"--tls-cert", "c.pem", "webhook", "list"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("--tls-cert and --tls-key go together"));
  EXPECT_EQ(Windrow({"--tls-ca", "/nowhere", "webhook", "list"}), kUsage);
  EXPECT_EQ(Windrow({"api-key", "create", "--name", " ", "--scope", "read"}), kFailed);
  EXPECT_THAT(err(), HasSubstr("api_key.name"));
}

}  // namespace
}  // namespace windrow::cli
