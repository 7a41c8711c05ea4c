#include "services/control_plane/webhook_use_cases.h"

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/crypto/ed25519_key.h"
#include "common/crypto/standard_webhooks.h"
#include "tests/support/fake_store.h"
#include "tests/unit/control_plane/webhook_messages.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr store::TenantId kTenant = store::kDefaultTenant;

class WebhookUseCasesTest : public ::testing::Test {
 protected:
  absl::StatusOr<store::StoredWebhook> Create(const v1::Webhook& webhook,
                                              bool validate_only = false) {
    Violations violations;
    Profile profile = NewProfile(webhook, {}, &violations);
    return use_cases_.Create(kTenant, std::move(profile), violations, validate_only);
  }

  static WebhookUseCases::Edit Rename(const std::string& name) {
    return [name](Profile* profile, Violations*) { profile->spec.name = name; };
  }

  std::size_t Count() { return store_.List(kTenant, {.limit = 1'000})->webhooks.size(); }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
  WebhookUseCases use_cases_{store_, store_};
};

TEST_F(WebhookUseCasesTest, ANewWebhookGetsASecretOfItsOwnThatSigns) {
  const auto first = Create(MinimalWebhook());
  ASSERT_TRUE(first.ok()) << first.status();
  v1::Webhook other = MinimalWebhook();
  other.set_name("Other");
  const auto second = Create(other);
  EXPECT_THAT(first->secrets.signing_secret, StartsWith("whsec_"));
  EXPECT_TRUE(crypto::SigningKey::Parse(first->secrets.signing_secret).ok());
  EXPECT_NE(first->secrets.signing_secret, second->secrets.signing_secret);
}

TEST_F(WebhookUseCasesTest, ASecretThatIsGivenIsKept) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.set_signing_secret(kSecret);
  EXPECT_EQ(Create(webhook)->secrets.signing_secret, kSecret);
}

TEST_F(WebhookUseCasesTest, WhatIsReadLaterHoldsNoSecret) {
  const auto created = Create(MinimalWebhook()).value();
  const auto read = store_.Get(kTenant, created.webhook_id).value();
  v1::Webhook shown;
  WebhookToProto(read, &shown);
  EXPECT_THAT(shown.SerializeAsString(), Not(HasSubstr("whsec_")));
}

TEST_F(WebhookUseCasesTest, ValidateOnlyChecksAndSavesNothing) {
  const auto checked = Create(MinimalWebhook(), /*validate_only=*/true);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->version, 0);
  EXPECT_THAT(checked->secrets.signing_secret, IsEmpty());
  EXPECT_EQ(Count(), 0u);
  EXPECT_THAT(FieldsOf(ViolationsOf(Create({}, true).status())), SizeIs(3));
}

TEST_F(WebhookUseCasesTest, BrokenRulesOfMessageAndDomainComeInOneAnswer) {
  v1::Webhook webhook;
  webhook.set_url("https://127.0.0.1/");
  webhook.mutable_timeout()->set_seconds(90);
  const absl::Status status = Create(webhook).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      FieldsOf(ViolationsOf(status)),
      ElementsAre("webhook.url", "webhook.name", "webhook.triggers", "webhook.timeout"));
  EXPECT_EQ(Count(), 0u);
}

TEST_F(WebhookUseCasesTest, ANameIsTakenWithoutRegardToCase) {
  ASSERT_TRUE(Create(MinimalWebhook()).ok());
  v1::Webhook same = MinimalWebhook();
  same.set_name(" HELPDESK ");
  const absl::Status status = Create(same).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(status), "WEBHOOK_NAME_TAKEN");
  EXPECT_EQ(Count(), 1u);
}

TEST_F(WebhookUseCasesTest, AnUpdateIsANewVersion) {
  const auto created = Create(MinimalWebhook()).value();
  clock_.Advance(absl::Seconds(9));
  const auto updated =
      use_cases_.Update(kTenant, created.webhook_id, 1, Rename("CRM"), false);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->version, 2);
  EXPECT_EQ(updated->spec.name, "CRM");
  EXPECT_EQ(updated->updated_at - created.updated_at, absl::Seconds(9));
  EXPECT_EQ(updated->secrets, created.secrets);
}

