// A real worker that proves itself: by access tokens of a token server, and by a client
// certificate. What is secret of that is in no table.
#include <fmt/format.h>

#include <atomic>
#include <cstdio>

#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/wait_for.h"
#include "tests/support/certificates.h"

namespace windrow::integration {
namespace {

using store::DeliveryState;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using testing_support::Certificate;
using testing_support::OkResponse;
using testing_support::RawConnection;
using testing_support::RawReceiver;

constexpr absl::Duration kEndLimit = absl::Seconds(60);

class WorkerCredentialsTest : public PipelineTest {
 protected:
  // A webhook as Create makes it, with `change` made to it.
  template <typename Change>
  store::StoredWebhook CreateWith(const std::string& url, Change change) {
    store::StoredWebhook webhook = Create("Proved", url);
    change(&webhook.spec, &webhook.secrets);
    return store()
        .Update(kTenant, webhook.webhook_id, webhook.version, webhook.spec,
                webhook.secrets)
        .value();
  }

  // Every row of the tables that tell of a webhook and its deliveries.
  std::string AllRows() {
    std::string text;
    for (const char* table : {"webhooks", "webhook_versions", "deliveries", "attempts",
                              "delivery_bodies", "windows"}) {
      const auto rows =
          database().Query(fmt::format("SELECT t::text FROM {} t", table)).value();
      for (const auto& row : rows) text += row[0] + "\n";
    }
    return text;
  }

  std::vector<std::string> RequestHeadersOnRecord() {
    std::vector<std::string> headers;
    const auto page =
        store().ListDeliveries(kTenant, {.limit = 100, .bodies = true}).value();
    for (const auto& record : page.deliveries) headers.push_back(record.request_headers);
    return headers;
  }
};

std::string Hex(std::string_view text) {
  std::string hex;
  for (const char c : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

TEST_F(WorkerCredentialsTest, DeliveriesCarryTokensOfTheTokenServer) {
  std::atomic<int> given{0};
  RawReceiver tokens([&given](RawConnection& peer) {
    while (peer.ReadRequest()) {
      const std::string body = fmt::format(
          R"({{"access_token":"token-{}","token_type":"Bearer","expires_in":3600}})",
          ++given);
      if (!peer.Send(OkResponse(body))) return;
    }
  });
  // The first token is refused: all of its requests go out once more with the second.
  RawReceiver endpoint([](RawConnection& peer) {
    while (const auto request = peer.ReadRequest()) {
      const bool good =
          request->find("authorization: Bearer token-2\r\n") != std::string::npos;
      if (!peer.Send(good ? OkResponse()
                          : "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")) {
        return;
      }
    }
  });
  CreateWith(endpoint.Url("/hook"), [&](domain::WebhookSpec* spec,
                                        domain::WebhookSecrets* secrets) {
    spec->oauth2 = {
        .token_url = tokens.Url("/token"), .client_id = "windrow", .scope = "hooks"};
    secrets->oauth2_client_secret = "hunter2";
  });
  const auto worker = StartLoopbackWorker({});
  Publish(20);
  ASSERT_TRUE(WaitUntilAllEnded(kEndLimit));
  EXPECT_EQ(CountDeliveries(),
            (std::map<DeliveryState, int>{{DeliveryState::kSucceeded, 20}}));
  EXPECT_EQ(given, 2);
  EXPECT_THAT(tokens.requests(),
              Each(HasSubstr("\r\n\r\ngrant_type=client_credentials&scope=hooks")));

  EXPECT_THAT(RequestHeadersOnRecord(),
              AllOf(SizeIs(20), Each(HasSubstr("authorization: ***\r\n"))));
  const std::string rows = AllRows() + Logs();
  for (const std::string secret : {"hunter2", "token-1", "token-2"}) {
    EXPECT_THAT(rows, AllOf(Not(HasSubstr(secret)), Not(HasSubstr(Hex(secret)))));
  }
  EXPECT_EQ(worker->Stop(), 0);
}

TEST_F(WorkerCredentialsTest, WithoutATokenTheAttemptsSayWhy) {
  RawReceiver tokens([](RawConnection& peer) {
    while (peer.ReadRequest()) {
      if (!peer.Send("HTTP/1.1 401 X\r\ncontent-length: 26\r\n\r\n"
                     R"({"error":"invalid_client"})")) {
        return;
      }
    }
  });
  RawReceiver endpoint([](RawConnection& peer) { peer.WaitForClose(); });
  CreateWith(endpoint.Url("/hook"),
             [&](domain::WebhookSpec* spec, domain::WebhookSecrets* secrets) {
               spec->oauth2 = {.token_url = tokens.Url("/token"), .client_id = "windrow"};
               secrets->oauth2_client_secret = "wrong";
               spec->retry.delays.assign(2, absl::Milliseconds(10));
             });
  const auto worker = StartLoopbackWorker({});
  Publish(1);
  ASSERT_TRUE(WaitUntilAllEnded(kEndLimit));
  const auto page = store().ListDeliveries(kTenant, {.limit = 10}).value();
  ASSERT_THAT(page.deliveries, SizeIs(1));
  EXPECT_EQ(page.deliveries[0].state, DeliveryState::kFailed);
  const auto attempts =
      store().ListAttempts(kTenant, page.deliveries[0].delivery_id, 0, 10).value();
  ASSERT_THAT(attempts.attempts, SizeIs(2));
  for (const store::Attempt& attempt : attempts.attempts) {
    EXPECT_EQ(attempt.error, store::AttemptError::kToken);
    EXPECT_EQ(attempt.error_detail,
              "no access token: the token server answered 401: invalid_client");
  }
  EXPECT_EQ(endpoint.connections(), 0);
}

TEST_F(WorkerCredentialsTest, DeliveriesProveThemselvesInTls) {
  const Certificate authority = Certificate::SelfSigned({.name = "Authority"});
  const Certificate shown = authority.Issue({.name = "localhost"});
  const Certificate own = authority.Issue({.name = "windrow"});
  const std::string bundle = authority.WritePem();
  std::atomic<int> proved{0};
  RawReceiver endpoint(
      [&proved](RawConnection& peer) {
        while (peer.ReadRequest()) {
          if (peer.ClientName() == "windrow") ++proved;
          if (!peer.Send(OkResponse())) return;
        }
      },
      {.certificate = &shown, .clients = &authority});
  CreateWith(endpoint.UrlOf("localhost", "/hook"),
             [&](domain::WebhookSpec* spec, domain::WebhookSecrets* secrets) {
               spec->client_certificate = domain::ClientCertificateSpec{};
               secrets->certificate_chain = own.Pem();
               secrets->private_key = own.KeyPem();
             });
  const auto worker = StartLoopbackWorker({"--ca-bundle", bundle});
  Publish(10);
  EXPECT_TRUE(WaitUntilAllEnded(kEndLimit));
  std::remove(bundle.c_str());
  EXPECT_EQ(CountDeliveries(),
            (std::map<DeliveryState, int>{{DeliveryState::kSucceeded, 10}}));
  EXPECT_EQ(proved, 10);
  // A line of the key's base64.
  const std::string key = own.KeyPem();
  const std::size_t line = key.find('\n') + 1;
  const std::string secret = key.substr(line, 40);
  EXPECT_THAT(AllRows() + Logs(),
              AllOf(Not(HasSubstr(secret)), Not(HasSubstr(Hex(secret)))));
}

}  // namespace
}  // namespace windrow::integration
