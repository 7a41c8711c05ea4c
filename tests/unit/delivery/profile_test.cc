#include "workers/delivery/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace windrow::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Uuid kDelivery = *Uuid::Parse("0192f0c4-0000-7000-8000-000000000001");
const absl::Time kNow = absl::FromUnixMillis(1'614'265'330'900);

store::StoredWebhook Webhook() {
  store::StoredWebhook webhook;
  webhook.version = 4;
  webhook.spec.url = "https://a.example/hook";
  webhook.spec.timeout = absl::Seconds(12);
  webhook.secrets.signing_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  return webhook;
}

std::shared_ptr<const Profile> ProfileOf(const store::StoredWebhook& webhook) {
  return MakeProfile(webhook, /*allow_http=*/false).value();
}

TEST(ProfileTest, ARequestCarriesTypeAgentAndSignature) {
  const auto profile = ProfileOf(Webhook());
  const http::Request request =
      BuildRequest(*profile, Sign(*profile, kDelivery, kNow, R"({"id":1})"));
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://a.example/hook");
  EXPECT_EQ(request.timeout, absl::Seconds(12));
  EXPECT_FALSE(request.has_auth);
  // printf '0192f0c4-0000-7000-8000-000000000001.1614265330.{"id":1}' |
  //   openssl dgst -sha256 -mac HMAC -macopt hexkey:… -binary | base64
  EXPECT_THAT(
      request.headers,
      ElementsAre("content-type: application/json", "user-agent: Windrow/0.1.0",
                  "webhook-id: 0192f0c4-0000-7000-8000-000000000001",
                  "webhook-timestamp: 1614265330",
                  "webhook-signature: v1,2HIxqs7MUYhQMq5QiTpY7J9CRwVKzKyQeOB5DnxQfNY="));
}

TEST(ProfileTest, SignsAsThePublishedVectorsDo) {
  // The id of the vectors is not a UUID, so the key is asked itself.
  EXPECT_EQ(ProfileOf(Webhook())->signer.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek",
                                              absl::FromUnixSeconds(1614265330),
                                              R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(ProfileTest, CustomHeadersAndCredentialsGoOutAndAreMaskedOnRecord) {
  store::StoredWebhook webhook = Webhook();
  webhook.spec.headers = {{"x-team", "blue"}};
  webhook.spec.has_basic_auth = true;
  webhook.spec.basic_auth_user = "halo";
  webhook.secrets.basic_auth_password = "hunter2";
  const auto profile = ProfileOf(webhook);
  const SignatureLines lines = Sign(*profile, kDelivery, kNow, "{}");
  const http::Request request = BuildRequest(*profile, lines);
  EXPECT_THAT(request.headers, ::testing::Contains("x-team: blue"));
  EXPECT_TRUE(request.has_auth);
  EXPECT_EQ(request.user, "halo");
  EXPECT_EQ(request.password, "hunter2");

  const std::string shown = ShownHeaders(*profile, lines);
  EXPECT_THAT(shown, ::testing::StartsWith("content-type: application/json\r\n"
                                           "user-agent: Windrow/0.1.0\r\n"
                                           "x-team: ***\r\n"
                                           "authorization: ***\r\n"
                                           "webhook-id: 0192f0c4-0000-7000-8000-"
                                           "000000000001\r\n"
                                           "webhook-timestamp: 1614265330\r\n"
                                           "webhook-signature: v1,"));
  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
  EXPECT_THAT(shown, Not(HasSubstr("blue")));
}

TEST(ProfileTest, ACustomUserAgentReplacesOurs) {
  store::StoredWebhook webhook = Webhook();
  webhook.spec.headers = {{"User-Agent", "Halo"}};
  const auto profile = ProfileOf(webhook);
  EXPECT_THAT(profile->prototype.headers,
              ElementsAre("content-type: application/json", "User-Agent: Halo"));
}

TEST(ProfileTest, RefusesAnotherSchemeUnlessAllowed) {
  store::StoredWebhook webhook = Webhook();
  webhook.spec.url = "http://a.example/hook";
  const auto refused = MakeProfile(webhook, /*allow_http=*/false);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(MakeProfile(webhook, /*allow_http=*/true).ok());
}

TEST(ProfileTest, RefusesASecretThatIsNoneWithoutShowingIt) {
  store::StoredWebhook webhook = Webhook();
  webhook.secrets.signing_secret = "open sesame";
  const auto refused = MakeProfile(webhook, /*allow_http=*/false);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()), Not(HasSubstr("sesame")));
}