TEST_F(WebhookUseCasesTest, AnUpdateThatChangesNothingIsNoVersion) {
  const auto created = Create(MinimalWebhook()).value();
  const auto updated =
      use_cases_.Update(kTenant, created.webhook_id, {}, Rename(" Helpdesk"), false);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->version, 1);
}

TEST_F(WebhookUseCasesTest, AnotherEtagIsAMismatchAndChangesNothing) {
  const auto created = Create(MinimalWebhook()).value();
  for (const std::int32_t expected : {0, 2}) {
    const absl::Status status =
        use_cases_.Update(kTenant, created.webhook_id, expected, Rename("CRM"), false)
            .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
    EXPECT_EQ(ReasonOf(status), "ETAG_MISMATCH");
  }
  EXPECT_EQ(store_.Get(kTenant, created.webhook_id)->spec.name, "Helpdesk");
}

TEST_F(WebhookUseCasesTest, AnUpdateThatIsOvertakenIsMadeAnew) {
  const auto created = Create(MinimalWebhook()).value();
  int edits = 0;
  const auto edit = [&](Profile* profile, Violations*) {
    profile->spec.description = "mine";
    if (++edits > 2) return;
    store::StoredWebhook now = store_.Get(kTenant, created.webhook_id).value();
    now.spec.name = "Theirs " + std::to_string(edits);
    EXPECT_TRUE(
        store_.Update(kTenant, created.webhook_id, now.version, now.spec, now.secrets)
            .ok());
  };
  const auto updated = use_cases_.Update(kTenant, created.webhook_id, {}, edit, false);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(edits, 3);
  EXPECT_EQ(updated->spec.name, "Theirs 2");
  EXPECT_EQ(updated->spec.description, "mine");
}

TEST_F(WebhookUseCasesTest, AnUpdateThatIsAlwaysOvertakenEnds) {
  const auto created = Create(MinimalWebhook()).value();
  int edits = 0;
  const auto edit = [&](Profile* profile, Violations*) {
    profile->spec.description = "mine";
    store::StoredWebhook now = store_.Get(kTenant, created.webhook_id).value();
    now.spec.name = "Theirs " + std::to_string(++edits);
    EXPECT_TRUE(
        store_.Update(kTenant, created.webhook_id, now.version, now.spec, now.secrets)
            .ok());
  };
  EXPECT_EQ(
      use_cases_.Update(kTenant, created.webhook_id, {}, edit, false).status().code(),
      absl::StatusCode::kAborted);
  EXPECT_EQ(edits, 8);
}

TEST_F(WebhookUseCasesTest, AnUpdateToATakenNameIsRefused) {
  const auto created = Create(MinimalWebhook()).value();
  v1::Webhook other = MinimalWebhook();
  other.set_name("Other");
  ASSERT_TRUE(Create(other).ok());
  const absl::Status status =
      use_cases_.Update(kTenant, created.webhook_id, {}, Rename("OTHER"), false).status();
  EXPECT_EQ(ReasonOf(status), "WEBHOOK_NAME_TAKEN");
  // A change of its own name's case is its own.
  EXPECT_TRUE(
      use_cases_.Update(kTenant, created.webhook_id, {}, Rename("HELPDESK"), false).ok());
}

TEST_F(WebhookUseCasesTest, ValidateOnlyOfAnUpdateShowsItAndSavesNothing) {
  const auto created = Create(MinimalWebhook()).value();
  const auto checked =
      use_cases_.Update(kTenant, created.webhook_id, {}, Rename("CRM"), true);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->spec.name, "CRM");
  EXPECT_EQ(checked->webhook_id, created.webhook_id);
  EXPECT_EQ(checked->version, 0) << "it would be another one";
  EXPECT_EQ(use_cases_.Update(kTenant, created.webhook_id, {}, Rename("Helpdesk"), true)
                ->version,
            1)
      << "nothing would change";
  EXPECT_EQ(store_.Get(kTenant, created.webhook_id)->spec.name, "Helpdesk");
  const absl::Status refused =
      use_cases_.Update(kTenant, created.webhook_id, {}, Rename(" "), true).status();
  EXPECT_THAT(FieldsOf(ViolationsOf(refused)), ElementsAre("webhook.name"));
}

