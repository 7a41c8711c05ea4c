// A new profile from the API's message: defaults, rules, what is broken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/control_plane/webhook_messages.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Profile New(const v1::Webhook& webhook) {
  Violations violations;
  Profile profile = NewProfile(webhook, {}, &violations);
  CheckProfile(&profile, &violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  return profile;
}

TEST(NewProfileTest, AMinimalWebhookGetsTheDefaultsOfTheApi) {
  const Profile profile = New(MinimalWebhook());
  const domain::WebhookSpec& spec = profile.spec;
  EXPECT_EQ(spec.name, "Helpdesk");
  EXPECT_EQ(spec.url, "https://example.com/hook");
  EXPECT_FALSE(spec.has_basic_auth);
  EXPECT_THAT(spec.headers, IsEmpty());
  EXPECT_FALSE(spec.lightweight_logs);
  EXPECT_EQ(spec.payload, domain::PayloadKind::kFull);
  EXPECT_EQ(spec.batching.mode, domain::BatchMode::kNone);
  EXPECT_EQ(spec.batching.wait, absl::Seconds(5));
  EXPECT_EQ(spec.batching.max_items, 100);
  EXPECT_THAT(
      spec.retry.delays,
      ElementsAre(absl::ZeroDuration(), absl::Seconds(5), absl::Minutes(5),
                  absl::Minutes(30), absl::Hours(2), absl::Hours(5), absl::Hours(10),
                  absl::Hours(14), absl::Hours(20), absl::Hours(24)));
  EXPECT_EQ(spec.timeout, absl::Seconds(30));
  EXPECT_TRUE(spec.enabled);
  EXPECT_THAT(spec.labels, IsEmpty());
  ASSERT_THAT(spec.triggers, SizeIs(1));
  EXPECT_TRUE(spec.triggers[0].enabled);
  EXPECT_THAT(profile.secrets.signing_secret, IsEmpty());
}

TEST(NewProfileTest, MethodTokensAndCustomPayloadAreTakenAndShownWithoutSecrets) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_method(v1::HTTP_METHOD_PATCH);
  webhook.mutable_bearer_auth()->set_token("hunter2");
  webhook.mutable_api_key()->set_header("x-key");
  webhook.mutable_api_key()->set_value("hunter3");
  webhook.set_payload(v1::PAYLOAD_KIND_CUSTOM);
  v1::CustomField* field = webhook.mutable_custom_payload()->add_fields();
  field->set_key("status");
  field->set_source("object.status");
  field->set_send_id(true);

  const Profile profile = New(webhook);
  EXPECT_EQ(profile.spec.method, domain::Method::kPatch);
  EXPECT_TRUE(profile.spec.has_bearer_token);
  EXPECT_EQ(profile.secrets.bearer_token, "hunter2");
  EXPECT_EQ(profile.spec.api_key_header, "x-key");
  EXPECT_EQ(profile.secrets.api_key, "hunter3");
  EXPECT_THAT(profile.spec.custom_payload.fields,
              ElementsAre(domain::CustomField{"status", "object.status", true}));

  v1::Webhook shown;
  WebhookToProto({.version = 1, .spec = profile.spec, .secrets = profile.secrets},
                 &shown);
  EXPECT_THAT(shown.ShortDebugString(), Not(HasSubstr("hunter")));
  EXPECT_TRUE(shown.has_bearer_auth());
  EXPECT_EQ(shown.api_key().header(), "x-key");
  EXPECT_EQ(shown.method(), v1::HTTP_METHOD_PATCH);
  EXPECT_TRUE(shown.custom_payload().fields(0).send_id());
}

