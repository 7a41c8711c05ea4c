// Who is let in: every method with every kind of key, against a real server.
#include <fmt/format.h>

#include <chrono>
#include <regex>
#include <thread>

#include "common/crypto/api_key.h"
#include "tests/integration/api_fixture.h"
#include "tests/integration/wait_for.h"
#include "windrow/v1/api_key.grpc.pb.h"
#include "windrow/v1/delivery.grpc.pb.h"
#include "windrow/v1/event.grpc.pb.h"
#include "windrow/v1/event_type.grpc.pb.h"
#include "windrow/v1/operation.grpc.pb.h"
#include "windrow/v1/stats.grpc.pb.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::integration {
namespace {

using domain::Scope;
using grpc::StatusCode;
using ::testing::HasSubstr;

class AccessTest : public ApiTest {
 protected:
  static std::string Bearer(const Key& key) { return "Bearer " + key.text; }
  ApiAnswer Get(const std::string& authorization) {
    return Call(*channel_, MethodNamed("ListWebhooks"), "", authorization);
  }

  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(AccessTest, NoMethodIsForThoseWithoutAGoodKey) {
  const Key good = MakeKey(kTenant, Scope::kAdmin);
  const Key revoked = MakeKey(kTenant, Scope::kAdmin);
  const Key expired = MakeKey(
      kTenant, {.scope = Scope::kAdmin, .expires_at = absl::Now() - absl::Seconds(1)});
  ASSERT_TRUE(access_->RevokeApiKey(kTenant, revoked.key_id).ok());
  const Key wrong{.text = crypto::GenerateApiKey().text};
  StartServer();
  channel_ = Connect();
  const std::pair<std::string, const char*> cases[] = {
      {"", "API_KEY_REQUIRED"},
      {"Bearer nonsense", "API_KEY_INVALID"},
      {Bearer(wrong), "API_KEY_INVALID"},
      {Bearer(revoked), "API_KEY_REVOKED"},
      {Bearer(expired), "API_KEY_EXPIRED"}};
  for (const auto* method : ApiMethods()) {
    for (const auto& [authorization, reason] : cases) {
      const ApiAnswer answer = Call(*channel_, *method, "", authorization);
      EXPECT_EQ(answer.status.error_code(), StatusCode::UNAUTHENTICATED)
          << method->name() << ", " << reason;
      EXPECT_EQ(answer.reason, reason) << method->name();
      EXPECT_EQ(answer.text, "") << method->name();
    }
  }
  EXPECT_TRUE(Get(Bearer(good)).status.ok());
}

TEST_F(AccessTest, EachMethodIsForItsScopeAndAdmins) {
  const Key reader = MakeKey(kTenant, Scope::kRead);
  const Key publisher = MakeKey(kTenant, Scope::kPublish);
  const Key admin = MakeKey(kTenant, Scope::kAdmin);
  StartServer();
  channel_ = Connect();
  const std::regex reads("(Get|List|Watch|Explain|Preview).*");
  for (const auto* method : ApiMethods()) {
    const std::string& name = method->name();
    const bool publishes = name.find("Publish") != std::string::npos;
    const bool is_read =
        std::regex_match(name, reads) && name.find("ApiKey") == std::string::npos;
    const std::pair<const Key*, bool> cases[] = {
        {&reader, is_read}, {&publisher, publishes}, {&admin, true}};
    for (const auto& [key, may] : cases) {
      const ApiAnswer answer = Call(*channel_, *method, "", Bearer(*key));
      EXPECT_NE(answer.status.error_code(), StatusCode::UNAUTHENTICATED);
      EXPECT_EQ(answer.status.error_code() == StatusCode::PERMISSION_DENIED, !may)
          << name << ": " << answer.status.error_message();
      if (may) continue;
      EXPECT_EQ(answer.reason, "SCOPE_NEEDED") << name;
    }
  }
}

TEST_F(AccessTest, LoopbackIsLetInUntilTheFirstKeyIsMade) {
  StartServer();
  channel_ = Connect();
  EXPECT_TRUE(Get("").status.ok());
  // Made by the API, by whoever is on this machine: from its answer on it is needed.
  const ApiAnswer made = Call(*channel_, MethodNamed("CreateApiKey"),
                              "api_key { name: 'first' scope: API_KEY_SCOPE_ADMIN }", "");
  ASSERT_TRUE(made.status.ok()) << made.status.error_message();
  EXPECT_THAT(made.text, HasSubstr("creator: \"anonymous\""));
  std::smatch key;
  ASSERT_TRUE(std::regex_search(made.text, key, std::regex("windrow_[a-z2-7_]+")));
  EXPECT_EQ(Get("").reason, "API_KEY_REQUIRED");
  EXPECT_TRUE(Get("Bearer " + key.str()).status.ok());
  const auto rows = database().Query("SELECT key_id, api_keys::text FROM api_keys");
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_THAT((*rows)[0][1], ::testing::Not(HasSubstr(key.str().substr(21, 52))));
}

TEST_F(AccessTest, AKeyMadeElsewhereIsGoodAtOnce) {
  MakeKey(kTenant, Scope::kRead);
  StartServer();
  channel_ = Connect();
  EXPECT_EQ(Get("").reason, "API_KEY_REQUIRED");
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Get(Bearer(MakeKey(kTenant, Scope::kRead))).status.ok());
  }
}