TEST_F(WebhookUseCasesTest, AWebhookOfAnotherTenantIsNotFound) {
  const auto created = Create(MinimalWebhook()).value();
  const store::TenantId other = store_.AddTenant();
  const absl::Status status =
      use_cases_.Update(other, created.webhook_id, {}, Rename("CRM"), false).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "WEBHOOK_NOT_FOUND");
}

v1::Webhook Wants(const std::vector<std::string>& types) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.clear_triggers();
  for (const std::string& type : types) {
    webhook.add_triggers()->set_event_type(type);
  }
  return webhook;
}

TEST_F(WebhookUseCasesTest, ATriggerForANewTypeIsExpectedWhereTypesAreLearned) {
  ASSERT_TRUE(Create(Wants({"order.paid"})).ok());
  EXPECT_EQ(store_.GetEventType(kTenant, "order.paid")->origin,
            store::EventTypeOrigin::kExpected);
}

TEST_F(WebhookUseCasesTest, ATriggerForANewTypeIsRefusedWhereTypesAre) {
  ASSERT_TRUE(store_.SetUnknownTypes(kTenant, domain::UnknownTypes::kRefuse).ok());
  const absl::Status status =
      Create(Wants({"ticket.closd", "ticket.closed", "order.paid"})).status();
  EXPECT_THAT(
      ViolationsOf(status),
      ElementsAre(
          Violation{"webhook.triggers[0].event_type",
                    "\"ticket.closd\" is no event type of the catalogue (did you mean "
                    "\"ticket.closed\"?): create it, or let unknown types be learned"},
          Violation{"webhook.triggers[2].event_type",
                    "\"order.paid\" is no event type of the catalogue: create it, or let "
                    "unknown types be learned"}));
  EXPECT_EQ(Count(), 0u);
  // Beside every other rule, and each fault once.
  v1::Webhook webhook = Wants({"", std::string("a\0b", 3), "order.paid"});
  webhook.clear_name();
  EXPECT_THAT(
      FieldsOf(ViolationsOf(Create(webhook, true).status())),
      ElementsAre("webhook.name", "webhook.triggers[0].event_type",
                  "webhook.triggers[1].event_type", "webhook.triggers[2].event_type"));
  EXPECT_TRUE(Create(Wants({"ticket.closed"})).ok());
}

TEST_F(WebhookUseCasesTest, AHundredUnknownTypesAreAnsweredWithAFewSuggestions) {
  ASSERT_TRUE(store_.SetUnknownTypes(kTenant, domain::UnknownTypes::kRefuse).ok());
  const std::vector<Violation> violations =
      ViolationsOf(Create(Wants(std::vector<std::string>(101, "ticket.closd"))).status());
  EXPECT_THAT(violations, SizeIs(101));  // one of them: too many triggers
  EXPECT_EQ(std::ranges::count_if(violations,
                                  [](const Violation& violation) {
                                    return violation.rule.find("did you mean") !=
                                           std::string::npos;
                                  }),
            10);
}

