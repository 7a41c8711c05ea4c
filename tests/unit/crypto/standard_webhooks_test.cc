#include "common/crypto/standard_webhooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/unit/crypto/signature_vectors.h"

namespace windrow::crypto {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr char kId[] = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t kTimestamp = 1614265330;

struct Vector {
  std::string body;
  std::string signature;
};

// All of one secret, id and time.
std::vector<Vector> Vectors() {
  std::vector<Vector> vectors;
  for (const auto& row : VectorsOf("signatures.tsv", 5)) {
    EXPECT_EQ(row[0], kSecret);
    EXPECT_EQ(row[1], kId);
    EXPECT_EQ(row[2], std::to_string(kTimestamp));
    vectors.push_back({row[3], row[4]});
  }
  EXPECT_EQ(vectors.size(), 5u);
  return vectors;
}

TEST(SigningKeyTest, SignsAsStandardWebhooksHasIt) {
  const auto key = SigningKey::Parse(kSecret);
  ASSERT_TRUE(key.ok()) << key.status();
  for (const Vector& vector : Vectors()) {
    EXPECT_EQ(key->Sign(kId, kTimestamp, vector.body), vector.signature) << vector.body;
  }
}

TEST(SigningKeyTest, SignsTheSameFromManyThreadsAndWithKeysInTurn) {
  const auto key = SigningKey::Parse(kSecret);
  ASSERT_TRUE(key.ok());
  const std::vector<Vector> vectors = Vectors();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const SigningKey other = SigningKey::Generate();
      for (int turn = 0; turn < 200; ++turn) {
        other.Sign(kId, kTimestamp, "x");
        const Vector& vector = vectors[static_cast<std::size_t>(turn) % 5];
        ASSERT_EQ(key->Sign(kId, kTimestamp, vector.body), vector.signature);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(SigningKeyTest, SecretSurvivesTheRoundTrip) {
  EXPECT_EQ(SigningKey::Parse(kSecret)->ToSecret(), kSecret);
  const SigningKey made = SigningKey::Generate();
  EXPECT_EQ(made.ToSecret().size(), 38u);
  EXPECT_EQ(SigningKey::Parse(made.ToSecret())->Sign("a", 1, "b"),
            made.Sign("a", 1, "b"));
  EXPECT_NE(SigningKey::Generate().ToSecret(), made.ToSecret());
}

TEST(SigningKeyTest, TakesKeysOf24To64BytesOnly) {
  EXPECT_FALSE(SigningKey::Parse("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").ok());  // 23
  EXPECT_TRUE(SigningKey::Parse("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").ok());   // 24
  const std::string sixty_three(84, 'A');
  EXPECT_TRUE(SigningKey::Parse("whsec_" + sixty_three + "AA==").ok());   // 64
  EXPECT_FALSE(SigningKey::Parse("whsec_" + sixty_three + "AAA=").ok());  // 65
}

TEST(SigningKeyTest, ErrorsSayWhatIsWantedAndKeepTheSecret) {
  const std::string body = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  for (const std::string& bad : {body, "whsec_" + body + "!", "whsec_" + body + "AA"}) {
    const absl::Status status = SigningKey::Parse(bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(body)));
  }
  EXPECT_FALSE(SigningKey::Parse("").ok());
  EXPECT_FALSE(SigningKey::Parse("whsec_").ok());
}

}  // namespace
}  // namespace windrow::crypto
