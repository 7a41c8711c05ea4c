#include "common/domain/auth_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace windrow::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

WebhookSpec Spec() {
  WebhookSpec spec;
  spec.oauth2 = {.token_url = "https://id.example/token", .client_id = "windrow"};
  return spec;
}

std::vector<std::string> BrokenFields(const WebhookSpec& spec,
                                      const WebhookSecrets& secrets) {
  Violations violations;
  CheckAuth(spec, secrets, "webhook", &violations);
  std::vector<std::string> fields;
  for (const Violation& violation : violations.list()) fields.push_back(violation.field);
  return fields;
}

const WebhookSecrets kSecrets{.basic_auth_password = "p",
                              .bearer_token = "t",
                              .api_key = "k",
                              .oauth2_client_secret = "s"};

TEST(CheckAuthTest, ClientCredentialsNeedIdAndSecret) {
  EXPECT_THAT(BrokenFields(Spec(), kSecrets), IsEmpty());
  WebhookSpec spec = Spec();
  spec.oauth2->client_id = "";
  EXPECT_THAT(BrokenFields(spec, {}),
              ElementsAre("webhook.oauth2.client_id", "webhook.oauth2.client_secret"));
}

TEST(CheckAuthTest, ClientCredentialsHaveTheirLimits) {
  WebhookSpec spec = Spec();
  WebhookSecrets secrets;
  spec.oauth2->client_id = std::string(1'024, 'a');
  spec.oauth2->scope = spec.oauth2->audience = std::string(2'048, 'a');
  secrets.oauth2_client_secret = std::string(8'192, 'a');
  EXPECT_THAT(BrokenFields(spec, secrets), IsEmpty());
  spec.oauth2->client_id += 'a';
  spec.oauth2->scope += 'a';
  spec.oauth2->audience += 'a';
  secrets.oauth2_client_secret += 'a';
  EXPECT_THAT(BrokenFields(spec, secrets),
              ElementsAre("webhook.oauth2.client_id", "webhook.oauth2.client_secret",
                          "webhook.oauth2.scope", "webhook.oauth2.audience"));
  spec = Spec();
  spec.oauth2->scope = "a\nb";
  EXPECT_THAT(BrokenFields(spec, kSecrets), ElementsAre("webhook.oauth2.scope"));
}

TEST(CheckAuthTest, ARequestHasOneAuthorization) {
  WebhookSpec spec = Spec();
  spec.has_bearer_token = true;
  EXPECT_THAT(BrokenFields(spec, kSecrets), ElementsAre("webhook.oauth2"));
  spec.has_basic_auth = true;
  spec.basic_auth_user = "u";
  EXPECT_THAT(BrokenFields(spec, kSecrets),
              ElementsAre("webhook.bearer_auth", "webhook.oauth2"));
}

TEST(CheckAuthTest, AnApiKeyGoesAlongWithATokenInAHeaderOfItsOwn) {
  WebhookSpec spec = Spec();
  spec.api_key_header = "x-key";
  EXPECT_THAT(BrokenFields(spec, kSecrets), IsEmpty());
  spec.api_key_header = "Authorization";
  EXPECT_THAT(BrokenFields(spec, kSecrets), ElementsAre("webhook.api_key.header"));
}

TEST(WritesAuthorizationTest, BasicBearerAndOAuthDo) {
  EXPECT_TRUE(WritesAuthorization(Spec()));
  EXPECT_FALSE(WritesAuthorization({}));
  EXPECT_FALSE(WritesAuthorization({.api_key_header = "x-key"}));
  EXPECT_TRUE(WritesAuthorization({.has_basic_auth = true}));
  EXPECT_TRUE(WritesAuthorization({.has_bearer_token = true}));
}

}  // namespace
}  // namespace windrow::domain