TEST_F(WebhookUseCasesTest, TypesThatATriggerHadAlreadyMayStay) {
  const auto created = Create(Wants({"order.paid"})).value();
  ASSERT_TRUE(store_.SetUnknownTypes(kTenant, domain::UnknownTypes::kRefuse).ok());
  const auto moved = use_cases_.Update(
      kTenant, created.webhook_id, {},
      [](Profile* profile, Violations*) {
        profile->spec.triggers = {{.event_type = "ticket.closed"}};
      },
      false);
  ASSERT_TRUE(moved.ok()) << moved.status();
  ASSERT_TRUE(store_.DeleteEventType(kTenant, "order.paid", {}).ok());
  // A webhook of before the setting whose type is gone by now.
  ASSERT_TRUE(store_.SetUnknownTypes(kTenant, domain::UnknownTypes::kLearn).ok());
  v1::Webhook old = Wants({"order.sent"});
  old.set_name("Old");
  const auto kept = Create(old).value();
  ASSERT_TRUE(store_.SetUnknownTypes(kTenant, domain::UnknownTypes::kRefuse).ok());
  EXPECT_TRUE(use_cases_.Update(kTenant, kept.webhook_id, {}, Rename("CRM"), false).ok());
  const absl::Status added =
      use_cases_
          .Update(
              kTenant, kept.webhook_id, {},
              [](Profile* profile, Violations*) {
                profile->spec.triggers.push_back({.event_type = "order.gone"});
              },
              false)
          .status();
  EXPECT_THAT(FieldsOf(ViolationsOf(added)),
              ElementsAre("webhook.triggers[1].event_type"));
}

TEST_F(WebhookUseCasesTest, SendIdOfAFieldThatTheCatalogueKnowsAsAMultiSelectIsRefused) {
  ASSERT_TRUE(
      store_
          .CreateEventType(kTenant, {.name = "order.paid",
                                     .object_type = "order",
                                     .example = R"({"tags":[{"id":1,"name":"x"}],)"
                                                R"("status":{"id":9,"name":"Paid"}})"})
          .ok());
  v1::Webhook webhook = Wants({"order.paid"});
  webhook.set_payload(v1::PAYLOAD_KIND_CUSTOM);
  for (const char* source : {"object.tags", "object.status", "object.other"}) {
    v1::CustomField* field = webhook.mutable_custom_payload()->add_fields();
    field->set_key(source);
    field->set_source(source);
    field->set_send_id(true);
  }
  EXPECT_THAT(FieldsOf(ViolationsOf(Create(webhook).status())),
              ElementsAre("webhook.custom_payload.fields[0].send_id"));
  // Other types say nothing of it.
  *webhook.mutable_triggers(0)->mutable_event_type() = "ticket.created";
  EXPECT_TRUE(Create(webhook).ok());
}

TEST_F(WebhookUseCasesTest, ADatabaseThatIsDownIsUnavailable) {
  store_.SetDown(absl::UnavailableError("no database"));
  EXPECT_TRUE(absl::IsUnavailable(Create(MinimalWebhook()).status()));
}

TEST_F(WebhookUseCasesTest, ARotationKeepsTheSecretBeforeForTheOverlap) {
  const auto created = Create(MinimalWebhook()).value();
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const auto rotated = use_cases_.RotateSecret(kTenant, created.webhook_id, std::nullopt,
                                               {.overlap = absl::Hours(1), .now = now});
  ASSERT_TRUE(rotated.ok()) << rotated.status();
  EXPECT_NE(rotated->secrets.signing_secret, created.secrets.signing_secret);
  EXPECT_TRUE(crypto::SigningKey::Parse(rotated->secrets.signing_secret).ok());
  EXPECT_EQ(rotated->secrets.previous_signing_secret, created.secrets.signing_secret);
  EXPECT_EQ(rotated->secrets.previous_valid_until, now + absl::Hours(1));
  EXPECT_EQ(rotated->version, created.version + 1);

  const auto again = use_cases_.RotateSecret(kTenant, created.webhook_id, std::nullopt,
                                             {.new_secret = kSecret, .now = now});
  EXPECT_EQ(again->secrets.signing_secret, kSecret);
  EXPECT_THAT(again->secrets.previous_signing_secret, IsEmpty());
}

