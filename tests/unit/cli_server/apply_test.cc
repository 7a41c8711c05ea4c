#include <gmock/gmock.h>
#include <stdlib.h>

#include "cli/exit_code.h"
#include "tests/unit/cli_server/server_fixture.h"

namespace windrow::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kTickets[] = R"(name: tickets
url: https://example.com/tickets
payload: SMALL
triggers:
  - event_type: ticket.created
  - event_type: ticket.updated
    condition:
      any:
        - {test: in, path: object.status, values: [Closed, "9", 9]}
        - {test: greater, path: object.price, values: [1.10]}
        - {test: equals, path: object.id, values: [9007199254740993]}
batching: {mode: ANY, wait: 10s}
labels: {env: prod}
)";

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  text.replace(text.find(what), what.size(), by);
  return text;
}

class ApplyTest : public ServerFixture {
 protected:
  int Apply(const std::string& yaml, std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"apply", "-f", "-"});
    return Windrow(flags, yaml);
  }
};

TEST_F(ApplyTest, CreatesWhatIsNotThereAndShowsItFirst) {
  ASSERT_EQ(Apply(kTickets, {"--dry-run"}), kDiffers) << err();
  EXPECT_THAT(out(), AllOf(HasSubstr("tickets: create\n"),
                           HasSubstr("  + url: \"https://example.com/tickets\"\n"),
                           HasSubstr("  + batching.wait: 10s\n"), HasSubstr("[1.10]"),
                           HasSubstr("[9007199254740993]")));
  EXPECT_THAT(store_.List(store::kDefaultTenant, {.limit = 10})->webhooks, IsEmpty());
  EXPECT_EQ(Apply(kTickets), kOk);
  EXPECT_THAT(out(), AllOf(HasSubstr("tickets: create\n"), HasSubstr("Created tickets ("),
                           HasSubstr("  signing secret: whsec_")));
  const store::StoredWebhook stored = Stored("tickets");
  EXPECT_EQ(stored.spec.triggers[1].condition.children[1].test.values[0], "1.10");
  EXPECT_EQ(stored.spec.triggers[1].condition.children[2].test.values[0],
            "9007199254740993");
  EXPECT_EQ(Apply(kTickets, {"--dry-run"}), kOk);
  EXPECT_EQ(out(), "tickets: no difference\n");
}

TEST_F(ApplyTest, UpdatesOnlyWhatDiffersAndKeepsNotificationIds) {
  ASSERT_EQ(Apply(kTickets), kOk);
  const store::StoredWebhook before = Stored("tickets");
  const std::string changed =
      Replaced(Replaced(kTickets, "  - event_type: ticket.created\n", ""), "10s", "20s");
  EXPECT_EQ(Apply(changed, {"--dry-run"}), kDiffers);
  EXPECT_EQ(out(),
            "tickets: update\n"
            "  ~ batching.wait: 10s → 20s\n"
            "  - triggers[1].event_type: \"ticket.created\"\n"
            "  - triggers[1].enabled: true\n");
  EXPECT_EQ(Stored("tickets").version, before.version);
  EXPECT_EQ(Apply(changed), kOk);
  EXPECT_THAT(out(), HasSubstr("Updated tickets ("));
  const store::StoredWebhook after = Stored("tickets");
  EXPECT_EQ(after.version, before.version + 1);
  ASSERT_EQ(after.spec.triggers.size(), 1u);
  EXPECT_EQ(after.spec.triggers[0].notification_id,
            before.spec.triggers[1].notification_id);
  EXPECT_EQ(after.secrets.signing_secret, before.secrets.signing_secret);
  EXPECT_EQ(Apply(changed), kOk);
  EXPECT_EQ(Stored("tickets").version, after.version)
      << "nothing differs: nothing is sent";
}

TEST_F(ApplyTest, AFieldThatIsLeftOutGetsItsDefaultButEnabledStays) {
  ASSERT_EQ(Apply(kTickets), kOk);
  ASSERT_EQ(Windrow({"webhook", "disable", Stored("tickets").webhook_id.ToString()}),
            kOk);
  EXPECT_EQ(Apply(Replaced(kTickets, "labels: {env: prod}\n", "")), kOk);
  EXPECT_THAT(out(), HasSubstr("  - labels.env: \"prod\"\n"));
  EXPECT_FALSE(Stored("tickets").spec.enabled);
  EXPECT_THAT(Stored("tickets").spec.labels, IsEmpty());
  EXPECT_EQ(Apply(std::string(kTickets) + "enabled: true\n"), kOk);
  EXPECT_TRUE(Stored("tickets").spec.enabled);
}

TEST_F(ApplyTest, TheNameIsFoundWithoutRegardToCase) {
  ASSERT_EQ(Apply(kTickets), kOk);
  EXPECT_EQ(Apply(Replaced(kTickets, "tickets", "Tickets")), kOk);
  EXPECT_THAT(out(), HasSubstr("  ~ name: \"tickets\" → \"Tickets\"\n"));
  EXPECT_EQ(store_.List(store::kDefaultTenant, {.limit = 10})->webhooks.size(), 1u);
}

