// What is in a request.
#include <fmt/format.h>

#include "common/json/document.h"
#include "tests/semantics/semantics_fixture.h"

namespace windrow::semantics {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Payloads = SemanticsTest;

v1::CustomPayload Row(const std::string& key, const std::string& source, bool send_id) {
  v1::CustomPayload custom;
  v1::CustomField* field = custom.add_fields();
  field->set_key(key);
  field->set_source(source);
  field->set_send_id(send_id);
  return custom;
}

v1::CustomPayload Template(const std::string& text) {
  v1::CustomPayload custom;
  custom.set_template_(text);
  return custom;
}

TEST_F(Payloads, Case11_SendIdChoosesTheIdOfASingleSelectOnly) {
  const v1::Event event = Updated(R"({"status":{"id":9,"name":"Closed"},"text":"abc",)"
                                  R"("many":[{"id":1,"name":"a"},{"id":2,"name":"b"}]})");
  const auto body = [&](const char* source, bool send_id) {
    return Custom(Row("x", source, send_id), event);
  };
  EXPECT_THAT(body("object.status", true), EndsWith(R"(,"x":9})"));
  EXPECT_THAT(body("object.status", false), EndsWith(R"(,"x":"Closed"})"));
  EXPECT_THAT(body("object.text", true), EndsWith(R"(,"x":"abc"})"));
  EXPECT_THAT(body("object.text", false), EndsWith(R"(,"x":"abc"})"));
  EXPECT_THAT(body("object.many", true),
              EndsWith(R"(,"x":[{"id":1,"name":"a"},{"id":2,"name":"b"}]})"));

  // Once the catalogue knows the type, the mistake is found when the webhook is saved.
  domain::EventTypeSpec type = store_.GetEventType(1, "ticket.updated")->spec;
  type.example = event.object();
  ASSERT_TRUE(store_.UpdateEventType(1, 1, type).ok());
  v1::Webhook webhook = NewWebhook();
  webhook.set_payload(v1::PAYLOAD_KIND_CUSTOM);
  *webhook.mutable_custom_payload() = Row("x", "object.many", true);
  EXPECT_THAT(Refusals(webhook),
              ElementsAre("webhook.custom_payload.fields[0].send_id: is for "
                          "single-selects only, and this field holds several values"));
  *webhook.mutable_custom_payload() = Row("x", "object.status", true);
  EXPECT_THAT(Refusals(webhook), IsEmpty());
}

TEST_F(Payloads, Case12_NullStaysNull) {
  const v1::Event event = Updated(R"({"none":null,"unnamed":{"id":9,"name":null}})");
  EXPECT_THAT(Custom(Row("x", "object.none", true), event), EndsWith(R"(,"x":null})"));
  EXPECT_THAT(Custom(Row("x", "object.none", false), event), EndsWith(R"(,"x":null})"));
  EXPECT_THAT(Custom(Row("x", "object.unnamed", false), event),
              EndsWith(R"(,"x":null})"));
}

TEST_F(Payloads, Case13_AKeyMayNotHideTheEnvelope) {
  const auto refusals = [this](const char* key) {
    v1::Webhook webhook = NewWebhook();
    webhook.set_payload(v1::PAYLOAD_KIND_CUSTOM);
    *webhook.mutable_custom_payload() = Row(key, "object.id", false);
    return Refusals(webhook);
  };
  for (const char* key : {"id", "timestamp"}) {
    EXPECT_THAT(refusals(key),
                ElementsAre(HasSubstr("webhook.custom_payload.fields[0].key")))
        << key;
  }
  EXPECT_THAT(refusals("Id"), IsEmpty());
}

TEST_F(Payloads, Case14_APlaceholderAloneKeepsItsTypeAndInTextBecomesText) {
  const v1::CustomPayload custom =
      Template(R"({"n": "{{object.count}}", "t": "no. {{object.count}}"})");
  EXPECT_THAT(Custom(custom, Updated(R"({"count":5})")),
              EndsWith(R"("n": 5, "t": "no. 5"})"));
  const std::string quoted = Custom(custom, Updated(R"({"count":"5\""})"));
  EXPECT_TRUE(json::Document::ParseObject(quoted).ok()) << quoted;
  EXPECT_THAT(quoted, EndsWith(R"("n": "5\"", "t": "no. 5\""})"));
  EXPECT_THAT(Custom(custom, Updated("{}")), EndsWith(R"("n": null, "t": "no. "})"));
}

TEST_F(Payloads, Case15_SmallKeepsScalarsAndSingleSelectsInTheirOrder) {
  std::string object = "{", kept = "{";
  for (int i = 0; i < 200; ++i) {
    const char* values[] = {"1.10", R"({"id":9,"name":"Closed"})", "[1]", R"({"a":1})"};
    const std::string member = fmt::format(R"("f{}":{})", 199 - i, values[i % 4]);
    object += (i > 0 ? "," : "") + member;
    if (i % 4 < 2) kept += (kept.size() > 1 ? "," : "") + member;
  }
  const auto saved = Save(NewWebhook());
  Publish({Updated(object + "}")});
  EXPECT_THAT(SendDue(saved).at(0).body, EndsWith(R"("ticket":)" + kept + "}}"));
}

TEST_F(Payloads, Case16_AnEventNameOfAnyCharactersIsEscaped) {
  const std::string type = "say \"hi\"\nnow \xF0\x9F\x8E\x89";
  v1::Webhook webhook = NewWebhook();
  webhook.mutable_triggers(0)->set_event_type(type);
  const auto saved = Save(webhook);
  v1::Event event = Updated("{}");
  event.set_type(type);
  Publish({event});
  const std::string body = SendDue(saved).at(0).body;
  EXPECT_TRUE(json::Document::ParseObject(body).ok()) << body;
  EXPECT_THAT(body, HasSubstr(R"("event":"say \"hi\"\nnow )"));
}

}  // namespace
}  // namespace windrow::semantics
