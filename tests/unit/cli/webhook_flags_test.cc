#include "cli/webhook_flags.h"

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

class WebhookFlagsTest : public ::testing::Test {
 protected:
  absl::Status Apply(const std::vector<std::string>& args,
                     const v1::Webhook* current = nullptr) {
    CLI::App app;
    WebhookFlags flags;
    AddWebhookFlags(&app, &flags);
    std::vector<std::string> reversed(args.rbegin(), args.rend());
    app.parse(reversed);
    needs_current_ = flags.NeedsCurrent();
    return ApplyWebhookFlags(flags, current, in_, &webhook_, &mask_);
  }

  std::string SecretFile(const std::string& content) {
    std::string path = ::testing::TempDir() + "secret-XXXXXX";
    const int file = mkstemp(path.data());
    EXPECT_GE(file, 0);
    close(file);
    std::ofstream(path) << content;
    files_.push_back(path);
    return path;
  }
  ~WebhookFlagsTest() override {
    for (const std::string& path : files_) std::filesystem::remove(path);
  }

  std::vector<std::string> files_;
  std::istringstream in_;
  v1::Webhook webhook_;
  google::protobuf::FieldMask mask_;
  bool needs_current_ = false;
};

TEST_F(WebhookFlagsTest, NothingGivenChangesNothing) {
  ASSERT_TRUE(Apply({}).ok());
  EXPECT_EQ(webhook_.ByteSizeLong(), 0u);
  EXPECT_THAT(mask_.paths(), IsEmpty());
  EXPECT_FALSE(needs_current_);
}

TEST_F(WebhookFlagsTest, EveryFlagReachesItsField) {
  in_.str("hunter2\n");
  const auto status = Apply({"--name",
                             "n",
                             "--description",
                             "d",
                             "--url",
                             "https://x/",
                             "--payload",
                             "event-only",
                             "--event",
                             "a",
                             "--event",
                             "b",
                             "--batch",
                             "same-event-type",
                             "--batch-wait",
                             "30s",
                             "--batch-max-items",
                             "10",
                             "--header",
                             "X-A: 1",
                             "--header",
                             "X-B:2",
                             "--user",
                             "u",
                             "--password-stdin",
                             "--timeout",
                             "1500ms",
                             "--lightweight-logs",
                             "--label",
                             "k=v=w",
                             "--secret",
                             "whsec_x",
                             "--disabled",
                             "--retry-delay",
                             "0s",
                             "--retry-delay",
                             "5m"});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(webhook_.name(), "n");
  EXPECT_EQ(webhook_.description(), "d");
  EXPECT_EQ(webhook_.url(), "https://x/");
  EXPECT_EQ(webhook_.payload(), v1::PAYLOAD_KIND_EVENT_ONLY);
  ASSERT_EQ(webhook_.triggers_size(), 2);
  EXPECT_EQ(webhook_.triggers(1).event_type(), "b");
  EXPECT_EQ(webhook_.batching().mode(), v1::BATCH_MODE_SAME_EVENT_TYPE);
  EXPECT_EQ(webhook_.batching().wait().seconds(), 30);
  EXPECT_EQ(webhook_.batching().max_items(), 10);
  ASSERT_EQ(webhook_.headers_size(), 2);
  EXPECT_EQ(webhook_.headers(0).name(), "X-A");
  EXPECT_EQ(webhook_.headers(0).value(), "1");
  EXPECT_EQ(webhook_.headers(1).value(), "2");
  EXPECT_EQ(webhook_.basic_auth().user(), "u");
  EXPECT_EQ(webhook_.basic_auth().password(), "hunter2");
  EXPECT_EQ(webhook_.timeout().seconds(), 1);
  EXPECT_EQ(webhook_.timeout().nanos(), 500000000);
  EXPECT_TRUE(webhook_.lightweight_logs());
  EXPECT_EQ(webhook_.labels().at("k"), "v=w");
  EXPECT_EQ(webhook_.signing_secret(), "whsec_x");
  EXPECT_TRUE(webhook_.has_enabled());
  EXPECT_FALSE(webhook_.enabled());
  ASSERT_EQ(webhook_.retry().delays_size(), 2);
  EXPECT_EQ(webhook_.retry().delays(1).seconds(), 300);
  EXPECT_THAT(mask_.paths(),
              ElementsAre("name", "description", "url", "basic_auth", "headers",
                          "lightweight_logs", "payload", "triggers", "batching", "retry",
                          "timeout", "enabled", "labels", "signing_secret"));
}