TEST_F(AccessTest, RevocationEndsOpenStreamsOfEveryServerWithinTwoSeconds) {
  const Key admin = MakeKey(kTenant, Scope::kAdmin);
  StartServer();
  channel_ = Connect();
  grpc::ClientContext publishing, watching;
  for (grpc::ClientContext* context : {&publishing, &watching}) {
    context->AddMetadata("authorization", Bearer(admin));
    context->set_wait_for_ready(true);
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  }
  const auto events = v1::EventService::NewStub(channel_);
  const auto stream = events->PublishEvent(&publishing);
  v1::PublishEventRequest request;
  request.mutable_event()->set_type("ticket.created");
  request.mutable_event()->set_object_type("ticket");
  request.mutable_event()->set_object_id("7");
  request.mutable_event()->set_object("{}");
  v1::PublishEventResponse published;
  ASSERT_TRUE(stream->Write(request) && stream->Read(&published));
  EXPECT_TRUE(published.has_published());
  const auto deliveries = v1::DeliveryService::NewStub(channel_);
  const auto watch = deliveries->WatchDeliveries(&watching, {});
  v1::WatchDeliveriesResponse begun;
  ASSERT_TRUE(watch->Read(&begun));

  const absl::Time revoked = absl::Now();
  ASSERT_TRUE(access_->RevokeApiKey(kTenant, admin.key_id).ok());
  EXPECT_FALSE(stream->Read(&published));
  EXPECT_FALSE(watch->Read(&begun));
  EXPECT_LT(absl::Now() - revoked, absl::Seconds(2));
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(watch->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Get(Bearer(admin)).reason, "API_KEY_REVOKED");
}

TEST_F(AccessTest, ARateRefusesCallsAndSlowsStreams) {
  const Key key = MakeKey(kTenant, {.scope = Scope::kAdmin, .requests_per_second = 20});
  StartServer();
  channel_ = Connect();
  grpc::ClientContext context;
  context.AddMetadata("authorization", Bearer(key));
  context.set_wait_for_ready(true);
  const auto events = v1::EventService::NewStub(channel_);
  const auto stream = events->PublishEvent(&context);
  v1::PublishEventRequest request;
  request.mutable_event()->set_type("ticket.created");
  request.mutable_event()->set_object_type("ticket");
  request.mutable_event()->set_object_id("7");
  request.mutable_event()->set_object("{}");
  const absl::Time start = absl::Now();
  std::thread writer([&] {
    for (int i = 0; i < 60; ++i) stream->Write(request);
    stream->WritesDone();
  });
  v1::PublishEventResponse published;
  int answered = 0;
  while (stream->Read(&published)) answered += published.has_published() ? 1 : 0;
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(answered, 60);
  // A second's worth at once, the other 40 at 20 a second.
  EXPECT_GT(absl::Now() - start, absl::Seconds(1.8));
  ApiAnswer refused;
  for (int i = 0; i < 100 && refused.status.ok(); ++i) refused = Get(Bearer(key));
  EXPECT_EQ(refused.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.reason, "RATE_LIMITED");
  EXPECT_THAT(refused.status.error_details(), HasSubstr("google.rpc.RetryInfo"));
  EXPECT_TRUE(WaitFor([&] { return Get(Bearer(key)).status.ok(); }, absl::Seconds(10)));
}

}  // namespace
}  // namespace windrow::integration