TEST(NewProfileTest, TheAutoDisableRuleIsTakenAndChecked) {
  EXPECT_EQ(New(MinimalWebhook()).spec.auto_disable,
            (domain::AutoDisable{absl::Hours(120), 0}));
  v1::Webhook webhook = MinimalWebhook();
  webhook.mutable_auto_disable()->mutable_after();  // 0 s: never
  webhook.mutable_auto_disable()->set_consecutive_failures(100);
  EXPECT_EQ(New(webhook).spec.auto_disable,
            (domain::AutoDisable{absl::ZeroDuration(), 100}));
  webhook.mutable_auto_disable()->mutable_after()->set_seconds(3'599);
  webhook.mutable_auto_disable()->set_consecutive_failures(-1);
  EXPECT_THAT(FieldsOf(ViolationsOfNew(webhook)),
              ElementsAre("webhook.auto_disable.after",
                          "webhook.auto_disable.consecutive_failures"));
}

TEST(NewProfileTest, AMessageIsTakenAndShown) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_type(v1::WEBHOOK_TYPE_MICROSOFT_TEAMS);
  webhook.set_message_template("No. {{object.id}}");
  const Profile profile = New(webhook);
  EXPECT_EQ(profile.spec.type, domain::WebhookType::kMicrosoftTeams);
  EXPECT_EQ(profile.spec.message_template, "No. {{object.id}}");

  v1::Webhook shown;
  WebhookToProto({.version = 1, .spec = profile.spec}, &shown);
  EXPECT_EQ(shown.type(), v1::WEBHOOK_TYPE_MICROSOFT_TEAMS);
  EXPECT_EQ(shown.message_template(), "No. {{object.id}}");
  // A message has no payload kind, and what is shown can be sent back.
  EXPECT_EQ(shown.payload(), v1::PAYLOAD_KIND_UNSPECIFIED);
  EXPECT_EQ(New(shown).spec, profile.spec);

  WebhookToProto({.version = 1, .spec = New(MinimalWebhook()).spec}, &shown);
  EXPECT_EQ(shown.type(), v1::WEBHOOK_TYPE_STANDARD);
  EXPECT_EQ(shown.payload(), v1::PAYLOAD_KIND_FULL);
}

TEST(NewProfileTest, WhatDoesNotGoTogetherIsRefusedByName) {
  const auto fields_of = [](auto change) {
    v1::Webhook webhook = MinimalWebhook();
    change(&webhook);
    return FieldsOf(ViolationsOfNew(webhook));
  };
  EXPECT_THAT(fields_of([](v1::Webhook* w) {
                w->set_method(v1::HTTP_METHOD_PUT);
                w->set_payload(v1::PAYLOAD_KIND_SMALL);
                w->mutable_batching()->set_mode(v1::BATCH_MODE_ANY);
              }),
              ElementsAre("webhook.method"));
  EXPECT_THAT(fields_of([](v1::Webhook* w) {
                w->mutable_basic_auth()->set_user("u");
                w->mutable_bearer_auth()->set_token("t");
              }),
              ElementsAre("webhook.bearer_auth"));
  EXPECT_THAT(fields_of([](v1::Webhook* w) {
                w->set_type(v1::WEBHOOK_TYPE_SLACK);
                w->set_method(v1::HTTP_METHOD_PUT);
                w->set_payload(v1::PAYLOAD_KIND_SMALL);
                w->mutable_batching()->set_mode(v1::BATCH_MODE_ANY);
                w->set_message_template("{{");
              }),
              ElementsAre("webhook.message_template", "webhook.payload",
                          "webhook.batching.mode", "webhook.method"));
  EXPECT_THAT(fields_of([](v1::Webhook* w) { w->set_type(v1::WebhookType(99)); }),
              ElementsAre("webhook.type"));
  EXPECT_THAT(fields_of([](v1::Webhook* w) { w->mutable_bearer_auth(); }),
              ElementsAre("webhook.bearer_auth.token"));
  EXPECT_THAT(fields_of([](v1::Webhook* w) {
                w->mutable_api_key()->set_header("Host");
                w->mutable_api_key()->set_value("v");
              }),
              ElementsAre("webhook.api_key.header"));
  EXPECT_THAT(fields_of([](v1::Webhook* w) {
                w->add_headers()->set_name("X-Key");
                w->mutable_api_key()->set_header("x-key");
                w->mutable_api_key()->set_value("v");
              }),
              ElementsAre("webhook.api_key.header"));
  EXPECT_THAT(
      fields_of([](v1::Webhook* w) { w->mutable_custom_payload()->set_template_("{}"); }),
      ElementsAre("webhook.custom_payload"));
  EXPECT_THAT(fields_of([](v1::Webhook* w) { w->set_payload(v1::PAYLOAD_KIND_CUSTOM); }),
              SizeIs(1));
  EXPECT_THAT(
      fields_of([](v1::Webhook* w) { w->set_method(static_cast<v1::HttpMethod>(77)); }),
      ElementsAre("webhook.method"));
  EXPECT_THAT(
      fields_of([](v1::Webhook* w) { w->set_url("https://example.com/{{nope.id}}"); }),
      ElementsAre("webhook.url"));
}

