#include "common/domain/access.h"

#include <gmock/gmock.h>

#include <cmath>

namespace windrow::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

std::vector<std::string> FieldsOf(ApiKeySpec spec) {
  Violations violations;
  CheckApiKey(&spec, kNow, &violations);
  std::vector<std::string> fields;
  for (const Violation& violation : violations.list()) fields.push_back(violation.field);
  return fields;
}

TEST(ApiKeySpecTest, AdminContainsTheOthersWhichContainNothingElse) {
  EXPECT_TRUE(Allows(Scope::kAdmin, Scope::kRead));
  EXPECT_TRUE(Allows(Scope::kAdmin, Scope::kPublish));
  EXPECT_TRUE(Allows(Scope::kAdmin, Scope::kAdmin));
  EXPECT_TRUE(Allows(Scope::kRead, Scope::kRead));
  EXPECT_FALSE(Allows(Scope::kRead, Scope::kPublish));
  EXPECT_FALSE(Allows(Scope::kRead, Scope::kAdmin));
  EXPECT_TRUE(Allows(Scope::kPublish, Scope::kPublish));
  EXPECT_FALSE(Allows(Scope::kPublish, Scope::kRead));
  EXPECT_FALSE(Allows(Scope::kPublish, Scope::kAdmin));
}

TEST(ApiKeySpecTest, ScopesAreReadAsTheyAreWritten) {
  EXPECT_EQ(ParseScope("publish"), Scope::kPublish);
  EXPECT_EQ(ParseScope("Publish"), std::nullopt);
  EXPECT_EQ(ScopeText(Scope::kRead), "read");
}

TEST(ApiKeySpecTest, EveryBrokenRuleIsNamed) {
  EXPECT_THAT(FieldsOf({.name = " CI "}), IsEmpty());
  EXPECT_THAT(
      FieldsOf({.name = "  ", .requests_per_second = 0.01, .expires_at = kNow}),
      ElementsAre("api_key.name", "api_key.requests_per_second", "api_key.expire_time"));
  EXPECT_THAT(FieldsOf({.name = "a", .requests_per_second = -1}), SizeIs(1));
  EXPECT_THAT(FieldsOf({.name = "a", .requests_per_second = std::nan("")}), SizeIs(1));
  EXPECT_THAT(FieldsOf({.name = std::string(129, 'x')}), SizeIs(1));
}

TEST(ApiKeySpecTest, ACertificatesNameSaysWhichOfItsNamesItIs) {
  for (const char* name : {"dns:a", "uri:spiffe://a/b", "cn:Some One"}) {
    EXPECT_THAT(
        FieldsOf({.kind = KeyKind::kCertificate, .name = "a", .certificate_name = name}),
        IsEmpty())
        << name;
  }
  for (const char* name : {"", "a.example", "dns:", "ip:1.2.3.4", "cn:a\nb"}) {
    EXPECT_THAT(
        FieldsOf({.kind = KeyKind::kCertificate, .name = "a", .certificate_name = name}),
        ElementsAre("api_key.certificate_name"))
        << name;
  }
}

TEST(ApiKeySpecTest, NamesOfHostsAreOfAnyCase) {
  ApiKeySpec spec{
      .kind = KeyKind::kCertificate, .name = " CI ", .certificate_name = "dns:A.Example"};
  Violations violations;
  CheckApiKey(&spec, kNow, &violations);
  EXPECT_EQ(spec.certificate_name, "dns:a.example");
  EXPECT_EQ(spec.name, "CI");
}

TEST(TenantNameTest, IsShortAndWithoutSpaceAtItsEnds) {
  EXPECT_TRUE(CheckTenantName("Acme & Söhne").ok());
  for (const char* name : {"", " a", "a ", "a\tb"}) {
    EXPECT_FALSE(CheckTenantName(name).ok()) << name;
  }
  EXPECT_FALSE(CheckTenantName(std::string(129, 'x')).ok());
}

}  // namespace
}  // namespace windrow::domain