TEST_F(ApplyTest, OneWrongDocumentStopsThemAll) {
  const std::string two =
      std::string(kTickets) + "---\nname: other\nurl: ftp://x\ntriggers: []\n";
  EXPECT_EQ(Apply(two), kFailed);
  EXPECT_THAT(err(), AllOf(HasSubstr("cannot apply the webhook 'other'"),
                           HasSubstr("webhook.url"), HasSubstr("webhook.triggers")));
  EXPECT_THAT(store_.List(store::kDefaultTenant, {.limit = 10})->webhooks, IsEmpty());
  EXPECT_EQ(Apply("name: a\nnme: b\n"), kUsage);
  EXPECT_THAT(err(), HasSubstr("windrow: standard input:2:1: nme: is no field"));
}

TEST_F(ApplyTest, SeveralFilesAreOneSetOfNames) {
  const std::string first = File("a.yaml", kTickets);
  const std::string second = File("b.yaml", Replaced(kTickets, "tickets", "others"));
  EXPECT_EQ(Windrow({"apply", "-f", first, "-f", second}), kOk);
  EXPECT_EQ(store_.List(store::kDefaultTenant, {.limit = 10})->webhooks.size(), 2u);
  const std::string again = File("c.yaml", kTickets);
  EXPECT_EQ(Windrow({"apply", "-f", first, "-f", again}), kUsage);
  EXPECT_THAT(err(), HasSubstr("c.yaml:1: name: is that of a webhook in "));
  EXPECT_EQ(Windrow({"apply", "-f", "/nonexistent.yaml"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("/nonexistent.yaml cannot be read"));
}

TEST_F(ApplyTest, SecretsAreNeverShownAndToldApartFromTheStoredOnes) {
  ::setenv("APPLY_TEST_PASSWORD", "hunter2", 1);
  const std::string yaml = std::string(kTickets) +
                           "basic_auth: {user: u, password: {env: APPLY_TEST_PASSWORD}}\n"
                           "signing_secret: whsec_"
                           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
  EXPECT_EQ(Apply(yaml), kOk);
  EXPECT_THAT(out(),
              AllOf(HasSubstr("  + basic_auth.password: write-only, from env "
                              "APPLY_TEST_PASSWORD\n"),
                    HasSubstr("  + signing_secret: write-only, from in the file\n"),
                    Not(HasSubstr("hunter2")), Not(HasSubstr("whsec_"))));
  EXPECT_EQ(Stored("tickets").secrets.basic_auth_password, "hunter2");
  EXPECT_EQ(Apply(yaml, {"--dry-run"}), kOk);
  EXPECT_EQ(out(), "tickets: no difference\n");

  ::setenv("APPLY_TEST_PASSWORD", "other", 1);
  EXPECT_EQ(Apply(yaml, {"--dry-run"}), kDiffers);
  EXPECT_EQ(
      out(),
      "tickets: update\n"
      "  ~ basic_auth.password: write-only, from env APPLY_TEST_PASSWORD, not what is "
      "stored\n"
      "  = signing_secret: write-only, from in the file, as it is stored\n");
  EXPECT_EQ(Apply(yaml), kOk);
  EXPECT_EQ(Stored("tickets").secrets.basic_auth_password, "other");
  // Left out, they stay.
  EXPECT_EQ(Apply(std::string(kTickets) + "basic_auth: {user: u}\n", {"--dry-run"}), kOk);
  ::unsetenv("APPLY_TEST_PASSWORD");
}

TEST_F(ApplyTest, FilesOfSecretsAreNamedFromTheProfilesFolder) {
  File("token", "t0ken\n");
  const std::string profile =
      File("p.yaml", std::string(kTickets) + "bearer_auth: {token: {file: token}}\n");
  EXPECT_EQ(Windrow({"apply", "-f", profile}), kOk);
  EXPECT_EQ(Stored("tickets").secrets.bearer_token, "t0ken");
}

TEST_F(ApplyTest, ARotationsOverlapOutlivesAnApplyOfTheNewSecret) {
  ASSERT_EQ(Apply(kTickets), kOk);
  const std::string file = File("secret", "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\n");
  ASSERT_EQ(Windrow({"webhook", "rotate-secret", Stored("tickets").webhook_id.ToString(),
                     "--secret-file", file}),
            kOk);
  ASSERT_THAT(Stored("tickets").secrets.previous_signing_secret, Not(IsEmpty()));
  EXPECT_EQ(Apply(std::string(Replaced(kTickets, "10s", "20s")) +
                  "signing_secret: whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\n"),
            kOk);
  EXPECT_THAT(Stored("tickets").secrets.previous_signing_secret, Not(IsEmpty()));
}

TEST_F(ApplyTest, JsonTellsWhatWasDone) {
  EXPECT_EQ(Apply(kTickets, {"--dry-run", "-o", "jsonl"}), kDiffers);
  EXPECT_THAT(out(),
              AllOf(HasSubstr(R"({"name":"tickets","action":"create","changes":[{)"),
                    HasSubstr(R"("write_only":[],"applied":false})"
                              "\n")));
  EXPECT_EQ(Apply(kTickets, {"-o", "json"}), kOk);
  EXPECT_THAT(out(), AllOf(HasSubstr(R"("applied":true,"signing_secret":"whsec_)")));
  EXPECT_EQ(Apply(kTickets, {"-o", "jsonl"}), kOk);
  EXPECT_THAT(out(), HasSubstr(R"("action":"nothing")"));
}

TEST_F(ApplyTest, ExportIsTakenBackWithoutADifference) {
  ASSERT_EQ(Apply(kTickets), kOk);
  ASSERT_EQ(Apply(R"(name: "Chat: \u00e9"
url: https://example.com/chat
type: SLACK
message_template: |
  *{{object.summary}}*
  second line
triggers: [{event_type: ticket.created, enabled: false}]
description: "a\nb "
enabled: false
auto_disable: {after: 0s, consecutive_failures: 3}
)"),
            kOk);
  ASSERT_EQ(Apply(R"(name: custom
url: https://u:p@example.com/{{object.id}}
method: PUT
payload: CUSTOM
custom_payload:
  fields: [{key: status, source: object.status, send_id: true}]
headers: [{name: X-A, value: "1"}, {name: X-B, value: "yes"}]
api_key: {header: X-Key, value: k}
retry: {delays: [0s, 1m30s]}
timeout: 5s
triggers: [{event_type: ticket.created}]
)"),
            kOk);
  ASSERT_EQ(Windrow({"webhook", "export"}), kOk);
  const std::string exported = out();
  EXPECT_THAT(exported, Not(HasSubstr("whsec_")));
  EXPECT_EQ(Apply(exported, {"--dry-run"}), kOk) << out();
  EXPECT_EQ(out(),
            "custom: no difference\nChat: é: no difference\ntickets: no difference\n");

  // On another installation the same webhooks come of it.
  for (const char* name : {"custom", "Chat: é", "tickets"}) {
    ASSERT_EQ(Windrow({"webhook", "delete", Stored(name).webhook_id.ToString()}), kOk);
  }
  ::setenv("CUSTOM_BASIC_AUTH_PASSWORD", "p", 1);
  ::setenv("CUSTOM_API_KEY_VALUE", "k", 1);
  std::string with_secrets = exported;
  with_secrets = Replaced(with_secrets, "basic_auth:\n  user: u\n",
                          "basic_auth:\n  user: u\n  password: {env: "
                          "CUSTOM_BASIC_AUTH_PASSWORD}\n");
  with_secrets = Replaced(with_secrets, "  header: X-Key\n",
                          "  header: X-Key\n  value: {env: CUSTOM_API_KEY_VALUE}\n");
  ASSERT_EQ(Apply(with_secrets), kOk) << err();
  ASSERT_EQ(Windrow({"webhook", "export"}), kOk);
  EXPECT_EQ(Apply(out(), {"--dry-run"}), kOk) << out();
  EXPECT_EQ(Stored("custom").secrets.api_key, "k");
}

TEST_F(ApplyTest, SecretsFromTheEnvironmentRoundTripToo) {
  ::setenv("TICKETS_SIGNING_SECRET", "whsec_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC", 1);
  ASSERT_EQ(
      Apply(std::string(kTickets) + "signing_secret: {env: TICKETS_SIGNING_SECRET}\n"),
      kOk);
  ASSERT_EQ(Windrow({"webhook", "export", Stored("tickets").webhook_id.ToString(),
                     "--secrets-from-env"}),
            kOk);
  EXPECT_THAT(out(), HasSubstr("signing_secret: {env: TICKETS_SIGNING_SECRET}\n"));
  EXPECT_EQ(Apply(out(), {"--dry-run"}), kOk) << out();
  ::unsetenv("TICKETS_SIGNING_SECRET");
}

TEST_F(ApplyTest, ExportTakesIdsOrAFilter) {
  ASSERT_EQ(Apply(std::string(kTickets) + "---\n" + Replaced(kTickets, "tickets", "b")),
            kOk);
  EXPECT_EQ(Windrow({"webhook", "export", "--filter", "name = b"}), kOk);
  EXPECT_THAT(out(), AllOf(HasSubstr("name: b\n"), Not(HasSubstr("name: tickets"))));
  EXPECT_EQ(Windrow({"webhook", "export", "--filter", "name = c"}), kOk);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(Windrow({"webhook", "export", "01900000-0000-7000-8000-000000000000"}),
            kNotFound);
}

}  // namespace
}  // namespace windrow::cli
