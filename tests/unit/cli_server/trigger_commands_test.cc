#include <gmock/gmock.h>

#include "cli/exit_code.h"
#include "tests/unit/cli_server/server_fixture.h"

namespace windrow::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class TriggerCommandsTest : public ServerFixture {
 protected:
  TriggerCommandsTest() {
    EXPECT_EQ(Windrow({"webhook", "create", "--name", "t", "--url", "https://example.com",
                       "--event", "ticket.created"}),
              kOk)
        << err();
    id_ = Stored("t").webhook_id.ToString();
  }

  const std::vector<domain::Trigger> Triggers() { return Stored("t").spec.triggers; }
  std::string IdOf(std::size_t index) {
    return std::to_string(Triggers().at(index).notification_id);
  }

  std::string id_;
};

TEST_F(TriggerCommandsTest, AddPrintsTheNewTriggersNotificationId) {
  EXPECT_EQ(Windrow({"trigger", "add", id_, "--event", "ticket.updated", "--condition",
                     R"({"test":"greater","path":"object.price","values":[1.10]})"}),
            kOk)
      << err();
  ASSERT_THAT(Triggers(), SizeIs(2));
  EXPECT_EQ(out(), "notification_id:  " + IdOf(1) +
                       "\nevent_type:       ticket.updated\n"
                       "enabled:          yes\n"
                       "condition:\n"
                       "  test: greater\n  path: object.price\n  values: [1.10]\n");
  EXPECT_EQ(Triggers()[1].condition.test.values[0], "1.10");
}

TEST_F(TriggerCommandsTest, ConditionsComeFromYamlAndJsonFilesToo) {
  const std::string yaml =
      File("c.yaml",
           "any:\n  - {test: equals, path: object.a, values: [x, 1.10]}\n"
           "  - {test: in, path: object.a, values: [x, 1.10]}\n");
  EXPECT_EQ(Windrow({"trigger", "add", id_, "--event", "e", "--condition", "@" + yaml}),
            kFailed);  // equals takes one value: the server says so
  EXPECT_THAT(err(), HasSubstr("condition.any[0].test.values"));
  const std::string json =
      File("c.json", "\n {\"test\":\"exists\",\"path\":\"object.a\"}\n");
  EXPECT_EQ(Windrow({"trigger", "add", id_, "--event", "e", "--condition", "@" + json}),
            kOk);
  EXPECT_EQ(Windrow({"trigger", "add", id_, "--event", "e", "--condition",
                     "test: exist\npath: object.a"}),
            kUsage);
  EXPECT_THAT(err(), HasSubstr("condition:1:7: condition.test: is no test"));
  EXPECT_THAT(Triggers(), SizeIs(2));
}

TEST_F(TriggerCommandsTest, ListAndShow) {
  ASSERT_EQ(Windrow({"trigger", "add", id_, "--event", "b", "--disabled", "--condition",
                     "{test: exists, path: object.a}"}),
            kOk);
  EXPECT_EQ(Windrow({"trigger", "list", id_}), kOk);
  EXPECT_THAT(out(),
              AllOf(HasSubstr("NOTIFICATION_ID  EVENT_TYPE      ENABLED  CONDITION\n"),
                    HasSubstr(R"(b               no       {"test":"exists","path":)"
                              R"("object.a"})")));
  EXPECT_EQ(Windrow({"trigger", "list", id_, "-o", "jsonl"}), kOk);
  EXPECT_THAT(out(), HasSubstr(R"("event_type":"ticket.created")"));
  EXPECT_EQ(Windrow({"trigger", "show", id_, IdOf(1)}), kOk);
  EXPECT_THAT(out(), HasSubstr("condition:\n  test: exists\n  path: object.a\n"));
  EXPECT_EQ(Windrow({"trigger", "show", id_, "999"}), kNotFound);
  EXPECT_THAT(err(), HasSubstr("has no trigger 999"));
}

TEST_F(TriggerCommandsTest, EnableDisableUpdateAndRemoveTouchTheNamedOnesAlone) {
  ASSERT_EQ(Windrow({"trigger", "add", id_, "--event", "b"}), kOk);
  const std::string first = IdOf(0), second = IdOf(1);
  EXPECT_EQ(Windrow({"trigger", "disable", id_, second}), kOk);
  EXPECT_THAT(out(),
              AllOf(HasSubstr("enabled:          no"), Not(HasSubstr("ticket.created"))));
  EXPECT_TRUE(Triggers()[0].enabled);
  EXPECT_FALSE(Triggers()[1].enabled);
  EXPECT_EQ(Windrow({"trigger", "enable", id_, first, second}), kOk);
  EXPECT_TRUE(Triggers()[1].enabled);
  EXPECT_EQ(Windrow({"trigger", "update", id_, second, "--event", "c", "--condition",
                     "test: exists\npath: object.a"}),
            kOk);
  EXPECT_EQ(Triggers()[1].event_type, "c");
  EXPECT_EQ(IdOf(1), second) << "it keeps its id";
  EXPECT_EQ(Windrow({"trigger", "update", id_, second, "--no-condition"}), kOk);
  EXPECT_EQ(Triggers()[1].condition, domain::ConditionSpec());
  EXPECT_EQ(Windrow({"trigger", "update", id_, second}), kUsage);
  EXPECT_EQ(Windrow({"trigger", "remove", id_, second}), kOk);
  EXPECT_EQ(err(), "Trigger " + second + " is removed.\n");
  EXPECT_THAT(Triggers(), SizeIs(1));
  EXPECT_EQ(Windrow({"trigger", "remove", id_, first}), kUsage);
  EXPECT_THAT(err(), HasSubstr("at least one trigger"));
}

}  // namespace
}  // namespace windrow::cli
