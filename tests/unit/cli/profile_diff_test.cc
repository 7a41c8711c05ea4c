#include "cli/profile_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/condition_text.h"

namespace windrow::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Texts(const v1::Webhook& before, const v1::Webhook& after) {
  std::vector<std::string> texts;
  for (const FieldChange& change : DiffWebhooks(before, after)) {
    texts.push_back(change.field + ": " + change.before.value_or("(none)") + " → " +
                    change.after.value_or("(none)"));
  }
  return texts;
}

v1::Trigger Trigger(int id, const std::string& type, const std::string& status = "") {
  v1::Trigger trigger;
  trigger.set_notification_id(id);
  trigger.set_event_type(type);
  trigger.set_enabled(true);
  if (!status.empty()) {
    v1::ConditionTest* test = trigger.mutable_condition()->mutable_test();
    test->set_operator_(v1::TEST_OPERATOR_EQUALS);
    test->set_path("object.status");
    test->add_values("\"" + status + "\"");
  }
  return trigger;
}

TEST(ProfileDiffTest, NamesWhatIsAddedRemovedAndChanged) {
  v1::Webhook before;
  before.set_name("t");
  before.set_url("https://a");
  before.mutable_batching()->set_max_items(100);
  before.mutable_bearer_auth()->set_token("secret");
  (*before.mutable_labels())["env"] = "test";
  (*before.mutable_labels())["old"] = "1";
  v1::Header* header = before.add_headers();
  header->set_name("X-Team");
  header->set_value("a");
  v1::Webhook after = before;
  EXPECT_THAT(Texts(before, after), IsEmpty());
  after.set_url("https://b");
  after.mutable_batching()->set_max_items(50);
  after.clear_bearer_auth();
  (*after.mutable_labels())["env"] = "prod";
  after.mutable_labels()->erase("old");
  after.mutable_headers(0)->set_value("b");
  after.mutable_retry()->add_delays()->set_seconds(5);
  after.set_etag("other");
  after.set_signing_secret("whsec_x");
  EXPECT_THAT(
      Texts(before, after),
      ElementsAre(R"(url: "https://a" → "https://b")",
                  R"(headers[X-Team].value: "a" → "b")", "batching.max_items: 100 → 50",
                  "retry.delays: (none) → [5s]", R"(labels.env: "test" → "prod")",
                  R"(labels.old: "1" → (none))", "bearer_auth: {} → (none)"));
}

TEST(ProfileDiffTest, TriggersAreComparedByTheirNotificationIds) {
  v1::Webhook before;
  *before.add_triggers() = Trigger(7, "a");
  *before.add_triggers() = Trigger(8, "b", "New");
  v1::Webhook after;
  *after.add_triggers() = Trigger(8, "b", "Closed");
  *after.add_triggers() = Trigger(0, "c");
  EXPECT_THAT(
      Texts(before, after),
      ElementsAre(
          R"(triggers[0].condition: {"test":"equals","path":"object.status","values":["New"]})"
          R"( → {"test":"equals","path":"object.status","values":["Closed"]})",
          R"(triggers[1].event_type: (none) → "c")", "triggers[1].enabled: (none) → true",
          R"(triggers[2].event_type: "a" → (none))",
          "triggers[2].enabled: true → (none)"));
}

TEST(ProfileDiffTest, EntriesOfOneNameAreComparedEach) {
  v1::Webhook webhook;
  for (const char* value : {"1", "2"}) {
    v1::Header* header = webhook.add_headers();
    header->set_name("X-A");
    header->set_value(value);
  }
  EXPECT_THAT(Texts(webhook, webhook), IsEmpty());
  v1::Webhook after = webhook;
  after.mutable_headers(0)->set_value("3");
  EXPECT_THAT(Texts(webhook, after), ElementsAre("headers[X-A].value: \"1\" → \"3\""));
}

TEST(ProfileDiffTest, TheOrderOfHeadersIsAChange) {
  v1::Webhook before;
  before.add_headers()->set_name("A");
  before.add_headers()->set_name("B");
  v1::Webhook after;
  after.add_headers()->set_name("B");
  after.add_headers()->set_name("A");
  EXPECT_THAT(Texts(before, after),
              ElementsAre("headers: in the order A, B → in the order B, A"));
}

TEST(KeepStoredTest, TriggersKeepTheirIdsByConditionThenByType) {
  v1::Webhook stored;
  *stored.add_triggers() = Trigger(7, "a", "New");
  *stored.add_triggers() = Trigger(8, "a", "Closed");
  stored.mutable_triggers(1)->set_enabled(false);
  stored.set_enabled(false);
  v1::Webhook wanted;
  *wanted.add_triggers() = Trigger(0, "a", "Closed");
  wanted.mutable_triggers(0)->clear_enabled();
  *wanted.add_triggers() = Trigger(0, "a", "Waiting");
  *wanted.add_triggers() = Trigger(0, "a", "Third");
  KeepStored(stored, &wanted);
  EXPECT_EQ(wanted.triggers(0).notification_id(), 8);
  EXPECT_FALSE(wanted.triggers(0).enabled());
  EXPECT_EQ(wanted.triggers(1).notification_id(), 7);
  EXPECT_TRUE(wanted.triggers(1).enabled());
  EXPECT_EQ(wanted.triggers(2).notification_id(), 0);
  EXPECT_TRUE(wanted.has_enabled());
  EXPECT_FALSE(wanted.enabled());
}

}  // namespace
}  // namespace windrow::cli
