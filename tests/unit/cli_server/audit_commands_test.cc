// `windrow audit`: what a person reads of who changed what.
#include <gmock/gmock.h>

#include "cli/exit_code.h"
#include "tests/unit/cli_server/server_fixture.h"

namespace windrow::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class AuditCommandsTest : public ServerFixture {
 protected:
  store::AuditEntry Newest() {
    return store_.ListAuditEntries(store::kDefaultTenant, {}).value().entries.at(0);
  }
  int Get(const store::AuditEntry& entry) {
    return Windrow({"audit", "get", entry.entry_id.ToString()});
  }
};

TEST_F(AuditCommandsTest, AProfilesChangesAreShownFieldByField) {
  ASSERT_EQ(Windrow({"webhook", "create", "--name", "Tickets", "--url",
                     "https://a.example/hook", "--event", "ticket.created"}),
            kOk)
      << err();
  const std::string id = Stored("Tickets").webhook_id.ToString();
  ASSERT_EQ(Windrow({"webhook", "update", id, "--url", "https://b.example/hook",
                     "--bearer-token-file", File("token", "a-secret-token\n")}),
            kOk)
      << err();
  ASSERT_EQ(Get(Newest()), kOk) << err();
  EXPECT_THAT(out(), AllOf(HasSubstr("actor:            anonymous\n"),
                           HasSubstr("action:           webhook.update\n"),
                           HasSubstr("resource:         webhooks/" + id + "\n"),
                           HasSubstr("name:             Tickets\n"),
                           HasSubstr("changes:\n"
                                     "    ~ url: \"https://a.example/hook\" → "
                                     "\"https://b.example/hook\"\n"
                                     "    + bearer_auth: {}\n"),
                           HasSubstr("changed secrets:\n  bearer_auth.token\n")));

  ASSERT_EQ(Windrow({"audit", "list"}), kOk);
  EXPECT_THAT(out(), HasSubstr("url, bearer_auth, bearer_auth.token\n"));
  EXPECT_THAT(out(), HasSubstr("webhook.create"));
  ASSERT_EQ(Windrow({"audit", "list", "-o", "jsonl", "--action", "webhook.update"}), kOk);
  EXPECT_THAT(out(), AllOf(HasSubstr("\"before\":{\"webhook\":{\"webhook_id\":\"" + id),
                           HasSubstr("\"url\":\"https://b.example/hook\""),
                           HasSubstr("\"changed_secrets\":[\"bearer_auth.token\"]"),
                           Not(HasSubstr("a-secret-token"))));
  ASSERT_EQ(Windrow({"audit", "list", "--filter", "action = \"event_type.*\""}), kOk);
  EXPECT_THAT(out(), Not(HasSubstr("webhook")));
}

TEST_F(AuditCommandsTest, TheCataloguesChangesAreShown) {
  ASSERT_EQ(Windrow({"event-type", "create", "order.paid", "--object-type", "order",
                     "--key-field", "id"}),
            kOk)
      << err();
  ASSERT_EQ(Windrow({"event-type", "policy", "set", "refuse"}), kOk) << err();
  ASSERT_EQ(Get(Newest()), kOk);
  EXPECT_THAT(out(), HasSubstr("  ~ unknown_event_types: LEARN → REFUSE\n"));
  ASSERT_EQ(Windrow({"event-type", "delete", "order.paid"}), kOk) << err();
  ASSERT_EQ(Get(Newest()), kOk);
  EXPECT_THAT(out(), AllOf(HasSubstr("event_types/order.paid\n"),
                           HasSubstr("  - key_fields: [\"id\"]\n")));
}

TEST_F(AuditCommandsTest, AnEntryThatIsNotThereIsNotFound) {
  EXPECT_EQ(Windrow({"audit", "get", "018f0000-0000-7000-8000-000000000000"}), kNotFound);
  EXPECT_THAT(err(), HasSubstr("AUDIT_ENTRY_NOT_FOUND"));
  EXPECT_EQ(Windrow({"audit", "list", "--filter", "who = x"}), kFailed);
  EXPECT_THAT(err(), HasSubstr("who"));
}

}  // namespace
}  // namespace windrow::cli
