#include "services/control_plane/preview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/standard_webhooks.h"
#include "tests/support/fake_store.h"
#include "tests/unit/control_plane/webhook_messages.h"

namespace windrow::control_plane {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const absl::Time kNow = absl::FromUnixSeconds(1'614'265'330);

PreviewInput Input() {
  PreviewInput input;
  input.webhook.tenant_id = 1;
  input.webhook.spec.url = "https://example.com/hook";
  input.webhook.spec.payload = domain::PayloadKind::kEventOnly;
  input.webhook.spec.triggers = {{5, "ticket.created"}, {6, "ticket.closed"}};
  input.event = {.tenant_id = 1, .escmsg_id = 7};
  input.event.event.type = "ticket.closed";
  input.event.event.object_type = "ticket";
  input.event.event.object_id = "42";
  input.event.event.object = R"({"id":42})";
  return input;
}

v1::PreviewPayloadResponse Previewed(const PreviewInput& input) {
  v1::PreviewPayloadResponse response;
  const absl::Status status = Preview(input, kNow, &response);
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

TEST(PreviewTest, ShowsTheRequestThatTheWorkerWouldSend) {
  const auto response = Previewed(Input());
  EXPECT_EQ(response.method(), "POST");
  EXPECT_EQ(response.url(), "https://example.com/hook");
  EXPECT_THAT(response.headers(), ElementsAre("content-type: application/json",
                                              StartsWith("user-agent: Windrow/")));
  EXPECT_THAT(response.body(), HasSubstr(R"("notification_id":6,"escmsg_id":7)"));
}

TEST(PreviewTest, BatchedBodiesAreArrays) {
  PreviewInput input = Input();
  input.webhook.spec.batching.mode = domain::BatchMode::kAny;
  EXPECT_THAT(Previewed(input).body(), StartsWith("[{"));
  EXPECT_THAT(Previewed(input).body(), EndsWith("}]"));
}

TEST(PreviewTest, TheSignatureIsValidForTheBody) {
  PreviewInput input = Input();
  input.webhook.secrets.signing_secret = kSecret;
  const auto response = Previewed(input);
  const auto key = crypto::SigningKey::Parse(kSecret).value();
  const std::string id = response.headers(2).substr(std::string("webhook-id: ").size());
  EXPECT_EQ(response.headers(3), "webhook-timestamp: 1614265330");
  EXPECT_EQ(response.headers(4),
            "webhook-signature: " + key.Sign(id, 1'614'265'330, response.body()));
}

TEST(PreviewTest, SecretsAreMasked) {
  PreviewInput input = Input();
  input.webhook.spec.headers = {{"x-team", "hunter1"}};
  input.webhook.spec.has_bearer_token = true;
  input.webhook.secrets.bearer_token = "hunter2";
  input.webhook.spec.api_key_header = "x-key";
  input.webhook.secrets.api_key = "hunter3";
  const auto response = Previewed(input);
  EXPECT_THAT(response.ShortDebugString(), Not(HasSubstr("hunter")));
  for (const char* line : {"x-team: ***", "authorization: ***", "x-key: ***"}) {
    EXPECT_THAT(response.headers(), Contains(line));
  }
  PreviewInput with_oauth = Input();
  with_oauth.webhook.spec.oauth2 = domain::OAuth2Spec{};
  EXPECT_THAT(Previewed(with_oauth).headers(), Contains("authorization: ***"));
}

TEST(PreviewTest, AGetHasItsFieldsInTheUrlAndNoBody) {
  PreviewInput input = Input();
  input.webhook.spec.method = domain::Method::kGet;
  input.webhook.spec.url = "https://example.com/{{object.id}}";
  const auto response = Previewed(input);
  EXPECT_EQ(response.method(), "GET");
  EXPECT_EQ(response.url(), "https://example.com/42");
  EXPECT_THAT(response.body(), IsEmpty());
  EXPECT_THAT(response.headers(), Not(Contains(StartsWith("content-type"))));
}

TEST(PreviewTest, AMessageIsShownAsItsProductGetsIt) {
  PreviewInput input = Input();
  input.webhook.spec.type = domain::WebhookType::kDiscord;
  input.webhook.spec.message_template = "No. {{object.id}}";
  const auto response = Previewed(input);
  EXPECT_EQ(response.body(), R"({"content":"No. 42","allowed_mentions":{"parse":[]}})");
  EXPECT_THAT(response.headers(), Contains("content-type: application/json"));
}

TEST(PreviewTest, ATriggerCanBeNamedButMustBeOne) {
  PreviewInput input = Input();
  input.notification_id = 5;
  EXPECT_THAT(Previewed(input).body(), HasSubstr(R"("notification_id":5)"));
  input.notification_id = 9;
  v1::PreviewPayloadResponse response;
  EXPECT_THAT(std::string(Preview(input, kNow, &response).message()),
              HasSubstr("notification_id"));
}

TEST(PreviewTest, WithoutATriggerOfItsTypeTheFirstIsTaken) {
  PreviewInput input = Input();
  input.event.event.type = "ticket.deleted";
  EXPECT_THAT(Previewed(input).body(), HasSubstr(R"("notification_id":5)"));
}

class PreviewPayloadTest : public ::testing::Test {
 protected:
  absl::Status Ask(v1::PreviewPayloadRequest request) {
    return PreviewPayload({store_, store_, store_}, {}, 1, &request, &response_);
  }

  ManualClock clock_{kNow};
  testing::FakeStore store_{clock_};
  v1::PreviewPayloadResponse response_;
};

v1::Event NewEvent() {
  v1::Event event;
  event.set_type("ticket.created");
  event.set_object_type("ticket");
  event.set_object_id("42");
  event.set_object(R"({"id":42})");
  return event;
}

TEST_F(PreviewPayloadTest, NeitherWebhookNorEventNeedBeSaved) {
  v1::PreviewPayloadRequest request;
  *request.mutable_webhook() = MinimalWebhook();
  *request.mutable_event() = NewEvent();
  ASSERT_TRUE(Ask(request).ok());
  EXPECT_THAT(response_.body(), EndsWith(R"("ticket":{"id":42}})"));
}

TEST_F(PreviewPayloadTest, SmallHasTheKeyFieldsThatTheCatalogueNames) {
  ASSERT_TRUE(store_
                  .UpdateEventType(1, 1,
                                   {.name = "ticket.created",
                                    .object_type = "ticket",
                                    .key_fields = {"summary"}})
                  .ok());
  v1::PreviewPayloadRequest request;
  *request.mutable_webhook() = MinimalWebhook();
  request.mutable_webhook()->set_payload(v1::PAYLOAD_KIND_SMALL);
  *request.mutable_event() = NewEvent();
  request.mutable_event()->set_object(R"({"id":42,"summary":["a", 1.10]})");
  ASSERT_TRUE(Ask(request).ok());
  EXPECT_THAT(response_.body(), EndsWith(R"("ticket":{"summary":["a", 1.10]}})"));
}

TEST_F(PreviewPayloadTest, WhatIsNotSavedIsCheckedAsIfItWere) {
  v1::PreviewPayloadRequest request;
  *request.mutable_webhook() = MinimalWebhook();
  request.mutable_webhook()->set_url("ftp://x/");
  *request.mutable_event() = NewEvent();
  EXPECT_THAT(std::string(Ask(request).message()), HasSubstr("webhook.url"));
  request.mutable_webhook()->set_url("https://example.com/");
  request.mutable_event()->set_object("{");
  EXPECT_THAT(std::string(Ask(request).message()), HasSubstr("event.object"));
}

TEST_F(PreviewPayloadTest, WhatIsNotThereIsNotFound) {
  v1::PreviewPayloadRequest request;
  request.set_webhook_id("0192f0c4-0000-7000-8000-000000000001");
  *request.mutable_event() = NewEvent();
  EXPECT_EQ(Ask(request).code(), absl::StatusCode::kNotFound);
  *request.mutable_webhook() = MinimalWebhook();
  request.set_escmsg_id(99);
  EXPECT_EQ(Ask(request).code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace windrow::control_plane
