// Updates: which fields a mask names, and what becomes of the others.
#include <gmock/gmock.h>
#include <google/protobuf/field_mask.pb.h>
#include <gtest/gtest.h>

#include <initializer_list>

#include "tests/unit/control_plane/webhook_messages.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

Profile Saved() {
  Profile profile;
  profile.spec.name = "Helpdesk";
  profile.spec.description = "To the CRM";
  profile.spec.url = "https://example.com/hook";
  profile.spec.has_basic_auth = true;
  profile.spec.basic_auth_user = "crm";
  profile.spec.payload = domain::PayloadKind::kSmall;
  profile.spec.triggers = {{7, "ticket.created", true}, {8, "ticket.closed", true}};
  profile.spec.timeout = absl::Seconds(10);
  profile.spec.labels = {{"env", "prod"}};
  profile.secrets = {.signing_secret = kSecret, .basic_auth_password = "old password"};
  return profile;
}

struct Edited {
  Profile profile;
  std::vector<Violation> violations;
};

Edited Edit(const v1::Webhook& change, std::initializer_list<std::string> paths) {
  google::protobuf::FieldMask mask;
  for (const std::string& path : paths) mask.add_paths(path);
  Edited edited{Saved(), {}};
  Violations violations;
  EditProfile(change, mask, {}, &edited.profile, &violations);
  CheckProfile(&edited.profile, &violations);
  edited.violations = violations.list();
  return edited;
}

TEST(EditProfileTest, AMaskChangesOnlyWhatItNames) {
  v1::Webhook change;
  change.set_name("CRM");
  change.set_description("is not named");
  change.mutable_timeout()->set_seconds(1);
  const Edited edited = Edit(change, {"name"});
  Profile wanted = Saved();
  wanted.spec.name = "CRM";
  EXPECT_THAT(edited.violations, IsEmpty());
  EXPECT_EQ(edited.profile, wanted);
}

TEST(EditProfileTest, AFieldThatIsNamedButNotSetGetsItsDefault) {
  const Edited edited =
      Edit({}, {"description", "timeout", "labels", "payload", "enabled", "basic_auth"});
  Profile wanted = Saved();
  wanted.spec.description = "";
  wanted.spec.timeout = absl::Seconds(30);
  wanted.spec.labels = {};
  wanted.spec.payload = domain::PayloadKind::kFull;
  wanted.spec.has_basic_auth = false;
  wanted.spec.basic_auth_user = "";
  wanted.secrets.basic_auth_password = "";
  EXPECT_THAT(edited.violations, IsEmpty());
  EXPECT_EQ(edited.profile, wanted);
}

TEST(EditProfileTest, ARequiredFieldThatIsNamedButNotSetIsRefused) {
  EXPECT_THAT(FieldsOf(Edit({}, {"name", "url", "triggers"}).violations),
              ElementsAre("webhook.url", "webhook.name", "webhook.triggers"));
}

TEST(EditProfileTest, WithoutAMaskEveryFieldThatIsSetIsChanged) {
  v1::Webhook change;
  change.set_description("new");
  change.set_enabled(false);
  const Edited edited = Edit(change, {});
  Profile wanted = Saved();
  wanted.spec.description = "new";
  wanted.spec.enabled = false;
  EXPECT_THAT(edited.violations, IsEmpty());
  EXPECT_EQ(edited.profile, wanted);
}

TEST(EditProfileTest, AnEmptyRequestChangesNothing) {
  EXPECT_EQ(Edit({}, {}).profile, Saved());
  EXPECT_THAT(Edit({}, {}).violations, IsEmpty());
}

TEST(EditProfileTest, AStarReplacesEverythingButTheSigningSecret) {
  const Edited edited = Edit(MinimalWebhook(), {"*"});
  EXPECT_THAT(edited.violations, IsEmpty());
  EXPECT_EQ(edited.profile.spec.description, "");
  EXPECT_EQ(edited.profile.spec.timeout, absl::Seconds(30));
  EXPECT_FALSE(edited.profile.spec.has_basic_auth);
  EXPECT_EQ(edited.profile.secrets.basic_auth_password, "");
  EXPECT_EQ(edited.profile.secrets.signing_secret, kSecret);
}

