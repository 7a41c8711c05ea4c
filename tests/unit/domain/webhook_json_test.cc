// SpecToJson, SecretsToJson and their ways back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/domain/webhook.h"

namespace windrow::domain {
namespace {

using testing::HasSubstr;
using testing::Not;

WebhookSpec Spec() {
  WebhookSpec spec;
  spec.name = "Tickets \"to\" Example";
  spec.description = "line\nline";
  spec.url = "https://example.com/hook?a=b";
  spec.has_basic_auth = true;
  spec.basic_auth_user = "user";
  spec.headers = {{"X-A", "1"}, {"X-B", ""}};
  spec.lightweight_logs = true;
  spec.payload = PayloadKind::kSmall;
  spec.triggers = {{7, "ticket.created", true}, {0, "ticket.closed", false}};
  spec.batching = {BatchMode::kSameEventType, absl::Milliseconds(1'500), 50};
  spec.retry = {.delays = {absl::ZeroDuration(), absl::Seconds(5)},
                .jitter = 0.1,
                .retry_after_cap = absl::Hours(1)};
  spec.timeout = absl::Seconds(10);
  spec.enabled = false;
  spec.labels = {{"env", "test"}, {"", "x"}};
  spec.has_bearer_token = true;
  spec.api_key_header = "x-key";
  spec.method = Method::kPut;
  spec.auto_disable = {absl::Hours(2), 7};
  return spec;
}

// As stored: an older release's rows must stay readable, so this text may grow and
// nothing of it may change.
constexpr char kSpecJson[] =
    R"({"name":"Tickets \"to\" Example","description":"line\nline",)"
    R"("url":"https://example.com/hook?a=b","has_basic_auth":true,)"
    R"("basic_auth_user":"user","has_bearer_token":true,"api_key_header":"x-key",)"
    R"("headers":[{"name":"X-A","value":"1"},{"name":"X-B","value":""}],)"
    R"("lightweight_logs":true,"method":"PUT","payload":"SMALL",)"
    R"("triggers":[{"notification_id":7,"event_type":"ticket.created","enabled":true},)"
    R"({"notification_id":0,"event_type":"ticket.closed","enabled":false}],)"
    R"("batching":{"mode":"SAME_EVENT_TYPE","wait":1500,"max_items":50},)"
    R"("retry":{"delays":[0,5000],"jitter":0.1,"retry_after_cap":3600000},)"
    R"("auto_disable":{"after":7200000,"consecutive_failures":7},)"
    R"("timeout":10000,"enabled":false,"labels":{"":"x","env":"test"}})";

TEST(SpecJsonTest, IsStoredInThisForm) { EXPECT_EQ(SpecToJson(Spec()), kSpecJson); }

TEST(SpecJsonTest, CredentialsAreStoredWhereThereAreAny) {
  WebhookSpec spec = Spec();
  spec.oauth2 = {.token_url = "https://id.example/token",
                 .client_id = "windrow",
                 .scope = "a b",
                 .audience = "api",
                 .secret_in_body = true};
  spec.client_certificate = {.subject = "CN=windrow",
                             .expires_at = absl::FromUnixSeconds(1'900'000'000)};
  const std::string json = SpecToJson(spec);
  EXPECT_THAT(
      json,
      HasSubstr(
          R"("oauth2":{"token_url":"https://id.example/token","client_id":"windrow",)"
          R"("scope":"a b","audience":"api","secret_in_body":true},)"
          R"("client_certificate":{"subject":"CN=windrow","expires_at":1900000000},)"));
  const absl::StatusOr<WebhookSpec> back = SpecFromJson(json);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, spec);
}

TEST(SpecJsonTest, AMessageIsStoredWithItsType) {
  WebhookSpec spec = Spec();
  spec.type = WebhookType::kMicrosoftTeams;
  spec.message_template = "{{object.id}}";
  const std::string json = SpecToJson(spec);
  EXPECT_THAT(json, HasSubstr(R"("lightweight_logs":true,"type":"MICROSOFT_TEAMS",)"
                              R"("message_template":"{{object.id}}","method":"PUT")"));
  const absl::StatusOr<WebhookSpec> back = SpecFromJson(json);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, spec);
}

TEST(SpecJsonTest, ReadsWhatIsStored) {
  const absl::StatusOr<WebhookSpec> spec = SpecFromJson(kSpecJson);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(*spec, Spec());
}

TEST(SpecJsonTest, ACustomPayloadComesBack) {
  WebhookSpec spec = Spec();
  spec.payload = PayloadKind::kCustom;
  spec.custom_payload.fields = {{"status", "object.status", true}, {"n", "object.n"}};
  const absl::StatusOr<WebhookSpec> back = SpecFromJson(SpecToJson(spec));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, spec);
}

TEST(SpecJsonTest, DefaultsComeBack) {
  const absl::StatusOr<WebhookSpec> spec = SpecFromJson(SpecToJson(WebhookSpec()));
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(*spec, WebhookSpec());
}

TEST(SpecJsonTest, AbsentFieldsHaveTheirDefaults) {
  const absl::StatusOr<WebhookSpec> spec = SpecFromJson(R"({"name":"n"})");
  ASSERT_TRUE(spec.ok()) << spec.status();
  WebhookSpec wanted;
  wanted.name = "n";
  EXPECT_EQ(*spec, wanted);
}

TEST(SpecJsonTest, UnknownFieldsAreRefusedAtEveryLevel) {
  for (const char* json :
       {R"({"name":"n","colour":"red"})", R"({"method":"DELETE"})",
        R"({"headers":[{"name":"a","secret":true}]})",
        R"({"triggers":[{"conditions":{}}]})", R"({"batching":{"by":"x"}})",
        R"({"retry":{"until":1}})", R"({"payload":"XML"})",
        R"({"batching":{"mode":"HOURLY"}})", R"({"oauth2":{"secret":"x"}})",
        R"({"type":"IRC"})", R"({"client_certificate":{"key":"x"}})"}) {
    EXPECT_EQ(SpecFromJson(json).status().code(), absl::StatusCode::kDataLoss) << json;
  }
  EXPECT_THAT(std::string(SpecFromJson(R"({"colour":"red"})").status().message()),
              HasSubstr("\"colour\""));
}

TEST(SpecJsonTest, WrongTypesAreRefused) {
  for (const char* json :
       {"", "[]", "{", R"({"name":1})", R"({"enabled":"true"})", R"({"enabled":null})",
        R"({"headers":{}})", R"({"headers":["a"]})", R"({"labels":[]})",
        R"({"labels":{"a":1}})", R"({"timeout":1.5})", R"({"timeout":"1"})",
        R"({"timeout":9223372036854775808})", R"({"batching":null})",
        R"({"batching":{"max_items":2147483648}})", R"({"retry":{"jitter":1e999}})"}) {
    EXPECT_EQ(SpecFromJson(json).status().code(), absl::StatusCode::kDataLoss) << json;
  }
}

TEST(SpecJsonTest, TheLargestSpecThatIsAllowedComesBack) {
  WebhookSpec spec = Spec();
  spec.has_basic_auth = false;
  spec.has_bearer_token = false;
  spec.api_key_header.clear();
  spec.method = Method::kPost;
  spec.description = std::string(4'096, '\x01');
  spec.headers.clear();
  for (int i = 0; i < 50; ++i) {
    spec.headers.push_back({"x-" + std::to_string(i), std::string(4'096, '"')});
  }
  spec.triggers.assign(100, {0, std::string(128, '\x01')});
  spec.labels.clear();
  for (int i = 0; i < 64; ++i) {
    std::string key(256, '\x01');
    key.replace(0, 2, std::to_string(10 + i));
    spec.labels[key] = std::string(256, '\x01');
  }
  Violations violations;
  Validate(spec, {}, "webhook", &violations);
  ASSERT_TRUE(violations.empty()) << violations.ToStatus();
  const absl::StatusOr<WebhookSpec> back = SpecFromJson(SpecToJson(spec));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, spec);
}

TEST(SecretsJsonTest, ComeBack) {
  const WebhookSecrets secrets = {"whsec_AAAA", "p\"\\ss:w\u00f6rd", "token", "key"};
  EXPECT_EQ(SecretsToJson(secrets),
            "{\"signing_secret\":\"whsec_AAAA\","
            "\"basic_auth_password\":\"p\\\"\\\\ss:w\u00f6rd\","
            "\"bearer_token\":\"token\",\"api_key\":\"key\"}");
  const absl::StatusOr<WebhookSecrets> back = SecretsFromJson(SecretsToJson(secrets));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, secrets);
}

TEST(SecretsJsonTest, ASecretBeforeARotationComesBack) {
  const WebhookSecrets secrets = {
      .signing_secret = "whsec_AAAA",
      .previous_signing_secret = "whsec_BBBB",
      .previous_valid_until = absl::FromUnixMillis(1'800'000'000'123)};
  EXPECT_EQ(SecretsFromJson(SecretsToJson(secrets)).value(), secrets);
}

TEST(SecretsJsonTest, SigningKeysAndSchemesComeBack) {
  const WebhookSecrets secrets = {
      .signing_key = "whsk_AAAA",
      .previous_signing_key = "whsk_BBBB",
      .previous_key_valid_until = absl::FromUnixMillis(1'800'000'000'123)};
  EXPECT_EQ(SecretsFromJson(SecretsToJson(secrets)).value(), secrets);
  WebhookSpec spec = Spec();
  EXPECT_THAT(SpecToJson(spec), Not(HasSubstr("signature_schemes")));  // the default
  spec.signature_schemes = {SignatureScheme::kEd25519, SignatureScheme::kHmacSha256};
  EXPECT_THAT(SpecToJson(spec),
              HasSubstr(R"("signature_schemes":["ED25519","HMAC_SHA256"])"));
  EXPECT_EQ(SpecFromJson(SpecToJson(spec)).value(), spec);
}

TEST(SecretsJsonTest, SecretsOfOAuthAndTlsComeBack) {
  const WebhookSecrets secrets = {
      .oauth2_client_secret = "s\n", .certificate_chain = "chain", .private_key = "key"};
  const absl::StatusOr<WebhookSecrets> back = SecretsFromJson(SecretsToJson(secrets));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, secrets);
}

TEST(SecretsJsonTest, UnknownFieldsAreRefusedWithoutTellingAnySecret) {
  for (const char* json :
       {R"({"signing_secret":"hunter2","token":"hunter2"})",
        R"({"signing_secret":["hunter2"]})", R"({"signing_secret":"hunter2)"}) {
    const absl::Status status = SecretsFromJson(json).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
  }
}

TEST(SpecJsonTest, ARateAndAnOrderingAreStoredWhereThereAreAny) {
  WebhookSpec spec = Spec();
  spec.rate = {.requests_per_second = 0.25, .max_concurrent_requests = 8};
  spec.ordering = Ordering::kPerObject;
  const std::string json = SpecToJson(spec);
  EXPECT_THAT(json, HasSubstr(R"("rate":{"requests_per_second":0.25,)"
                              R"("max_concurrent_requests":8},"ordering":"PER_OBJECT")"));
  EXPECT_EQ(SpecFromJson(json).value(), spec);
}

}  // namespace
}  // namespace windrow::domain
