#include "services/control_plane/auth_mapping.h"

#include <gmock/gmock.h>
#include <google/protobuf/field_mask.pb.h>
#include <gtest/gtest.h>

#include "tests/support/certificates.h"
#include "tests/unit/control_plane/webhook_messages.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing_support::Certificate;

using Credentials = v1::OAuth2ClientCredentials;

v1::Webhook WithOAuth() {
  v1::Webhook webhook = MinimalWebhook();
  Credentials* oauth2 = webhook.mutable_oauth2();
  oauth2->set_token_url("https://id.example/token");
  oauth2->set_client_id("windrow");
  oauth2->set_client_secret("hunter2");
  oauth2->set_scope("hooks");
  oauth2->set_audience("api");
  oauth2->set_client_authentication(Credentials::CLIENT_AUTHENTICATION_BODY);
  return webhook;
}

const Certificate kAuthority = Certificate::SelfSigned({.name = "Authority"});
const Certificate kOwn = kAuthority.Issue({.name = "windrow"});

v1::Webhook WithCertificate(const Certificate& own = kOwn) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.mutable_client_certificate()->set_certificate_chain(own.Pem({&kAuthority}));
  webhook.mutable_client_certificate()->set_private_key(own.KeyPem());
  return webhook;
}

Profile New(const v1::Webhook& webhook) {
  Violations violations;
  Profile profile = NewProfile(webhook, {}, &violations);
  CheckProfile(&profile, &violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  return profile;
}

// What an update of those paths makes of the profile, with the fields that it breaks.
std::vector<std::string> Edit(const v1::Webhook& change, std::vector<std::string> paths,
                              Profile* profile) {
  google::protobuf::FieldMask mask;
  for (std::string& path : paths) mask.add_paths(std::move(path));
  Violations violations;
  EditProfile(change, mask, {}, profile, &violations);
  CheckProfile(profile, &violations);
  return FieldsOf(violations.list());
}

v1::Webhook Shown(const Profile& profile) {
  v1::Webhook shown;
  WebhookToProto({.version = 1, .spec = profile.spec, .secrets = profile.secrets},
                 &shown);
  return shown;
}

TEST(OAuth2MappingTest, CredentialsAreTakenAndShownWithoutTheSecret) {
  const Profile profile = New(WithOAuth());
  ASSERT_TRUE(profile.spec.oauth2);
  EXPECT_EQ(*profile.spec.oauth2,
            (domain::OAuth2Spec{.token_url = "https://id.example/token",
                                .client_id = "windrow",
                                .scope = "hooks",
                                .audience = "api",
                                .secret_in_body = true}));
  EXPECT_EQ(profile.secrets.oauth2_client_secret, "hunter2");

  const v1::Webhook shown = Shown(profile);
  v1::Webhook wanted = WithOAuth();
  wanted.mutable_oauth2()->clear_client_secret();
  EXPECT_EQ(shown.oauth2().ShortDebugString(), wanted.oauth2().ShortDebugString());
  EXPECT_THAT(shown.ShortDebugString(), Not(HasSubstr("hunter2")));
}

TEST(OAuth2MappingTest, AnUpdateWithoutTheSecretKeepsIt) {
  Profile profile = New(WithOAuth());
  v1::Webhook change = WithOAuth();
  change.mutable_oauth2()->clear_client_secret();
  change.mutable_oauth2()->set_scope("more");
  EXPECT_THAT(Edit(change, {"oauth2"}, &profile), IsEmpty());
  EXPECT_EQ(profile.spec.oauth2->scope, "more");
  EXPECT_EQ(profile.secrets.oauth2_client_secret, "hunter2");
}

TEST(OAuth2MappingTest, AnUpdateCanTakeThemAway) {
  Profile profile = New(WithOAuth());
  EXPECT_THAT(Edit({}, {"oauth2"}, &profile), IsEmpty());
  EXPECT_FALSE(profile.spec.oauth2);
  EXPECT_EQ(profile.secrets.oauth2_client_secret, "");
}

TEST(OAuth2MappingTest, TheTokenUrlKeepsTheRulesOfUrls) {
  for (const char* url :
       {"", "http://id.example/token", "ftp://id.example", "https://127.0.0.1/token",
        "https://localhost/token", "https://169.254.169.254/latest",
        "https://user:pw@id.example/token", "https://id.example/{{object.id}}",
        "https://id.example/\n"}) {
    v1::Webhook webhook = WithOAuth();
    webhook.mutable_oauth2()->set_token_url(url);
    EXPECT_THAT(FieldsOf(ViolationsOfNew(webhook)),
                ElementsAre("webhook.oauth2.token_url"))
        << url;
  }
}

TEST(OAuth2MappingTest, WhatIsMissingIsNamedAllAtOnce) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.mutable_oauth2()->set_client_authentication(
      static_cast<Credentials::ClientAuthentication>(9));
  webhook.mutable_bearer_auth()->set_token("t");
  EXPECT_THAT(
      FieldsOf(ViolationsOfNew(webhook)),
      ElementsAre("webhook.oauth2.token_url", "webhook.oauth2.client_authentication",
                  "webhook.oauth2.client_id", "webhook.oauth2.client_secret",
                  "webhook.oauth2"));
}