TEST(NewProfileTest, EveryFieldIsTaken) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_name("  Helpdesk \n");
  webhook.set_description("To the CRM");
  webhook.mutable_basic_auth()->set_user("crm");
  webhook.mutable_basic_auth()->set_password("s3cret");
  v1::Header* header = webhook.add_headers();
  header->set_name("X-Team");
  header->set_value("blue");
  webhook.set_lightweight_logs(true);
  webhook.set_payload(v1::PAYLOAD_KIND_SMALL);
  webhook.mutable_triggers(0)->set_enabled(false);
  webhook.add_triggers()->set_event_type("ticket.closed");
  webhook.mutable_batching()->set_mode(v1::BATCH_MODE_SAME_EVENT_TYPE);
  webhook.mutable_batching()->mutable_wait()->set_seconds(300);
  webhook.mutable_batching()->set_max_items(7);
  webhook.mutable_retry()->add_delays();
  webhook.mutable_retry()->add_delays()->set_nanos(500'000'000);
  webhook.mutable_timeout()->set_seconds(10);
  webhook.set_enabled(false);
  (*webhook.mutable_labels())["env"] = "prod";
  webhook.set_signing_secret(kSecret);

  const Profile profile = New(webhook);
  const domain::WebhookSpec& spec = profile.spec;
  EXPECT_EQ(spec.name, "Helpdesk");
  EXPECT_EQ(spec.description, "To the CRM");
  EXPECT_TRUE(spec.has_basic_auth);
  EXPECT_EQ(spec.basic_auth_user, "crm");
  EXPECT_THAT(spec.headers, ElementsAre(domain::Header{"X-Team", "blue"}));
  EXPECT_TRUE(spec.lightweight_logs);
  EXPECT_EQ(spec.payload, domain::PayloadKind::kSmall);
  EXPECT_THAT(spec.triggers, ElementsAre(domain::Trigger{0, "ticket.created", false},
                                         domain::Trigger{0, "ticket.closed", true}));
  EXPECT_EQ(spec.batching,
            (domain::Batching{domain::BatchMode::kSameEventType, absl::Seconds(300), 7}));
  EXPECT_THAT(spec.retry.delays,
              ElementsAre(absl::ZeroDuration(), absl::Milliseconds(500)));
  EXPECT_EQ(spec.timeout, absl::Seconds(10));
  EXPECT_FALSE(spec.enabled);
  EXPECT_THAT(spec.labels, ElementsAre(Pair("env", "prod")));
  EXPECT_EQ(profile.secrets.basic_auth_password, "s3cret");
  EXPECT_EQ(profile.secrets.signing_secret, kSecret);
}

TEST(NewProfileTest, OutputOnlyFieldsAreNotLookedAt) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_webhook_id("not even a UUID");
  webhook.set_etag("x");
  webhook.mutable_create_time()->set_seconds(std::numeric_limits<std::int64_t>::max());
  webhook.mutable_triggers(0)->set_notification_id(77);
  EXPECT_EQ(New(webhook), New(MinimalWebhook()));
}