TEST_F(WebhookFlagsTest, SignatureSchemesAndAKeyReachTheirFields) {
  const std::string key = SecretFile("whsk_x\n");
  const auto status = Apply({"--signature-scheme", "ed25519", "--signature-scheme",
                             "hmac-sha256", "--signing-key-file", key});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(
      webhook_.signature_schemes(),
      ElementsAre(v1::SIGNATURE_SCHEME_ED25519, v1::SIGNATURE_SCHEME_HMAC_SHA256));
  EXPECT_EQ(webhook_.signing_key(), "whsk_x");
  EXPECT_THAT(mask_.paths(), ElementsAre("signature_schemes", "signing_key"));
}

TEST_F(WebhookFlagsTest, MethodTokensAndRowsReachTheirFields) {
  const std::string token = SecretFile("hunter2\n");
  const auto status =
      Apply({"--method", "put", "--payload", "custom", "--field", "status=object.status",
             "--field", "status_id=id:object.status", "--bearer-token-file", token,
             "--api-key-header", "x-key", "--api-key-file", token});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(webhook_.method(), v1::HTTP_METHOD_PUT);
  EXPECT_EQ(webhook_.payload(), v1::PAYLOAD_KIND_CUSTOM);
  ASSERT_EQ(webhook_.custom_payload().fields_size(), 2);
  EXPECT_EQ(webhook_.custom_payload().fields(0).source(), "object.status");
  EXPECT_FALSE(webhook_.custom_payload().fields(0).send_id());
  EXPECT_EQ(webhook_.custom_payload().fields(1).key(), "status_id");
  EXPECT_EQ(webhook_.custom_payload().fields(1).source(), "object.status");
  EXPECT_TRUE(webhook_.custom_payload().fields(1).send_id());
  EXPECT_EQ(webhook_.bearer_auth().token(), "hunter2");
  EXPECT_EQ(webhook_.api_key().header(), "x-key");
  EXPECT_EQ(webhook_.api_key().value(), "hunter2");
  EXPECT_THAT(mask_.paths(), ElementsAre("bearer_auth", "api_key", "method",
                                         "custom_payload", "payload"));
}

TEST_F(WebhookFlagsTest, AMessageAndItsTypeReachTheirFields) {
  ASSERT_TRUE(Apply({"--type", "teams", "--message", "No. {{object.id}}"}).ok());
  EXPECT_EQ(webhook_.type(), v1::WEBHOOK_TYPE_MICROSOFT_TEAMS);
  EXPECT_EQ(webhook_.message_template(), "No. {{object.id}}");
  EXPECT_THAT(mask_.paths(), ElementsAre("type", "message_template"));
  ASSERT_TRUE(Apply({"--type", "slack"}).ok());
  EXPECT_EQ(webhook_.type(), v1::WEBHOOK_TYPE_SLACK);
  ASSERT_TRUE(Apply({"--message-file", SecretFile("two\nlines")}).ok());
  EXPECT_EQ(webhook_.message_template(), "two\nlines");
  ASSERT_TRUE(Apply({"--type", "discord"}).ok());
  EXPECT_EQ(webhook_.type(), v1::WEBHOOK_TYPE_DISCORD);
}

TEST_F(WebhookFlagsTest, AStandardWebhookLosesItsMessage) {
  ASSERT_TRUE(Apply({"--type", "standard"}).ok());
  EXPECT_EQ(webhook_.type(), v1::WEBHOOK_TYPE_STANDARD);
  EXPECT_EQ(webhook_.message_template(), "");
  EXPECT_THAT(mask_.paths(), ElementsAre("type", "message_template"));
}

TEST_F(WebhookFlagsTest, AFieldWithoutAKeyIsRefused) {
  EXPECT_THAT(std::string(Apply({"--field", "object.status"}).message()),
              ::testing::HasSubstr("KEY=PATH"));
}

TEST_F(WebhookFlagsTest, AnotherPayloadLeavesTheCustomOneBehind) {
  v1::Webhook current;
  current.set_payload(v1::PAYLOAD_KIND_CUSTOM);
  current.mutable_custom_payload()->set_template_("{}");
  ASSERT_TRUE(Apply({"--payload", "small"}, &current).ok());
  EXPECT_FALSE(webhook_.has_custom_payload());
  EXPECT_THAT(mask_.paths(), ElementsAre("custom_payload", "payload"));
}