TEST(ClientCertificateMappingTest, ItIsTakenAndShownByNameAndEnd) {
  const Profile profile = New(WithCertificate());
  ASSERT_TRUE(profile.spec.client_certificate);
  EXPECT_EQ(profile.spec.client_certificate->subject, "CN=windrow");
  EXPECT_EQ(profile.secrets.certificate_chain, kOwn.Pem({&kAuthority}));
  EXPECT_EQ(profile.secrets.private_key, kOwn.KeyPem());

  const v1::Webhook shown = Shown(profile);
  EXPECT_EQ(shown.client_certificate().subject(), "CN=windrow");
  EXPECT_EQ(absl::FromUnixSeconds(shown.client_certificate().expire_time().seconds()),
            profile.spec.client_certificate->expires_at);
  EXPECT_THAT(shown.ShortDebugString(), Not(HasSubstr("BEGIN")));
}

TEST(ClientCertificateMappingTest, AnUpdateWithNeitherKeepsBoth) {
  Profile profile = New(WithCertificate());
  const Profile before = profile;
  v1::Webhook change;
  change.mutable_client_certificate()->set_subject("CN=other");  // output only
  EXPECT_THAT(Edit(change, {"client_certificate"}, &profile), IsEmpty());
  EXPECT_EQ(profile, before);
}

TEST(ClientCertificateMappingTest, AnUpdateReplacesBothOrNone) {
  Profile profile = New(WithCertificate());
  const Certificate next = kAuthority.Issue({.name = "next"});
  v1::Webhook change;
  change.mutable_client_certificate()->set_certificate_chain(next.Pem());
  EXPECT_THAT(Edit(change, {"client_certificate"}, &profile),
              ElementsAre("webhook.client_certificate.private_key"));
  EXPECT_EQ(profile.spec.client_certificate->subject, "CN=windrow");
  EXPECT_THAT(Edit(WithCertificate(next), {"client_certificate"}, &profile), IsEmpty());
  EXPECT_EQ(profile.spec.client_certificate->subject, "CN=next");
  EXPECT_EQ(profile.secrets.private_key, next.KeyPem());
  EXPECT_THAT(Edit({}, {"client_certificate"}, &profile), IsEmpty());
  EXPECT_FALSE(profile.spec.client_certificate);
  EXPECT_EQ(profile.secrets.certificate_chain + profile.secrets.private_key, "");
}

TEST(ClientCertificateMappingTest, ABadOneIsRefusedByField) {
  v1::Webhook webhook = WithCertificate();
  webhook.mutable_client_certificate()->set_private_key(
      kAuthority.Issue({.name = "other"}).KeyPem());
  EXPECT_THAT(FieldsOf(ViolationsOfNew(webhook)),
              ElementsAre("webhook.client_certificate.private_key"));
  webhook = MinimalWebhook();
  webhook.mutable_client_certificate();
  EXPECT_THAT(FieldsOf(ViolationsOfNew(webhook)),
              ElementsAre("webhook.client_certificate.certificate_chain",
                          "webhook.client_certificate.private_key"));
}

TEST(ClientCertificateMappingTest, AStoredOneThatExpiredStopsNoOtherEdit) {
  Profile profile = New(WithCertificate());
  profile.spec.client_certificate->expires_at = absl::UnixEpoch();
  v1::Webhook change;
  change.set_name("Renamed");
  EXPECT_THAT(Edit(change, {"name"}, &profile), IsEmpty());
}

}  // namespace
}  // namespace windrow::control_plane
