// What a URL is told when a webhook with it is saved, through the whole validation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/control_plane/webhook_messages.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Violation> Save(const std::string& url, const UrlPolicy& policy = {}) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_url(url);
  return ViolationsOfNew(webhook, policy);
}

UrlPolicy Allowing(const char* rule) {
  return {.addresses = http::AddressRules({http::AllowRule::Parse(rule).value()})};
}

TEST(WebhookUrlTest, WhatMayBeSaved) {
  for (const char* url :
       {"https://example.com/hook", "https://user:p%40ss@example.com/hook",
        "https://example.com#@127.0.0.1/", "https://example.com/{{object.id}}"}) {
    EXPECT_THAT(Save(url), IsEmpty()) << url;
  }
}

class RefusedUrl : public ::testing::TestWithParam<std::string> {};

TEST_P(RefusedUrl, IsOneViolationOfTheUrl) {
  EXPECT_THAT(FieldsOf(Save(GetParam())), ElementsAre("webhook.url"));
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, RefusedUrl,
    ::testing::Values("https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/",
                      "https://0177.0.0.1/", "https://127.1/", "https://[::1]/",
                      "https://[::]/", "https://[::ffff:127.0.0.1]/",
                      "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
                      "https://[fe80::1%25eth0]/",
                      "https://169.254.169.254/latest/meta-data/",
                      "https://168.63.129.16/", "https://100.64.0.1/",
                      "https://192.0.2.1/", "https://198.18.0.1/", "https://224.0.0.1/",
                      "https://255.255.255.255/", "https://localhost./",
                      "https://LOCALHOST/"));

INSTANTIATE_TEST_SUITE_P(
    Spellings, RefusedUrl,
    ::testing::Values("http://example.com/hook", "https://example.com:0/",
                      "https://example.com:65536/", "https:///hook",
                      "https:/example.com/", "https://example.com\\@127.0.0.1/",
                      "https://１２７.0.0.1/", "https://exa mple.com/",
                      "https://example.com/\r\nX-A: b", "ftp://example.com/",
                      "file:///etc/passwd", "https://{{object.host}}/", ""));

TEST(WebhookUrlTest, AFragmentIsDropped) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_url("https://example.com#@127.0.0.1/");
  Violations violations;
  EXPECT_EQ(NewProfile(webhook, {}, &violations).spec.url, "https://example.com/");
}

TEST(WebhookUrlTest, HttpIsForInstallationsThatAllowIt) {
  EXPECT_THAT(Save("http://example.com/hook", {.url = {.allow_http = true}}), IsEmpty());
}

TEST(WebhookUrlTest, AnOperatorsRuleAllowsItsAddressAtItsPortOnly) {
  const UrlPolicy policy = Allowing("10.0.0.0/8:8443");
  EXPECT_THAT(Save("https://10.0.0.5:8443/", policy), IsEmpty());
  EXPECT_THAT(FieldsOf(Save("https://10.0.0.5/", policy)), ElementsAre("webhook.url"));
  EXPECT_THAT(FieldsOf(Save("https://127.0.0.1:8443/", policy)),
              ElementsAre("webhook.url"));
}

TEST(WebhookUrlTest, UserInfoThatBasicAuthCannotSendIsRefused) {
  EXPECT_THAT(FieldsOf(Save("https://us%3Aer:pass@example.com/")),
              ElementsAre("webhook.url"));
  EXPECT_THAT(FieldsOf(Save("https://user:a%0Ab@example.com/")),
              ElementsAre("webhook.url"));
}

TEST(WebhookUrlTest, APasswordAloneLacksItsUser) {
  EXPECT_THAT(FieldsOf(Save("https://:pass@example.com/")),
              ElementsAre("webhook.basic_auth.user"));
}

TEST(WebhookUrlTest, TheLimitIs2048Bytes) {
  const std::string at_limit = "https://example.com/" + std::string(2'028, 'a');
  EXPECT_THAT(Save(at_limit), IsEmpty());
  EXPECT_THAT(FieldsOf(Save(at_limit + "a")), ElementsAre("webhook.url"));
}

// Else what is shown could not be saved again.
TEST(WebhookUrlTest, TheLimitCountsTheBytesThatAreSent) {
  std::string url = "https://example.com/";
  for (int i = 0; i < 900; ++i) url += "é";  // two bytes each, and six once escaped
  EXPECT_THAT(FieldsOf(Save(url)), ElementsAre("webhook.url"));
}

}  // namespace
}  // namespace windrow::control_plane