TEST_F(WebhookFlagsTest, AnUpdateKeepsKnownTriggersAndTheOtherBatchSettings) {
  v1::Webhook current;
  current.add_triggers()->set_event_type("a");
  current.mutable_triggers(0)->set_notification_id(7);
  current.mutable_triggers(0)->set_enabled(false);
  current.mutable_batching()->set_mode(v1::BATCH_MODE_ANY);
  current.mutable_batching()->set_max_items(50);
  ASSERT_TRUE(
      Apply({"--event", "b", "--event", "a", "--batch-wait", "9s"}, &current).ok());
  EXPECT_TRUE(needs_current_);
  EXPECT_EQ(webhook_.triggers(0).notification_id(), 0);
  EXPECT_EQ(webhook_.triggers(1).notification_id(), 7);
  EXPECT_FALSE(webhook_.triggers(1).enabled());
  EXPECT_EQ(webhook_.batching().mode(), v1::BATCH_MODE_ANY);
  EXPECT_EQ(webhook_.batching().max_items(), 50);
  EXPECT_EQ(webhook_.batching().wait().seconds(), 9);
  EXPECT_THAT(mask_.paths(), ElementsAre("triggers", "batching"));
}

TEST_F(WebhookFlagsTest, APasswordAloneLeavesTheUserAlone) {
  in_.str("new\r\nrest");
  ASSERT_TRUE(Apply({"--password-stdin"}).ok());
  EXPECT_EQ(webhook_.basic_auth().password(), "new");
  EXPECT_THAT(mask_.paths(), ElementsAre("basic_auth.password"));
}

TEST_F(WebhookFlagsTest, WrongTextsNameTheirFlag) {
  EXPECT_EQ(Apply({"--header", "none"}).message(),
            "--header 'none' must be 'Name: value'");
  EXPECT_EQ(Apply({"--label", "=x"}).message(), "--label '=x' must be key=value");
  EXPECT_EQ(Apply({"--password-stdin"}).message(), "standard input holds no secret");
  EXPECT_EQ(Apply({"--password-file", "/nonexistent"}).message(),
            "/nonexistent cannot be opened");
}

TEST_F(WebhookFlagsTest, UnknownValuesAndContradictionsAreUsageErrors) {
  EXPECT_THROW((void)Apply({"--payload", "huge"}), CLI::ParseError);
  EXPECT_THROW((void)Apply({"--batch", "all"}), CLI::ParseError);
  EXPECT_THROW((void)Apply({"--type", "msteams"}), CLI::ParseError);
  EXPECT_THROW((void)Apply({"--message", "a", "--message-file", "x"}), CLI::ParseError);
  EXPECT_THROW((void)Apply({"--timeout", "soon"}), CLI::ParseError);
  EXPECT_THROW((void)Apply({"--batch-max-items", "many"}), CLI::ParseError);
  EXPECT_THROW((void)Apply({"--enabled", "--disabled"}), CLI::ParseError);
  EXPECT_THROW((void)Apply({"--password-stdin", "--password-file", "x"}),
               CLI::ParseError);
}

TEST_F(WebhookFlagsTest, ARateAndAnOrderReachTheirFields) {
  v1::Webhook current;
  current.mutable_rate()->set_max_concurrent_requests(3);
  ASSERT_TRUE(
      Apply({"--rate-per-second", "0.5", "--ordering", "per-object"}, &current).ok());
  EXPECT_TRUE(needs_current_);
  EXPECT_EQ(webhook_.rate().requests_per_second(), 0.5);
  EXPECT_EQ(webhook_.rate().max_concurrent_requests(), 3);
  EXPECT_EQ(webhook_.ordering(), v1::ORDERING_PER_OBJECT);
  EXPECT_THAT(mask_.paths(), ElementsAre("rate", "ordering"));
  ASSERT_TRUE(Apply({"--max-concurrent", "0", "--ordering", "none"}, &current).ok());
  EXPECT_EQ(webhook_.rate().max_concurrent_requests(), 0);
  EXPECT_EQ(webhook_.ordering(), v1::ORDERING_NONE);
  EXPECT_THROW((void)Apply({"--ordering", "random"}), CLI::ParseError);
}

}  // namespace
}  // namespace windrow::cli