TEST(NewProfileTest, UserInfoOfTheUrlMovesToBasicAuth) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_url("https://user:p%40ss@example.com/hook");
  const Profile profile = New(webhook);
  EXPECT_EQ(profile.spec.url, "https://example.com/hook");
  EXPECT_TRUE(profile.spec.has_basic_auth);
  EXPECT_EQ(profile.spec.basic_auth_user, "user");
  EXPECT_EQ(profile.secrets.basic_auth_password, "p@ss");
}

TEST(NewProfileTest, UserInfoBesideBasicAuthIsRefused) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_url("https://user:pass@example.com/hook");
  webhook.mutable_basic_auth()->set_user("other");
  EXPECT_THAT(ViolationsOfNew(webhook),
              ElementsAre(Violation{"webhook.url",
                                    "has user info while basic_auth is set: keep "
                                    "one of the two"}));
}

TEST(NewProfileTest, AnEmptyMessageIsToldEveryFieldThatItLacks) {
  EXPECT_THAT(FieldsOf(ViolationsOfNew({})),
              UnorderedElementsAre("webhook.url", "webhook.name", "webhook.triggers"));
}

TEST(NewProfileTest, EveryBrokenRuleIsReportedAtOnceWithItsPath) {
  v1::Webhook webhook;
  webhook.set_name(std::string(129, 'n'));
  webhook.set_url("ftp://example.com/");
  webhook.mutable_basic_auth()->set_user("a:b");
  webhook.mutable_basic_auth()->set_password("line\nbreak");
  webhook.add_headers()->set_name("Content-Type");
  v1::Header* split = webhook.add_headers();
  split->set_name("X-Ok");
  split->set_value("a\r\nX-Evil: b");
  webhook.set_payload(static_cast<v1::PayloadKind>(99));
  webhook.add_triggers()->set_event_type("fine");
  webhook.add_triggers();
  webhook.mutable_batching()->set_mode(static_cast<v1::BatchMode>(99));
  webhook.mutable_batching()->mutable_wait()->set_seconds(3'601);
  webhook.mutable_batching()->set_max_items(-1);
  webhook.mutable_retry()->add_delays()->set_seconds(86'401);
  webhook.mutable_retry()->add_delays()->set_nanos(2'000'000'000);
  webhook.mutable_timeout()->set_seconds(-1);
  (*webhook.mutable_labels())[""] = "no key";
  webhook.set_signing_secret("whsec_short");

  EXPECT_THAT(
      FieldsOf(ViolationsOfNew(webhook)),
      UnorderedElementsAre(
          "webhook.name", "webhook.url", "webhook.basic_auth.user",
          "webhook.basic_auth.password", "webhook.headers[0].name",
          "webhook.headers[1].value", "webhook.payload", "webhook.triggers[1].event_type",
          "webhook.batching.mode", "webhook.batching.wait", "webhook.batching.max_items",
          "webhook.retry.delays[0]", "webhook.retry.delays[1]", "webhook.timeout",
          "webhook.labels", "webhook.signing_secret"));
}

TEST(NewProfileTest, BatchingOfFullPayloadsIsOneViolationOfItsOwn) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_payload(v1::PAYLOAD_KIND_FULL);
  webhook.mutable_batching()->set_mode(v1::BATCH_MODE_ANY);
  webhook.mutable_timeout()->set_seconds(61);
  EXPECT_THAT(
      ViolationsOfNew(webhook),
      UnorderedElementsAre(
          Violation{"webhook.batching.mode",
                    "batching is not for payload FULL: set batching to NONE, or payload "
                    "to SMALL or EVENT_ONLY"},
          Violation{"webhook.timeout", "must be 1–60 s"}));
  // FULL is the default as well.
  webhook.clear_payload();
  EXPECT_THAT(FieldsOf(ViolationsOfNew(webhook)),
              UnorderedElementsAre("webhook.batching.mode", "webhook.timeout"));
}

TEST(NewProfileTest, AWaitThatIsGivenAsZeroIsNoDefault) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_payload(v1::PAYLOAD_KIND_SMALL);
  webhook.mutable_batching()->set_mode(v1::BATCH_MODE_ANY);
  webhook.mutable_batching()->mutable_wait();
  webhook.mutable_timeout();
  EXPECT_THAT(FieldsOf(ViolationsOfNew(webhook)),
              UnorderedElementsAre("webhook.batching.wait", "webhook.timeout"));
}

TEST(NewProfileTest, APlaceholderInTheUrlIsRefusedWithBatching) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_url("https://example.com/{{object.id}}");
  webhook.set_payload(v1::PAYLOAD_KIND_SMALL);
  EXPECT_THAT(ViolationsOfNew(webhook), IsEmpty());
  webhook.mutable_batching()->set_mode(v1::BATCH_MODE_SAME_EVENT);
  EXPECT_THAT(ViolationsOfNew(webhook),
              ElementsAre(AllOf(Field(&Violation::field, "webhook.url"),
                                Field(&Violation::rule, HasSubstr("batching is NONE")))));
}