TEST_F(WebhookUseCasesTest, ARotationIsCheckedLikeAnEdit) {
  const auto created = Create(MinimalWebhook()).value();
  const auto rotate = [&](std::string secret, absl::Duration overlap) {
    return FieldsOf(ViolationsOf(
        use_cases_
            .RotateSecret(
                kTenant, created.webhook_id, std::nullopt,
                {.new_secret = std::move(secret), .overlap = overlap, .now = absl::Now()})
            .status()));
  };
  EXPECT_THAT(rotate("open sesame", absl::Hours(1)),
              ElementsAre("webhook.signing_secret"));
  EXPECT_THAT(rotate(created.secrets.signing_secret, absl::Hours(1)),
              ElementsAre("signing_secret"));
  EXPECT_THAT(rotate("", absl::Hours(169)), ElementsAre("overlap"));
  EXPECT_THAT(rotate("", -absl::Seconds(1)), ElementsAre("overlap"));
  EXPECT_EQ(
      use_cases_.RotateSecret(kTenant, created.webhook_id, 7, {.overlap = absl::Hours(1)})
          .status()
          .code(),
      absl::StatusCode::kAborted);
}

TEST_F(WebhookUseCasesTest, EachSchemeHasAKeyOfItsOwnThatIsMadeWhereItIsMissing) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.add_signature_schemes(v1::SIGNATURE_SCHEME_ED25519);
  const auto created = Create(webhook).value();
  EXPECT_THAT(created.secrets.signing_secret, IsEmpty());
  EXPECT_TRUE(crypto::Ed25519Key::Parse(created.secrets.signing_key).ok());

  const auto both = use_cases_.Update(
      kTenant, created.webhook_id, std::nullopt,
      [](Profile* profile, Violations*) {
        profile->spec.signature_schemes.push_back(domain::SignatureScheme::kHmacSha256);
      },
      /*validate_only=*/false);
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_THAT(both->secrets.signing_secret, StartsWith("whsec_"));
  EXPECT_EQ(both->secrets.signing_key, created.secrets.signing_key);
}

TEST_F(WebhookUseCasesTest, ARotationIsOfEverySchemeOrOfThoseThatAreNamed) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.add_signature_schemes(v1::SIGNATURE_SCHEME_HMAC_SHA256);
  webhook.add_signature_schemes(v1::SIGNATURE_SCHEME_ED25519);
  const domain::WebhookSecrets first = Create(webhook)->secrets;
  const Uuid id = store_.List(kTenant, {})->webhooks[0].webhook_id;
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const auto all = use_cases_.RotateSecret(kTenant, id, std::nullopt,
                                           {.overlap = absl::Hours(1), .now = now});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->secrets.previous_signing_secret, first.signing_secret);
  EXPECT_EQ(all->secrets.previous_signing_key, first.signing_key);
  EXPECT_EQ(all->secrets.previous_key_valid_until, now + absl::Hours(1));
  EXPECT_NE(all->secrets.signing_key, first.signing_key);

  const auto one =
      use_cases_.RotateSecret(kTenant, id, std::nullopt,
                              {.schemes = {domain::SignatureScheme::kEd25519},
                               .overlap = absl::Hours(2),
                               .now = now});
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->secrets.signing_secret, all->secrets.signing_secret);
  EXPECT_EQ(one->secrets.previous_signing_secret, first.signing_secret);
  EXPECT_EQ(one->secrets.previous_valid_until, now + absl::Hours(1));
  EXPECT_EQ(one->secrets.previous_signing_key, all->secrets.signing_key);
}

TEST_F(WebhookUseCasesTest, ARotationTakesKeysOfTheSchemesThatItRotates) {
  const auto created = Create(MinimalWebhook()).value();
  const auto rotate = [&](WebhookUseCases::Rotation rotation) {
    rotation.overlap = absl::Hours(1);
    return FieldsOf(ViolationsOf(
        use_cases_.RotateSecret(kTenant, created.webhook_id, std::nullopt, rotation)
            .status()));
  };
  EXPECT_THAT(rotate({.new_key = crypto::Ed25519Key::Generate().ToSecret()}),
              ElementsAre("signing_key"));
  EXPECT_THAT(rotate({.schemes = {domain::SignatureScheme::kEd25519}}),
              ElementsAre("signature_schemes"));
  EXPECT_THAT(rotate({.schemes = {domain::SignatureScheme::kEd25519},
                      .new_secret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
              ElementsAre("signature_schemes", "signing_secret"));
}

}  // namespace
}  // namespace windrow::control_plane
