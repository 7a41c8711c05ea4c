// Every kind of secret, with values that can be found again, through real programs and a
// PostgreSQL that logs all it is told: they must be in no log, no answer and no dump.
#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <stdio.h>

#include <fstream>
#include <sstream>

#include "common/crypto/ed25519_key.h"
#include "common/crypto/standard_webhooks.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/wait_for.h"
#include "tests/support/certificates.h"
#include "tests/support/raw_receiver.h"
#include "windrow/v1/delivery.grpc.pb.h"
#include "windrow/v1/event.grpc.pb.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::Certificate;
using testing_support::OkResponse;
using testing_support::RawConnection;
using testing_support::RawReceiver;

constexpr absl::Duration kLimit = absl::Seconds(60);

std::string Read(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class SecretsProcessTest : public PipelineTest {
 protected:
  SecretsProcessTest() {
    SetLogLevel("debug");
    const std::string name =
        database().Query("SELECT current_database()").value().at(0).at(0);
    for (const char* setting :
         {"log_statement = 'all'", "log_min_duration_statement = 0",
          "log_parameter_max_length = -1", "log_parameter_max_length_on_error = -1",
          "log_min_error_statement = 'debug1'", "log_min_messages = 'debug1'",
          "log_error_verbosity = 'verbose'", "debug_print_parse = on"}) {
      const auto set =
          database().Query(fmt::format("ALTER DATABASE \"{}\" SET {}", name, setting));
      EXPECT_TRUE(set.ok()) << set.status();
    }
  }

  // What must be found nowhere, in any form in which it might stand there.
  void Hide(const std::string& secret) {
    forms_.push_back(secret);
    forms_.push_back(absl::BytesToHexString(secret));
    forms_.push_back(absl::Base64Escape(secret));
    forms_.push_back(absl::WebSafeBase64Escape(secret));
  }
  void ExpectHidden(const std::string& where, const std::string& text) {
    EXPECT_FALSE(text.empty()) << where;
    for (const std::string& form : forms_) {
      EXPECT_EQ(text.find(form), std::string::npos) << where << " holds " << form;
    }
  }

  // Calls, and keeps the answer or the error for ExpectHidden.
  template <typename Stub, typename Request, typename Response>
  grpc::Status Call(Stub& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                 Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    const grpc::Status status = (stub.*method)(&context, request, response);
    answers_ += response->DebugString() + status.error_message() +
                absl::CEscape(status.error_details()) + "\n";
    return status;
  }

  std::string Dump() {
    const std::string command =
        fmt::format("{}/pg_dump --inserts '{}'", WINDROW_POSTGRES_BIN, database().url());
    FILE* pipe = popen(command.c_str(), "r");
    std::string text;
    char bytes[4096];
    while (const std::size_t got = fread(bytes, 1, sizeof bytes, pipe)) {
      text.append(bytes, got);
    }
    EXPECT_EQ(pclose(pipe), 0);
    return text;
  }

  std::vector<std::string> forms_;
  std::string answers_;
};

v1::Webhook NewWebhook(const std::string& name, const std::string& url) {
  v1::Webhook webhook;
  webhook.set_name(name);
  webhook.set_url(url);
  webhook.add_triggers()->set_event_type("ticket.created");
  webhook.mutable_timeout()->set_seconds(5);
  return webhook;
}

TEST_F(SecretsProcessTest, NoSecretIsInAnyLogAnswerOrDump) {
  RawReceiver tokens([](RawConnection& peer) {
    while (peer.ReadRequest()) {
      if (!peer.Send(OkResponse(
              R"({"access_token":"hunter2-access","token_type":"Bearer","expires_in":60})"))) {
        return;
      }
    }
  });
  RawReceiver endpoint([](RawConnection& peer) {
    while (peer.ReadRequest() && peer.Send(OkResponse())) {
    }
  });
  const std::string secret = crypto::SigningKey::Generate().ToSecret();
  const std::string next_secret = crypto::SigningKey::Generate().ToSecret();
  const std::string key = crypto::Ed25519Key::Generate().ToSecret();
  const std::string next_key = crypto::Ed25519Key::Generate().ToSecret();
  for (const std::string& text : {secret, next_secret, key, next_key}) {
    Hide(text);
    Hide(text.substr(text.find('_') + 1));
  }
  for (const char* text :
       {"hunter2-password", "hunter2-bearer", "hunter2-api", "hunter2-client",
        "hunter2-access", "windrow:hunter2-password", "hunter2-broken"}) {
    Hide(text);
  }
  const Certificate own = Certificate::SelfSigned({.name = "windrow"});
  const std::string pem = own.KeyPem();
  Hide(pem.substr(pem.find('\n') + 1, 40));

  const int port = FreePort();
  const auto server = StartLoopbackServer(port);
  const auto worker = StartLoopbackWorker({});
  const auto channel = grpc::CreateChannel(fmt::format("127.0.0.1:{}", port),
                                           grpc::InsecureChannelCredentials());
  ASSERT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() +
                                        std::chrono::seconds(60)));
  using Webhooks = v1::WebhookService::Stub;
  const auto webhooks = v1::WebhookService::NewStub(channel);
  const auto create = [&](const v1::Webhook& webhook, v1::Webhook* made) {
    v1::CreateWebhookRequest request;
    *request.mutable_webhook() = webhook;
    return Call(*webhooks, &Webhooks::CreateWebhook, request, made);
  };

  // Every kind of credential.
  v1::Webhook basic = NewWebhook(
      "basic",
      fmt::format("http://windrow:hunter2-password@127.0.0.1:{}/", endpoint.port()));
  basic.set_signing_secret(secret);
  basic.set_signing_key(key);
  basic.add_signature_schemes(v1::SIGNATURE_SCHEME_HMAC_SHA256);
  basic.add_signature_schemes(v1::SIGNATURE_SCHEME_ED25519);
  basic.mutable_api_key()->set_header("x-key");
  basic.mutable_api_key()->set_value("hunter2-api");
  basic.mutable_client_certificate()->set_certificate_chain(own.Pem());
  basic.mutable_client_certificate()->set_private_key(pem);
  v1::Webhook bearer = NewWebhook("bearer", endpoint.Url("/"));
  bearer.mutable_bearer_auth()->set_token("hunter2-bearer");
  bearer.set_signing_secret(secret);
  v1::Webhook oauth = NewWebhook("oauth", endpoint.Url("/"));
  oauth.mutable_oauth2()->set_token_url(tokens.Url("/token"));
  oauth.mutable_oauth2()->set_client_id("windrow");
  oauth.mutable_oauth2()->set_client_secret("hunter2-client");
  oauth.set_signing_secret(secret);
  v1::Webhook made;
  for (const v1::Webhook& webhook : {basic, bearer, oauth}) {
    ASSERT_TRUE(create(webhook, &made).ok()) << webhook.name() << answers_;
  }

  // What is refused, by us and by the database.
  v1::Webhook unused;
  EXPECT_EQ(create(bearer, &unused).error_code(), grpc::StatusCode::ALREADY_EXISTS);
  v1::Webhook broken = basic;
  broken.set_name("");
  broken.set_signing_secret("whsec_hunter2-broken");
  broken.set_signing_key("whsk_hunter2-broken");
  broken.mutable_client_certificate()->set_private_key("hunter2-broken");
  broken.mutable_bearer_auth()->set_token("hunter2-broken\n");
  broken.mutable_api_key()->set_value("hunter2-broken\n");
  broken.set_url("https://u:hunter2-broken@exa mple.com/");
  EXPECT_EQ(create(broken, &unused).error_code(), grpc::StatusCode::INVALID_ARGUMENT);

  // Another secret and key; the answer that shows a secret is not one to be searched.
  v1::ListWebhooksResponse list;
  ASSERT_TRUE(Call(*webhooks, &Webhooks::ListWebhooks, {}, &list).ok());
  ASSERT_EQ(list.webhooks_size(), 3);
  const std::string id = list.webhooks(2).webhook_id();  // newest first: basic
  {
    v1::RotateSigningSecretRequest request;
    request.set_webhook_id(id);
    request.set_signing_secret(next_secret);
    request.set_signing_key(next_key);
    request.set_etag("stale");
    v1::RotateSigningSecretResponse rotated;
    EXPECT_EQ(
        Call(*webhooks, &Webhooks::RotateSigningSecret, request, &rotated).error_code(),
        grpc::StatusCode::ABORTED);
    request.clear_etag();
    grpc::ClientContext context;
    ASSERT_TRUE(webhooks->RotateSigningSecret(&context, request, &rotated).ok());
    EXPECT_EQ(rotated.signing_secret(), next_secret);
    answers_ += rotated.webhook().DebugString();
  }

  // Deliveries, and everything that can be read.
  Publish(3);
  ASSERT_TRUE(WaitUntilAllEnded(kLimit));
  EXPECT_EQ(CountDeliveries(),
            (std::map<store::DeliveryState, int>{{store::DeliveryState::kSucceeded, 9}}));
  for (const v1::Webhook& webhook : list.webhooks()) {
    v1::GetWebhookRequest get;
    get.set_webhook_id(webhook.webhook_id());
    ASSERT_TRUE(Call(*webhooks, &Webhooks::GetWebhook, get, &made).ok());
    v1::PreviewPayloadRequest preview;
    preview.set_webhook_id(webhook.webhook_id());
    preview.set_escmsg_id(1);
    v1::PreviewPayloadResponse previewed;
    ASSERT_TRUE(Call(*webhooks, &Webhooks::PreviewPayload, preview, &previewed).ok());
  }
  using Deliveries = v1::DeliveryService::Stub;
  const auto deliveries = v1::DeliveryService::NewStub(channel);
  v1::ListDeliveriesRequest all;
  all.set_view(v1::DELIVERY_VIEW_FULL);
  v1::ListDeliveriesResponse records;
  ASSERT_TRUE(Call(*deliveries, &Deliveries::ListDeliveries, all, &records).ok());
  ASSERT_EQ(records.deliveries_size(), 9);
  for (const v1::Delivery& delivery : records.deliveries()) {
    v1::ListAttemptsRequest attempts;
    attempts.set_delivery_id(delivery.delivery_id());
    v1::ListAttemptsResponse listed;
    ASSERT_TRUE(Call(*deliveries, &Deliveries::ListAttempts, attempts, &listed).ok());
  }
  EXPECT_THAT(answers_, HasSubstr("authorization: ***"));
  ExpectHidden("the API", answers_);

  // The endpoint got them.
  const auto requests = endpoint.requests();
  std::string sent;
  for (const std::string& request : requests) sent += request;
  for (const char* text : {"hunter2-bearer", "hunter2-api", "hunter2-access"}) {
    EXPECT_THAT(sent, HasSubstr(text));
  }

  EXPECT_EQ(worker->Stop(), 0);
  EXPECT_EQ(server->Stop(), 0);
  ExpectHidden("the programs' log", Logs());
  ExpectHidden("a dump", Dump());
  const std::string log =
      Read(windrow::testing::PostgresCluster::Shared().value()->folder() + "/log");
  EXPECT_THAT(log, HasSubstr("INSERT INTO webhooks"));
  EXPECT_THAT(log, HasSubstr("webhooks_name"));  // the name that was taken
  ExpectHidden("PostgreSQL's log", log);
}

}  // namespace
}  // namespace windrow::integration