TEST(EditProfileTest, BasicAuthWithoutAPasswordKeepsTheStoredOne) {
  v1::Webhook change;
  change.mutable_basic_auth()->set_user("erp");
  for (const char* path : {"basic_auth", "*"}) {
    v1::Webhook whole = MinimalWebhook();
    whole.MergeFrom(change);
    const Edited edited = Edit(whole, {path});
    EXPECT_EQ(edited.profile.spec.basic_auth_user, "erp");
    EXPECT_EQ(edited.profile.secrets.basic_auth_password, "old password");
  }
}

TEST(EditProfileTest, BasicAuthWithAPasswordReplacesBoth) {
  v1::Webhook change;
  change.mutable_basic_auth()->set_user("erp");
  change.mutable_basic_auth()->set_password("new");
  const Edited edited = Edit(change, {"basic_auth"});
  EXPECT_EQ(edited.profile.spec.basic_auth_user, "erp");
  EXPECT_EQ(edited.profile.secrets.basic_auth_password, "new");
}

TEST(EditProfileTest, ThePasswordAloneKeepsTheUserAndMayBecomeEmpty) {
  v1::Webhook change;
  change.mutable_basic_auth()->set_user("not named");
  change.mutable_basic_auth()->set_password("new");
  Edited edited = Edit(change, {"basic_auth.password"});
  EXPECT_EQ(edited.profile.spec.basic_auth_user, "crm");
  EXPECT_EQ(edited.profile.secrets.basic_auth_password, "new");
  edited = Edit({}, {"basic_auth.password"});
  EXPECT_EQ(edited.profile.spec.basic_auth_user, "crm");
  EXPECT_EQ(edited.profile.secrets.basic_auth_password, "");
}

TEST(EditProfileTest, APasswordWithoutAUserIsRefused) {
  v1::Webhook change;
  change.mutable_basic_auth()->set_password("new");
  google::protobuf::FieldMask mask;
  mask.add_paths("basic_auth.password");
  Profile profile = Saved();
  profile.spec.has_basic_auth = false;
  Violations violations;
  EditProfile(change, mask, {}, &profile, &violations);
  EXPECT_THAT(FieldsOf(violations.list()), ElementsAre("webhook.basic_auth.password"));
}

TEST(EditProfileTest, UserInfoOfANewUrlReplacesBasicAuth) {
  v1::Webhook change;
  change.set_url("https://erp:new@example.com/");
  for (const std::initializer_list<std::string> paths :
       {std::initializer_list<std::string>{}, {"url"}, {"url", "basic_auth"}}) {
    const Edited edited = Edit(change, paths);
    EXPECT_THAT(edited.violations, IsEmpty());
    EXPECT_EQ(edited.profile.spec.url, "https://example.com/");
    EXPECT_EQ(edited.profile.spec.basic_auth_user, "erp");
    EXPECT_EQ(edited.profile.secrets.basic_auth_password, "new");
  }
}

TEST(EditProfileTest, AUrlWithoutUserInfoKeepsBasicAuth) {
  v1::Webhook change;
  change.set_url("https://example.org/");
  const Edited edited = Edit(change, {"url"});
  EXPECT_EQ(edited.profile.spec.url, "https://example.org/");
  EXPECT_EQ(edited.profile.spec.basic_auth_user, "crm");
  EXPECT_EQ(edited.profile.secrets.basic_auth_password, "old password");
}

TEST(EditProfileTest, UserInfoBesideAPasswordIsRefused) {
  v1::Webhook change;
  change.set_url("https://erp:new@example.com/");
  change.mutable_basic_auth()->set_password("other");
  EXPECT_THAT(FieldsOf(Edit(change, {"url", "basic_auth.password"}).violations),
              ElementsAre("webhook.url"));
}

