#include "common/crypto/api_key.h"

#include <gmock/gmock.h>
#include <openssl/sha.h>

#include <set>

namespace windrow::crypto {
namespace {

using ::testing::MatchesRegex;

TEST(ApiKeyTest, IsReadBackAsItWasMade) {
  const NewApiKey made = GenerateApiKey();
  EXPECT_THAT(made.text, MatchesRegex("windrow_[a-z2-7]{12}_[a-z2-7]{59}"));
  const auto parsed = ParseApiKey(made.text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->key_id, made.key_id);
  EXPECT_TRUE(SameSecret(parsed->secret_sha256, made.secret_sha256));
}

TEST(ApiKeyTest, OnlyTheHashOfItsSecretIsKept) {
  const NewApiKey made = GenerateApiKey();
  const std::string secret = made.text.substr(21, 52);
  std::string digest(32, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  EXPECT_EQ(made.secret_sha256, digest);
}

TEST(ApiKeyTest, NoTwoAreAlike) {
  std::set<std::string> ids, secrets;
  for (int i = 0; i < 1'000; ++i) {
    const NewApiKey made = GenerateApiKey();
    ids.insert(made.key_id);
    secrets.insert(made.secret_sha256);
  }
  EXPECT_EQ(ids.size(), 1'000u);
  EXPECT_EQ(secrets.size(), 1'000u);
}

TEST(ApiKeyTest, EveryMistypedCharacterIsFound) {
  const std::string good = GenerateApiKey().text;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(ParseApiKey(bad)) << bad;
    EXPECT_FALSE(ParseApiKey(good.substr(0, i))) << i;
  }
  EXPECT_FALSE(ParseApiKey(good + "a"));
  EXPECT_FALSE(ParseApiKey(" " + good));
  EXPECT_FALSE(ParseApiKey(good + "\n"));
}

TEST(ApiKeyTest, SecretsAreTheSameOrNot) {
  EXPECT_TRUE(SameSecret(std::string(32, 'a'), std::string(32, 'a')));
  EXPECT_FALSE(SameSecret(std::string(32, 'a'), std::string(31, 'a') + "b"));
  EXPECT_FALSE(SameSecret(std::string(32, 'a'), ""));
}

}  // namespace
}  // namespace windrow::crypto
