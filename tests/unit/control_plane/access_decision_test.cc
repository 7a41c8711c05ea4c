#include "services/control_plane/access_decision.h"

#include <gmock/gmock.h>

#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

store::StoredApiKey KeyOf(const crypto::NewApiKey& made, store::TenantId tenant) {
  return {.tenant_id = tenant,
          .key_id = made.key_id,
          .spec = {.secret_sha256 = made.secret_sha256}};
}

Credentials Sending(const std::string& authorization) {
  Credentials credentials;
  ReadAuthorization({authorization}, &credentials);
  return credentials;
}

class AccessDecisionTest : public ::testing::Test {
 protected:
  AccessDecisionTest() {
    keys_.any = true;
    keys_.keys.push_back(KeyOf(good_, 7));
    store::StoredApiKey machine{.tenant_id = 9, .key_id = "machine"};
    machine.spec = {.kind = domain::KeyKind::kCertificate,
                    .certificate_name = "dns:a.example"};
    keys_.keys.push_back(machine);
  }

  Refusal RefusalOf(const Credentials& credentials, AccessPolicy policy = {}) {
    return Decide(Snapshot().get(), policy, credentials, kNow).refusal;
  }
  std::unique_ptr<AccessSnapshot> Snapshot() {
    return std::make_unique<AccessSnapshot>(keys_, nullptr);
  }

  const crypto::NewApiKey good_ = crypto::GenerateApiKey();
  store::AccessKeys keys_;
};

TEST_F(AccessDecisionTest, AGoodKeyIsItsTenant) {
  const auto snapshot = Snapshot();
  for (const char* scheme : {"Bearer ", "bearer "}) {
    const Decision decision =
        Decide(snapshot.get(), {}, Sending(scheme + good_.text), kNow);
    ASSERT_EQ(decision.refusal, Refusal::kNone);
    const Caller caller = CallerOf(decision.key);
    EXPECT_EQ(caller.tenant, 7);
    EXPECT_EQ(caller.name, "api_key:" + good_.key_id);
  }
}

TEST_F(AccessDecisionTest, WhatIsNoKeyIsNotGuessedAt) {
  for (const std::string& text :
       {std::string(), std::string("Bearer"), std::string("Bearer "), good_.text,
        "Basic " + good_.text, "Bearer  " + good_.text, "Bearer " + good_.text + " "}) {
    EXPECT_EQ(RefusalOf(Sending(text)), Refusal::kMalformed) << text;
  }
  Credentials twice;
  const std::string value = "Bearer " + good_.text;
  ReadAuthorization({value, value}, &twice);
  EXPECT_EQ(RefusalOf(twice), Refusal::kMalformed);
}

TEST_F(AccessDecisionTest, TheSecretIsComparedToo) {
  EXPECT_EQ(RefusalOf(Sending("Bearer " + crypto::GenerateApiKey().text)),
            Refusal::kUnknown);
  keys_.keys[0].spec.secret_sha256[31] ^= 1;
  EXPECT_EQ(RefusalOf(Sending("Bearer " + good_.text)), Refusal::kWrongSecret);
  // Nor is it told to others that the key has ended.
  keys_.keys[0].revoked_at = kNow - absl::Hours(1);
  EXPECT_EQ(RefusalOf(Sending("Bearer " + good_.text)), Refusal::kWrongSecret);
  EXPECT_EQ(ToStatus(Refusal::kWrongSecret), ToStatus(Refusal::kUnknown));
}

TEST_F(AccessDecisionTest, AKeyOfACertificateHasNoSecret) {
  Credentials empty{.has_authorization = true,
                    .key = crypto::ParsedApiKey{.key_id = "machine"}};
  empty.key->secret_sha256 = std::string(32, '\0');
  EXPECT_EQ(RefusalOf(empty), Refusal::kWrongSecret);
}

TEST_F(AccessDecisionTest, AKeyEnds) {
  const Credentials sent = Sending("Bearer " + good_.text);
  keys_.keys[0].spec.expires_at = kNow + absl::Seconds(1);
  EXPECT_EQ(RefusalOf(sent), Refusal::kNone);
  keys_.keys[0].spec.expires_at = kNow;
  EXPECT_EQ(RefusalOf(sent), Refusal::kExpired);
  keys_.keys[0].revoked_at = kNow;
  EXPECT_EQ(RefusalOf(sent), Refusal::kRevoked);
}