TEST(ProfileTest, TokensGoOutAndAreMaskedOnRecord) {
  store::StoredWebhook webhook = Webhook();
  webhook.spec.has_bearer_token = true;
  webhook.secrets.bearer_token = "hunter2";
  webhook.spec.api_key_header = "x-api-key";
  webhook.secrets.api_key = "hunter3";
  const auto profile = ProfileOf(webhook);
  const SignatureLines lines = Sign(*profile, kDelivery, kNow, "{}");
  EXPECT_THAT(
      BuildRequest(*profile, lines).headers,
      ::testing::IsSupersetOf({"authorization: Bearer hunter2", "x-api-key: hunter3"}));
  const std::string shown = ShownHeaders(*profile, lines);
  EXPECT_THAT(shown, HasSubstr("authorization: ***\r\nx-api-key: ***\r\n"));
  EXPECT_THAT(shown, Not(HasSubstr("hunter")));
}

TEST(ProfileTest, CredentialsOfOAuthAndTlsGoToTheSender) {
  store::StoredWebhook webhook = Webhook();
  webhook.webhook_id = kDelivery;
  webhook.spec.oauth2 = {.token_url = "https://id.example/token",
                         .client_id = "windrow",
                         .scope = "hooks",
                         .secret_in_body = true};
  webhook.spec.client_certificate = domain::ClientCertificateSpec{};
  webhook.secrets.oauth2_client_secret = "hunter2";
  webhook.secrets.certificate_chain = "chain";
  webhook.secrets.private_key = "hunter3";
  const auto profile = ProfileOf(webhook);
  const SignatureLines lines = Sign(*profile, kDelivery, kNow, "{}");
  const http::Request request = BuildRequest(*profile, lines);
  ASSERT_NE(request.oauth, nullptr);
  EXPECT_EQ(*request.oauth,
            (http::ClientCredentials{.owner = kDelivery.ToString(),
                                     .token_url = "https://id.example/token",
                                     .client_id = "windrow",
                                     .client_secret = "hunter2",
                                     .scope = "hooks",
                                     .secret_in_body = true}));
  ASSERT_NE(request.client_certificate, nullptr);
  EXPECT_EQ(request.client_certificate->chain, "chain");
  EXPECT_EQ(request.client_certificate->key, "hunter3");
  const std::string shown = ShownHeaders(*profile, lines);
  EXPECT_THAT(shown, HasSubstr("authorization: ***\r\n"));
  EXPECT_THAT(shown, Not(HasSubstr("hunter")));
  EXPECT_EQ(ProfileOf(Webhook())->prototype.oauth, nullptr);
}

TEST(ProfileTest, ATokenUrlIsHttpsUnlessAllowed) {
  store::StoredWebhook webhook = Webhook();
  webhook.spec.oauth2 = {.token_url = "http://id.example/token", .client_id = "windrow"};
  const auto refused = MakeProfile(webhook, /*allow_http=*/false);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("token URL"));
  EXPECT_TRUE(MakeProfile(webhook, /*allow_http=*/true).ok());
}

TEST(ProfileTest, AGetNamesNoContentType) {
  store::StoredWebhook webhook = Webhook();
  webhook.spec.method = domain::Method::kGet;
  const auto profile = ProfileOf(webhook);
  EXPECT_EQ(profile->prototype.method, "GET");
  EXPECT_FALSE(profile->sends_body());
  EXPECT_THAT(profile->prototype.headers, ElementsAre("user-agent: Windrow/0.1.0"));
}

TEST(ProfileTest, ARequestThatHoldsEventFieldsIsNotSentByAnotherUrl) {
  store::StoredWebhook webhook = Webhook();
  const auto plain = ProfileOf(webhook);
  webhook.spec.url = "https://b.example/";
  EXPECT_TRUE(ProfileOf(webhook)->CanTakeOver(*plain));
  webhook.spec.url = "https://b.example/{{object.id}}";
  const auto filled = ProfileOf(webhook);
  EXPECT_FALSE(filled->CanTakeOver(*plain));
  EXPECT_FALSE(plain->CanTakeOver(*filled));
  EXPECT_TRUE(filled->CanTakeOver(*filled));
  webhook.spec.method = domain::Method::kGet;
  EXPECT_FALSE(ProfileOf(webhook)->CanTakeOver(*filled));
}