TEST(EditProfileTest, TheSigningSecretIsReplacedWhereOneIsGiven) {
  v1::Webhook change;
  change.set_signing_secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  for (const std::initializer_list<std::string> paths :
       {std::initializer_list<std::string>{}, {"signing_secret"}}) {
    EXPECT_EQ(Edit(change, paths).profile.secrets.signing_secret,
              "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  }
  EXPECT_EQ(Edit(change, {"name"}).profile.secrets.signing_secret, kSecret);
  EXPECT_THAT(FieldsOf(Edit({}, {"signing_secret"}).violations),
              ElementsAre("webhook.signing_secret"));
}

TEST(EditProfileTest, ASigningSecretEndsARotationsOverlapWhereItIsAnother) {
  Profile profile = Saved();
  profile.secrets.previous_signing_secret = "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
  Violations violations;
  v1::Webhook change;
  change.set_signing_secret(kSecret);
  EditProfile(change, {}, {}, &profile, &violations);
  EXPECT_EQ(profile.secrets.previous_signing_secret,
            "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB");
  change.set_signing_secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  EditProfile(change, {}, {}, &profile, &violations);
  EXPECT_EQ(profile.secrets.previous_signing_secret, "");
}

TEST(EditProfileTest, TriggersKeepTheirNumbersAndNewOnesHaveNone) {
  v1::Webhook change;
  v1::Trigger* kept = change.add_triggers();
  kept->set_notification_id(8);
  kept->set_event_type("ticket.closed");
  kept->set_enabled(false);
  change.add_triggers()->set_event_type("ticket.updated");
  const Edited edited = Edit(change, {"triggers"});
  EXPECT_THAT(edited.violations, IsEmpty());
  EXPECT_THAT(edited.profile.spec.triggers,
              ElementsAre(domain::Trigger{8, "ticket.closed", false},
                          domain::Trigger{0, "ticket.updated", true}));
}

TEST(EditProfileTest, TriggerNumbersOfOthersAreRefused) {
  v1::Webhook change;
  for (const int id : {9, 7, 7, -1}) {
    v1::Trigger* trigger = change.add_triggers();
    trigger->set_notification_id(id);
    trigger->set_event_type("ticket.created");
  }
  EXPECT_THAT(FieldsOf(Edit(change, {"triggers"}).violations),
              ElementsAre("webhook.triggers[0].notification_id",
                          "webhook.triggers[2].notification_id",
                          "webhook.triggers[3].notification_id"));
}

TEST(EditProfileTest, OutputOnlyFieldsInAMaskChangeNothing) {
  const Edited edited =
      Edit(MinimalWebhook(), {"webhook_id", "etag", "create_time", "update_time"});
  EXPECT_THAT(edited.violations, IsEmpty());
  EXPECT_EQ(edited.profile, Saved());
}

TEST(EditProfileTest, PathsThatAreNoFieldsAreEachNamed) {
  const auto violations =
      Edit(MinimalWebhook(), {"nmae", "basic_auth.user", "Name", "", "triggers[0]"})
          .violations;
  ASSERT_THAT(violations, SizeIs(5));
  EXPECT_EQ(violations[0],
            (Violation{"update_mask",
                       "\"nmae\" is no field that an update can name: give top-level "
                       "names, or basic_auth.password"}));
  EXPECT_THAT(violations[1].rule, HasSubstr("\"basic_auth.user\""));
}

TEST(EditProfileTest, AHostileMaskIsAnsweredBriefly) {
  google::protobuf::FieldMask mask;
  for (int i = 0; i < 100'000; ++i) mask.add_paths("x");
  mask.add_paths(std::string(1 << 20, 'y'));
  Profile profile = Saved();
  Violations violations;
  EditProfile({}, mask, {}, &profile, &violations);
  EXPECT_FALSE(violations.empty());
  EXPECT_THAT(violations.ToStatus().message().size(), Le(8'000u));
}

TEST(EditProfileTest, AnEditIsCheckedAgainstWhatItLeaves) {
  v1::Webhook change;
  change.mutable_batching()->set_mode(v1::BATCH_MODE_ANY);
  EXPECT_THAT(Edit(change, {"batching"}).violations, IsEmpty());
  change.set_payload(v1::PAYLOAD_KIND_FULL);
  EXPECT_THAT(FieldsOf(Edit(change, {"batching", "payload"}).violations),
              ElementsAre("webhook.batching.mode"));
}

}  // namespace
}  // namespace windrow::control_plane
