#include "services/control_plane/signing_mapping.h"

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/ed25519_key.h"
#include "tests/unit/control_plane/webhook_messages.h"

namespace windrow::control_plane {
namespace {

using domain::SignatureScheme;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// RFC 8032, 7.1, test 1.
constexpr char kSeed[] = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
constexpr char kWhole[] =
    "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/"
    "tPJZAc6DuFy89qmIyWvAhpo"
    "9wdRGg==";
constexpr char kPublic[] = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

std::vector<std::string> BrokenFields(const v1::Webhook& webhook) {
  return FieldsOf(ViolationsOfNew(webhook));
}

TEST(SigningMappingTest, TheDefaultIsHmac) {
  Violations violations;
  const Profile profile = NewProfile(MinimalWebhook(), {}, &violations);
  EXPECT_THAT(profile.spec.signature_schemes, ElementsAre(SignatureScheme::kHmacSha256));
  v1::Webhook shown;
  SigningToProto({.spec = profile.spec}, &shown);
  EXPECT_THAT(shown.signature_schemes(), ElementsAre(v1::SIGNATURE_SCHEME_HMAC_SHA256));
  EXPECT_EQ(shown.public_key(), "");
}

TEST(SigningMappingTest, AKeyIsStoredInOneSpellingAndItsPublicHalfShown) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.add_signature_schemes(v1::SIGNATURE_SCHEME_ED25519);
  webhook.set_signing_key(kSeed);
  Violations violations;
  const Profile profile = NewProfile(webhook, {}, &violations);
  EXPECT_THAT(violations.list(), IsEmpty());
  EXPECT_EQ(profile.secrets.signing_key, kWhole);
  v1::Webhook shown;
  SigningToProto({.spec = profile.spec, .secrets = profile.secrets}, &shown);
  EXPECT_EQ(shown.public_key(), kPublic);
  EXPECT_EQ(shown.signing_key(), "");
  EXPECT_EQ(shown.previous_public_key(), "");
}

TEST(SigningMappingTest, ThePreviousPublicKeyIsShownForTheOverlap) {
  store::StoredWebhook stored;
  stored.spec.signature_schemes = {SignatureScheme::kEd25519};
  stored.secrets.signing_key = crypto::Ed25519Key::Generate().ToSecret();
  stored.secrets.previous_signing_key = kWhole;
  stored.secrets.previous_key_valid_until = absl::Now() + absl::Hours(1);
  v1::Webhook shown;
  SigningToProto(stored, &shown);
  EXPECT_EQ(shown.previous_public_key(), kPublic);
  EXPECT_TRUE(shown.has_previous_public_key_expire_time());
  stored.secrets.previous_key_valid_until = absl::Now() - absl::Hours(1);
  shown.Clear();
  SigningToProto(stored, &shown);
  EXPECT_EQ(shown.previous_public_key(), "");
  EXPECT_FALSE(shown.has_previous_public_key_expire_time());
}

TEST(SigningMappingTest, BrokenRulesAreNamed) {
  v1::Webhook webhook = MinimalWebhook();
  webhook.add_signature_schemes(v1::SIGNATURE_SCHEME_ED25519);
  webhook.set_signing_key("whsk_AAAA");
  EXPECT_THAT(BrokenFields(webhook), ElementsAre("webhook.signing_key"));
  webhook.set_signing_key(kSeed);
  EXPECT_THAT(BrokenFields(webhook), IsEmpty());
  webhook.set_signing_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  EXPECT_THAT(BrokenFields(webhook), ElementsAre("webhook.signing_secret"));
  webhook.clear_signing_secret();
  webhook.add_signature_schemes(v1::SIGNATURE_SCHEME_ED25519);
  EXPECT_THAT(BrokenFields(webhook), ElementsAre("webhook.signature_schemes"));
  webhook.clear_signature_schemes();
  EXPECT_THAT(BrokenFields(webhook), ElementsAre("webhook.signing_key"));
  for (const int number : {0, 3, -1}) {
    v1::Webhook other = MinimalWebhook();
    other.add_signature_schemes(static_cast<v1::SignatureScheme>(number));
    EXPECT_THAT(BrokenFields(other), ElementsAre("webhook.signature_schemes")) << number;
  }
}

TEST(SigningMappingTest, AnEditReplacesAKeyAtOnceAndKeepsOneThatIsLeftOut) {
  Profile profile;
  profile.spec.signature_schemes = {SignatureScheme::kEd25519};
  profile.secrets.signing_key = crypto::Ed25519Key::Generate().ToSecret();
  profile.secrets.previous_signing_key = crypto::Ed25519Key::Generate().ToSecret();
  profile.secrets.previous_key_valid_until = absl::Now() + absl::Hours(1);
  const Profile before = profile;
  Violations violations;
  google::protobuf::FieldMask mask;
  mask.add_paths("signing_key");
  v1::Webhook change;
  EditProfile(change, mask, {}, &profile, &violations);
  EXPECT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(profile, before);
  change.set_signing_key(before.secrets.signing_key);
  Violations none;
  EditProfile(change, mask, {}, &profile, &none);
  EXPECT_EQ(profile, before);  // the same once more does not end the overlap
  change.set_signing_key(kSeed);
  EditProfile(change, mask, {}, &profile, &none);
  EXPECT_THAT(none.list(), IsEmpty());
  EXPECT_EQ(profile.secrets.signing_key, kWhole);
  EXPECT_EQ(profile.secrets.previous_signing_key, "");
}

}  // namespace
}  // namespace windrow::control_plane
