#include "cli/webhook_auth_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace windrow::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Credentials = v1::OAuth2ClientCredentials;

class WebhookAuthFlagsTest : public ::testing::Test {
 protected:
  ~WebhookAuthFlagsTest() override {
    for (const std::string& path : files_) std::filesystem::remove(path);
  }

  absl::Status Apply(const std::vector<std::string>& args,
                     const v1::Webhook* current = nullptr) {
    CLI::App app;
    AuthFlags flags;
    AddAuthFlags(&app, &flags);
    std::vector<std::string> reversed(args.rbegin(), args.rend());
    app.parse(reversed);
    return ApplyAuthFlags(flags, current, in_, &webhook_, &mask_);
  }

  std::string File(const std::string& content) {
    std::string path = ::testing::TempDir() + "auth-XXXXXX";
    const int file = mkstemp(path.data());
    EXPECT_GE(file, 0);
    close(file);
    std::ofstream(path) << content;
    files_.push_back(path);
    return path;
  }

  std::vector<std::string> files_;
  std::istringstream in_;
  v1::Webhook webhook_;
  google::protobuf::FieldMask mask_;
};

TEST_F(WebhookAuthFlagsTest, ClientCredentialsReachTheirFields) {
  const absl::Status status =
      Apply({"--oauth-token-url", "https://id.example/token", "--oauth-client-id",
             "windrow", "--oauth-client-secret-file", File("hunter2\n"), "--oauth-scope",
             "a b", "--oauth-audience", "api", "--oauth-client-auth", "body"});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(webhook_.oauth2().token_url(), "https://id.example/token");
  EXPECT_EQ(webhook_.oauth2().client_id(), "windrow");
  EXPECT_EQ(webhook_.oauth2().client_secret(), "hunter2");
  EXPECT_EQ(webhook_.oauth2().scope(), "a b");
  EXPECT_EQ(webhook_.oauth2().audience(), "api");
  EXPECT_EQ(webhook_.oauth2().client_authentication(),
            Credentials::CLIENT_AUTHENTICATION_BODY);
  EXPECT_THAT(mask_.paths(), ElementsAre("oauth2"));
}

TEST_F(WebhookAuthFlagsTest, OneOfThemLeavesTheOthersAsTheyAre) {
  v1::Webhook current;
  current.mutable_oauth2()->set_token_url("https://id.example/token");
  current.mutable_oauth2()->set_client_id("windrow");
  current.mutable_oauth2()->set_client_authentication(
      Credentials::CLIENT_AUTHENTICATION_BODY);
  ASSERT_TRUE(Apply({"--oauth-client-auth", "basic"}, &current).ok());
  EXPECT_EQ(webhook_.oauth2().client_id(), "windrow");
  EXPECT_EQ(webhook_.oauth2().client_authentication(),
            Credentials::CLIENT_AUTHENTICATION_BASIC);
  EXPECT_EQ(webhook_.oauth2().client_secret(), "");
}

TEST_F(WebhookAuthFlagsTest, ACertificateComesWithItsKey) {
  const std::string chain = File("line 1\nline 2\n");
  ASSERT_TRUE(
      Apply({"--client-cert-file", chain, "--client-key-file", File("key\n")}).ok());
  EXPECT_EQ(webhook_.client_certificate().certificate_chain(), "line 1\nline 2\n");
  EXPECT_EQ(webhook_.client_certificate().private_key(), "key\n");
  EXPECT_THAT(mask_.paths(), ElementsAre("client_certificate"));
  EXPECT_THROW((void)Apply({"--client-cert-file", chain}), CLI::ParseError);
  EXPECT_THROW((void)Apply({"--client-key-file", chain}), CLI::ParseError);
}

TEST_F(WebhookAuthFlagsTest, AFileThatIsNotThereIsNamed) {
  EXPECT_EQ(
      Apply({"--client-cert-file", "/nonexistent", "--client-key-file", "/x"}).message(),
      "/nonexistent cannot be read");
  EXPECT_EQ(Apply({"--oauth-client-secret-file", "/nonexistent"}).message(),
            "/nonexistent cannot be opened");
}

TEST_F(WebhookAuthFlagsTest, NothingGivenChangesNothing) {
  ASSERT_TRUE(Apply({}).ok());
  EXPECT_EQ(webhook_.ByteSizeLong(), 0u);
  EXPECT_THAT(mask_.paths(), IsEmpty());
}

}  // namespace
}  // namespace windrow::cli