TEST_F(AccessDecisionTest, ACertificateIsKnownByAnyOfItsNames) {
  const auto snapshot = Snapshot();
  const Credentials sent{.certificate_names = {"uri:spiffe://x", "dns:a.example"}};
  const Decision decision = Decide(snapshot.get(), {}, sent, kNow);
  ASSERT_EQ(decision.refusal, Refusal::kNone);
  EXPECT_EQ(CallerOf(decision.key).name, "certificate:dns:a.example");
  EXPECT_EQ(CallerOf(decision.key).tenant, 9);
  EXPECT_EQ(RefusalOf({.certificate_names = {"cn:a.example"}, .loopback = true}),
            Refusal::kUnknownCertificate);
}

TEST_F(AccessDecisionTest, AKeyThatIsSentCountsBeforeACertificate) {
  Credentials sent = Sending("Bearer " + crypto::GenerateApiKey().text);
  sent.certificate_names = {"dns:a.example"};
  EXPECT_EQ(RefusalOf(sent), Refusal::kUnknown);
}

TEST_F(AccessDecisionTest, WithoutAnyKeyLoopbackIsLetIn) {
  keys_ = {};
  EXPECT_EQ(RefusalOf({.loopback = true}), Refusal::kNone);
  EXPECT_EQ(RefusalOf({.loopback = false}), Refusal::kMissing);
  EXPECT_EQ(RefusalOf({.loopback = false}, {.insecure_listen = true}), Refusal::kNone);
  EXPECT_EQ(RefusalOf({.loopback = true}, {.client_certificates = true}),
            Refusal::kMissing);
  EXPECT_EQ(CallerOf(nullptr).name, "anonymous");
  EXPECT_EQ(CallerOf(nullptr).tenant, store::kDefaultTenant);
}

TEST_F(AccessDecisionTest, OnceThereWasAKeyNobodyIsLetInWithoutOne) {
  for (const bool insecure : {false, true}) {
    EXPECT_EQ(RefusalOf({.loopback = true}, {.insecure_listen = insecure}),
              Refusal::kMissing);
  }
  keys_.keys.clear();  // all have ended
  EXPECT_EQ(RefusalOf({.loopback = true}), Refusal::kMissing);
}

TEST_F(AccessDecisionTest, BeforeTheKeysAreReadNobodyIsLetIn) {
  EXPECT_EQ(Decide(nullptr, {.insecure_listen = true}, {.loopback = true}, kNow).refusal,
            Refusal::kNotLoaded);
  EXPECT_TRUE(absl::IsUnavailable(ToStatus(Refusal::kNotLoaded)));
}

TEST_F(AccessDecisionTest, WhoWasLetInIsLookedAtAgain) {
  const auto snapshot = Snapshot();
  const Caller caller = CallerOf(snapshot->Find(good_.key_id));
  EXPECT_EQ(DecideAgain(*snapshot, caller, kNow), Refusal::kNone);
  EXPECT_EQ(DecideAgain(*snapshot, Caller(), kNow), Refusal::kMissing);
  EXPECT_EQ(DecideAgain(AccessSnapshot({}, nullptr), Caller(), kNow), Refusal::kNone);
  EXPECT_EQ(DecideAgain(AccessSnapshot({}, nullptr), caller, kNow), Refusal::kRevoked);
  keys_.keys[0].revoked_at = kNow;
  EXPECT_EQ(DecideAgain(*Snapshot(), caller, kNow), Refusal::kRevoked);
}

TEST_F(AccessDecisionTest, WhatWasUsedOfARateIsKept) {
  keys_.keys[0].spec.requests_per_second = 5;
  const auto before = Snapshot();
  const auto pace = before->Find(good_.key_id)->pace;
  ASSERT_NE(pace, nullptr);
  EXPECT_EQ(AccessSnapshot(keys_, before.get()).Find(good_.key_id)->pace, pace);
  keys_.keys[0].spec.requests_per_second = 6;
  EXPECT_NE(AccessSnapshot(keys_, before.get()).Find(good_.key_id)->pace, pace);
}

TEST_F(AccessDecisionTest, EveryRefusalSaysWhatToDo) {
  for (const Refusal refusal :
       {Refusal::kMissing, Refusal::kMalformed, Refusal::kUnknown, Refusal::kWrongSecret,
        Refusal::kRevoked, Refusal::kExpired, Refusal::kUnknownCertificate}) {
    const absl::Status status = ToStatus(refusal);
    EXPECT_TRUE(absl::IsUnauthenticated(status)) << status;
    EXPECT_NE(ReasonOf(status), "");
    EXPECT_NE(RefusalText(refusal), "none");
  }
  EXPECT_THAT(std::string(ToStatus(Refusal::kMissing).message()),
              HasSubstr("authorization: Bearer windrow_"));
  EXPECT_EQ(
      ScopeNeeded("GetWebhook", domain::Scope::kPublish, domain::Scope::kRead).message(),
      "GetWebhook needs an API key of scope read or admin: this one is of scope "
      "publish");
}

}  // namespace
}  // namespace windrow::control_plane