TEST(NewProfileTest, AHugeListIsRefusedWithFewViolations) {
  v1::Webhook webhook = MinimalWebhook();
  for (int i = 0; i < 100'000; ++i) {
    webhook.mutable_retry()->add_delays()->set_nanos(-1);
    webhook.add_triggers();
    webhook.add_headers();
    (*webhook.mutable_labels())[std::to_string(i)];
  }
  const std::vector<std::string> fields = FieldsOf(ViolationsOfNew(webhook));
  EXPECT_LE(fields.size(), 200u);
  EXPECT_THAT(fields, ::testing::IsSupersetOf({"webhook.retry.delays", "webhook.triggers",
                                               "webhook.headers", "webhook.labels"}));
}

TEST(WebhookToProtoTest, ShowsTheProfileAndNoSecret) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.mutable_basic_auth()->set_user("crm");
  webhook.mutable_basic_auth()->set_password("s3cret-password");
  webhook.set_signing_secret(kSecret);
  webhook.set_payload(v1::PAYLOAD_KIND_EVENT_ONLY);
  webhook.mutable_batching()->set_mode(v1::BATCH_MODE_ANY);
  const Profile profile = New(webhook);
  const store::StoredWebhook stored{
      .tenant_id = 1,
      .webhook_id = Uuid::Parse("0192f0c4-0000-7000-8000-000000000001").value(),
      .version = 3,
      .spec = profile.spec,
      .secrets = profile.secrets,
      .created_at = absl::FromUnixMillis(1'800'000'000'250),
      .updated_at = absl::FromUnixSeconds(1'800'000'007)};

  v1::Webhook shown;
  WebhookToProto(stored, &shown);
  EXPECT_EQ(shown.webhook_id(), "0192f0c4-0000-7000-8000-000000000001");
  EXPECT_EQ(shown.name(), "Helpdesk");
  EXPECT_EQ(shown.basic_auth().user(), "crm");
  EXPECT_EQ(shown.basic_auth().password(), "");
  EXPECT_EQ(shown.signing_secret(), "");
  EXPECT_EQ(shown.payload(), v1::PAYLOAD_KIND_EVENT_ONLY);
  EXPECT_EQ(shown.batching().mode(), v1::BATCH_MODE_ANY);
  EXPECT_EQ(shown.batching().wait().seconds(), 5);
  EXPECT_EQ(shown.batching().max_items(), 100);
  EXPECT_EQ(shown.retry().delays_size(), 10);
  EXPECT_EQ(shown.timeout().seconds(), 30);
  EXPECT_TRUE(shown.has_enabled());
  EXPECT_TRUE(shown.enabled());
  EXPECT_EQ(shown.create_time().seconds(), 1'800'000'000);
  EXPECT_EQ(shown.create_time().nanos(), 250'000'000);
  EXPECT_EQ(shown.update_time().seconds(), 1'800'000'007);
  const std::string bytes = shown.SerializeAsString();
  EXPECT_THAT(bytes, Not(HasSubstr("s3cret-password")));
  EXPECT_THAT(bytes, Not(HasSubstr("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
}

TEST(WebhookToProtoTest, WhatIsShownIsAcceptedAgainAndIsTheSame) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_payload(v1::PAYLOAD_KIND_SMALL);
  webhook.mutable_batching()->set_mode(v1::BATCH_MODE_SAME_EVENT);
  webhook.mutable_retry()->add_delays()->set_nanos(1'000'000);
  (*webhook.mutable_labels())["env"] = "prod";
  const Profile profile = New(webhook);
  v1::Webhook shown;
  WebhookToProto({.version = 1, .spec = profile.spec}, &shown);
  EXPECT_EQ(New(shown), profile);
}

TEST(WebhookToProtoTest, WhatWasNotSavedHasNoIdEtagOrTimes) {
  v1::Webhook shown;
  WebhookToProto({.spec = New(MinimalWebhook()).spec}, &shown);
  EXPECT_EQ(shown.webhook_id(), "");
  EXPECT_EQ(shown.etag(), "");
  EXPECT_FALSE(shown.has_create_time());
  EXPECT_FALSE(shown.has_update_time());
}

TEST(EtagTest, LeadsBackToItsVersionOnly) {
  for (const std::int32_t version : {1, 2, 2'147'483'647}) {
    EXPECT_EQ(VersionOfEtag(EtagOf(version)), version);
  }
  EXPECT_NE(EtagOf(1), EtagOf(2));
  EXPECT_EQ(VersionOfEtag(""), std::nullopt);
}

TEST(EtagTest, AnInventedOneIsAVersionThatNoWebhookHas) {
  for (const char* etag : {"1", "v1", "djE=", "djAx", "dg", "*", "\"djE\"", "djE ", "📎",
                           "djk5OTk5OTk5OTk5OTk5", "di0x"}) {
    EXPECT_EQ(VersionOfEtag(etag), 0) << etag;
  }
}

TEST(WebhookToProtoTest, ARateAndAnOrderingAreTakenAndShown) {
  v1::Webhook webhook = MinimalWebhook();
  EXPECT_EQ(New(webhook).spec.ordering, domain::Ordering::kNone);
  webhook.mutable_rate()->set_requests_per_second(2.5);
  webhook.mutable_rate()->set_max_concurrent_requests(4);
  webhook.set_ordering(v1::ORDERING_PER_OBJECT);
  const Profile profile = New(webhook);
  EXPECT_EQ(profile.spec.rate, (domain::RateLimit{2.5, 4}));
  EXPECT_EQ(profile.spec.ordering, domain::Ordering::kPerObject);
  v1::Webhook shown;
  WebhookToProto({.spec = profile.spec}, &shown);
  EXPECT_EQ(shown.rate().requests_per_second(), 2.5);
  EXPECT_EQ(shown.rate().max_concurrent_requests(), 4);
  EXPECT_EQ(shown.ordering(), v1::ORDERING_PER_OBJECT);
  EXPECT_EQ(New(shown), profile);
}

TEST(NewProfileTest, RatesAndOrderingsThatAreNoneAreRefusedByName) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.mutable_rate()->set_requests_per_second(-1);
  webhook.mutable_rate()->set_max_concurrent_requests(-1);
  webhook.set_ordering(static_cast<v1::Ordering>(77));
  EXPECT_THAT(FieldsOf(ViolationsOfNew(webhook)),
              ::testing::UnorderedElementsAre("webhook.rate.requests_per_second",
                                              "webhook.rate.max_concurrent_requests",
                                              "webhook.ordering"));
}

}  // namespace
}  // namespace windrow::control_plane