TEST(ProfileTest, AMessagesTemplateIsPartOfTheContents) {
  store::StoredWebhook webhook = Webhook();
  webhook.spec.type = domain::WebhookType::kSlack;
  EXPECT_TRUE(ProfileOf(webhook)->contents.format.message.has_value());
  webhook.spec.message_template = "{{";
  EXPECT_EQ(MakeProfile(webhook, /*allow_http=*/false).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(ProfileTest, RefusesACustomPayloadThatDoesNotCompile) {
  store::StoredWebhook webhook = Webhook();
  webhook.spec.payload = domain::PayloadKind::kCustom;
  const auto refused = MakeProfile(webhook, /*allow_http=*/false);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("custom payload"));
}

TEST(ProfileTest, DuringARotationBothSecretsSignTheNewOneFirst) {
  store::StoredWebhook webhook = Webhook();
  const std::string old_secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  webhook.secrets.previous_signing_secret = old_secret;
  webhook.secrets.previous_valid_until = kNow + absl::Seconds(1);
  const auto profile = ProfileOf(webhook);
  const auto sign = [&](const std::string& secret, absl::Time at) {
    return crypto::SigningKey::Parse(secret)->Sign(kDelivery.ToString(),
                                                   absl::ToUnixSeconds(at), "{}");
  };
  EXPECT_EQ(Sign(*profile, kDelivery, kNow, "{}").signature,
            "webhook-signature: " + sign(webhook.secrets.signing_secret, kNow) + " " +
                sign(old_secret, kNow));
  const absl::Time later = kNow + absl::Seconds(1);
  EXPECT_EQ(Sign(*profile, kDelivery, later, "{}").signature,
            "webhook-signature: " + sign(webhook.secrets.signing_secret, later));
}

TEST(ProfileTest, DuringARotationOldAndNewOfEachSchemeSign) {
  store::StoredWebhook webhook = Webhook();
  webhook.spec.signature_schemes = {domain::SignatureScheme::kEd25519,
                                    domain::SignatureScheme::kHmacSha256};
  const crypto::Ed25519Key key = crypto::Ed25519Key::Generate();
  const crypto::Ed25519Key old_key = crypto::Ed25519Key::Generate();
  const std::string old_secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  webhook.secrets.signing_key = key.ToSecret();
  webhook.secrets.previous_signing_key = old_key.ToSecret();
  webhook.secrets.previous_key_valid_until = kNow + absl::Seconds(2);
  webhook.secrets.previous_signing_secret = old_secret;
  webhook.secrets.previous_valid_until = kNow + absl::Seconds(1);
  const auto profile = ProfileOf(webhook);
  const auto sign = [&](const auto& with, absl::Time at) {
    return with.Sign(kDelivery.ToString(), absl::ToUnixSeconds(at), "{}");
  };
  const auto secret = crypto::SigningKey::Parse(webhook.secrets.signing_secret).value();
  EXPECT_EQ(Sign(*profile, kDelivery, kNow, "{}").signature,
            "webhook-signature: " + sign(secret, kNow) + " " +
                sign(*crypto::SigningKey::Parse(old_secret), kNow) + " " +
                sign(key, kNow) + " " + sign(old_key, kNow));
  // Each overlap has an end of its own.
  const absl::Time later = kNow + absl::Seconds(1);
  EXPECT_EQ(Sign(*profile, kDelivery, later, "{}").signature,
            "webhook-signature: " + sign(secret, later) + " " + sign(key, later) + " " +
                sign(old_key, later));
}

TEST(ProfileTest, AKeyOfASchemeThatIsNotChosenSignsNothing) {
  store::StoredWebhook webhook = Webhook();
  webhook.secrets.signing_key = crypto::Ed25519Key::Generate().ToSecret();
  EXPECT_THAT(Sign(*ProfileOf(webhook), kDelivery, kNow, "{}").signature,
              Not(HasSubstr("v1a")));
  webhook.spec.signature_schemes = {domain::SignatureScheme::kEd25519};
  EXPECT_THAT(Sign(*ProfileOf(webhook), kDelivery, kNow, "{}").signature,
              ::testing::StartsWith("webhook-signature: v1a,"));
}

TEST(ProfileTest, WithoutAKeyOfEachSchemeNothingIsSent) {
  store::StoredWebhook webhook = Webhook();
  webhook.spec.signature_schemes.push_back(domain::SignatureScheme::kEd25519);
  const auto refused = MakeProfile(webhook, /*allow_http=*/false);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("rotate it"));
}

TEST(ProfileTest, HopsAreSaidFromTheSecondOn) {
  const auto profile = ProfileOf(Webhook());
  const SignatureLines second = Sign(*profile, kDelivery, kNow, "{}", 2);
  EXPECT_THAT(BuildRequest(*profile, second).headers,
              ::testing::Contains("windrow-hops: 2"));
  EXPECT_THAT(ShownHeaders(*profile, second), HasSubstr("\r\nwindrow-hops: 2\r\n"));
  const SignatureLines first = Sign(*profile, kDelivery, kNow, "{}", 1);
  EXPECT_THAT(ShownHeaders(*profile, first), Not(HasSubstr("hops")));
}

}  // namespace
}  // namespace windrow::delivery
