#include "cli/proto_json.h"

#include <gtest/gtest.h>

#include "windrow/v1/delivery.pb.h"
#include "windrow/v1/event.pb.h"
#include "windrow/v1/webhook.pb.h"

namespace windrow::cli {
namespace {

TEST(ToJsonTest, AnEventIsALineThatCanBePublishedAgain) {
  v1::Event event;
  event.set_escmsg_id(9007199254740993);
  event.set_type("t");
  event.set_object("{\"n\": 1.10,\n\"s\":\"\\u0000\"}");
  auto* linked = event.add_linked_objects();
  linked->set_name("customer");
  linked->set_object(R"({"id":7})");
  event.mutable_occur_time()->set_seconds(1795600800);
  event.mutable_occur_time()->set_nanos(120000000);
  EXPECT_EQ(
      ToJson(event, false),
      R"({"escmsg_id":9007199254740993,"type":"t",)"
      R"("object":{"n": 1.10, "s":"\u0000"},"linked_objects":{"customer":{"id":7}},)"
      R"("occur_time":"2026-11-25T10:00:00.12Z"})");
}

TEST(ToJsonTest, AnIndentedEventKeepsItsBytes) {
  v1::Event event;
  event.set_object("{\"n\":\n1}");
  EXPECT_EQ(ToJson(event, true), "{\n  \"escmsg_id\": 0,\n  \"object\": {\"n\":\n1}\n}");
}

TEST(ToJsonTest, BytesAreTextWhereTheyAreUtf8) {
  v1::Attempt attempt;
  attempt.set_attempt(1);
  attempt.set_error(v1::ATTEMPT_ERROR_HTTP);
  attempt.set_response_body("a \"b\"\n\xc3\xa9");
  EXPECT_EQ(ToJson(attempt, false),
            "{\"attempt\":1,\"late\":false,\"status_code\":0,\"error\":\"HTTP\","
            "\"request_bytes\":0,\"response_bytes\":0,"
            "\"response_body\":\"a \\\"b\\\"\\n\xc3\xa9\"}");
  attempt.set_response_body("\xff\x00x");
  attempt.set_response_body(std::string("\xff\x00", 2));
  EXPECT_NE(ToJson(attempt, false).find(R"("response_body_base64":"/wA=")"),
            std::string::npos);
}

TEST(ToJsonTest, NestedMessagesListsAndMaps) {
  v1::Webhook webhook;
  webhook.set_name("n");
  webhook.add_triggers()->set_event_type("a");
  webhook.set_enabled(false);
  (*webhook.mutable_labels())["z"] = "1";
  (*webhook.mutable_labels())["b"] = "2";
  webhook.mutable_timeout()->set_seconds(90);
  EXPECT_EQ(ToJson(webhook, false),
            R"({"name":"n","lightweight_logs":false,"triggers":[{"notification_id":0,)"
            R"("event_type":"a"}],"timeout":"1m30s","enabled":false,)"
            R"("labels":{"b":"2","z":"1"},"consecutive_failures":0,"max_hops":0})");
  EXPECT_EQ(ToJson(v1::ListWebhooksResponse(), true), "{}");
}

TEST(EnumTextTest, LeavesTheTypesPrefixOut) {
  const auto* states = v1::DeliveryState_descriptor();
  EXPECT_EQ(EnumText(states->FindValueByNumber(3)), "IN_FLIGHT");
  EXPECT_EQ(EnumText(states->FindValueByNumber(0)), "");
}

}  // namespace
}  // namespace windrow::cli
