// Tenants and API keys.
#include "common/base/status.h"
#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using domain::ApiKeySpec;
using domain::KeyKind;
using domain::Scope;
using store::StoredApiKey;
using ::testing::ElementsAre;
using ::testing::SizeIs;

const std::string kDigest(32, '\x80');

ApiKeySpec Secret(const std::string& name) {
  return {.name = name, .secret_sha256 = kDigest, .created_by = "operator"};
}

ApiKeySpec Certificate(const std::string& name) {
  return {.kind = KeyKind::kCertificate,
          .scope = Scope::kPublish,
          .name = "machine",
          .certificate_name = name,
          .created_by = "operator"};
}

std::vector<std::string> IdsOf(const std::vector<StoredApiKey>& keys) {
  std::vector<std::string> ids;
  for (const StoredApiKey& key : keys) ids.push_back(key.key_id);
  return ids;
}

TEST_P(AccessContract, AKeyIsReadBackAsItWasMade) {
  ApiKeySpec spec = Secret("CI \u00e9");
  spec.scope = Scope::kAdmin;
  spec.requests_per_second = 12.5;
  spec.expires_at = absl::FromUnixSeconds(4'000'000'000);
  const auto made = access().CreateApiKey(kTenant, "aaaa", spec).value();
  EXPECT_EQ(made.spec, spec);
  const auto read = access().GetApiKey(kTenant, "aaaa").value();
  EXPECT_EQ(read.spec, spec);
  EXPECT_EQ(read.tenant_id, kTenant);
  EXPECT_EQ(read.created_at, made.created_at);
  EXPECT_FALSE(read.last_used_at || read.revoked_at);
}

TEST_P(AccessContract, AKeyOfAnotherTenantIsNotThere) {
  const auto other = harness().AddTenant("other");
  ASSERT_TRUE(access().CreateApiKey(other, "theirs", Secret("k")).ok());
  EXPECT_EQ(ReasonOf(access().GetApiKey(kTenant, "theirs").status()),
            "API_KEY_NOT_FOUND");
  EXPECT_EQ(ReasonOf(access().RevokeApiKey(kTenant, "theirs").status()),
            "API_KEY_NOT_FOUND");
  EXPECT_THAT(access().ListApiKeys(kTenant, std::nullopt, 10)->keys, SizeIs(0));
  EXPECT_FALSE(access().GetApiKey(other, "theirs")->revoked_at);
}

TEST_P(AccessContract, KeysAreListedNewestFirstInPages) {
  for (const char* id : {"b", "a", "c"}) {
    ASSERT_TRUE(access().CreateApiKey(kTenant, id, Secret("k")).ok());
  }
  ASSERT_TRUE(access().RevokeApiKey(kTenant, "a").ok());
  const auto first = access().ListApiKeys(kTenant, std::nullopt, 2).value();
  EXPECT_THAT(IdsOf(first.keys), ElementsAre("c", "a"));
  EXPECT_TRUE(first.more);
  const auto rest = access().ListApiKeys(kTenant, first.keys.back().number, 2).value();
  EXPECT_THAT(IdsOf(rest.keys), ElementsAre("b"));
  EXPECT_FALSE(rest.more);
}

TEST_P(AccessContract, ARevokedKeyKeepsItsTime) {
  ASSERT_TRUE(access().CreateApiKey(kTenant, "a", Secret("k")).ok());
  const auto revoked = access().RevokeApiKey(kTenant, "a").value();
  ASSERT_TRUE(revoked.revoked_at);
  harness().Tick();
  EXPECT_EQ(access().RevokeApiKey(kTenant, "a")->revoked_at, revoked.revoked_at);
}

TEST_P(AccessContract, ACertificatesNameIsOfOneLiveKeyOfAllTenants) {
  const auto other = harness().AddTenant("other");
  ASSERT_TRUE(access().CreateApiKey(kTenant, "a", Certificate("dns:a.example")).ok());
  EXPECT_EQ(
      ReasonOf(access().CreateApiKey(other, "b", Certificate("dns:a.example")).status()),
      "CERTIFICATE_NAME_TAKEN");
  ASSERT_TRUE(access().CreateApiKey(other, "c", Certificate("dns:b.example")).ok());
  ASSERT_TRUE(access().RevokeApiKey(kTenant, "a").ok());
  EXPECT_TRUE(access().CreateApiKey(other, "d", Certificate("dns:a.example")).ok());
}

TEST_P(AccessContract, AnIdIsOfOneKey) {
  ASSERT_TRUE(access().CreateApiKey(kTenant, "a", Secret("k")).ok());
  EXPECT_EQ(ReasonOf(access().CreateApiKey(kTenant, "a", Secret("k")).status()),
            "API_KEY_EXISTS");
}

TEST_P(AccessContract, OnlySoManyLiveKeysOfATenant) {
  for (int i = 0; i < store::kMostApiKeys; ++i) {
    ASSERT_TRUE(access().CreateApiKey(kTenant, std::to_string(i), Secret("k")).ok());
  }
  EXPECT_EQ(ReasonOf(access().CreateApiKey(kTenant, "a", Secret("k")).status()),
            "TOO_MANY_API_KEYS");
  const auto other = harness().AddTenant("other");
  EXPECT_TRUE(access().CreateApiKey(other, "b", Secret("k")).ok());
  ASSERT_TRUE(access().RevokeApiKey(kTenant, "7").ok());
  EXPECT_TRUE(access().CreateApiKey(kTenant, "c", Secret("k")).ok());
}

TEST_P(AccessContract, KeysAreLoadedWhereTheyChanged) {
  const auto none = access().LoadAccess(std::nullopt).value().value();
  EXPECT_FALSE(none.any);
  EXPECT_FALSE(access().LoadAccess(none.version)->has_value());

  ASSERT_TRUE(access().CreateApiKey(kTenant, "a", Secret("k")).ok());
  const auto one = access().LoadAccess(none.version).value().value();
  EXPECT_TRUE(one.any);
  EXPECT_THAT(IdsOf(one.keys), ElementsAre("a"));
  EXPECT_EQ(one.keys[0].spec, Secret("k"));

  EXPECT_OK(access().MarkApiKeysUsed({"a", "none"}));
  EXPECT_FALSE(access().LoadAccess(one.version)->has_value()) << "used, not changed";
  EXPECT_TRUE(access().GetApiKey(kTenant, "a")->last_used_at);

  ASSERT_TRUE(access().RevokeApiKey(kTenant, "a").ok());
  const auto revoked = access().LoadAccess(one.version).value().value();
  EXPECT_TRUE(revoked.any);
  ASSERT_THAT(revoked.keys, SizeIs(1)) << "for its holder to be told";
  EXPECT_TRUE(revoked.keys[0].revoked_at);
}

TEST_P(AccessContract, TenantsHaveOneName) {
  const auto made = access().CreateTenant("acme").value();
  EXPECT_NE(made.tenant_id, kTenant);
  EXPECT_EQ(ReasonOf(access().CreateTenant("acme").status()), "TENANT_EXISTS");
  EXPECT_EQ(access().FindTenant("acme")->tenant_id, made.tenant_id);
  EXPECT_EQ(ReasonOf(access().FindTenant("Acme").status()), "TENANT_NOT_FOUND");
  std::vector<std::string> names;
  const auto tenants = access().ListTenants().value();
  for (const auto& tenant : tenants) names.push_back(tenant.name);
  EXPECT_THAT(names, ElementsAre("default", "acme"));
}

}  // namespace
}  // namespace windrow::contract
