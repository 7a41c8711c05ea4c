#include "common/crypto/standard_webhooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

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

const std::vector<Vector>& Vectors() {
  static const std::vector<Vector> vectors = {
      {R"({"test": 2432232314})", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
      {R"({"id":9007199254740993})", "v1,7hKFvxkSTGROfVWELm9DyGgVmFXbDAF/Qit2uQBT480="},
      {R"({"n":"Zoë ☃ 😀"})", "v1,DUVuzwBwn9mw5oF+hLDNTBNXdkuDoXnV8AVf9qBs8Hc="},
      {R"([{"a":1},{"a":2}])", "v1,0VwS1wfP/bNYu9A0VLMjEJy4TX6ZI2RiQeiuK1dz0ew="},
      {"", "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A="},
  };
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
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&key] {
      const SigningKey other = SigningKey::Generate();
      for (int turn = 0; turn < 200; ++turn) {
        other.Sign(kId, kTimestamp, "x");
        const Vector& vector = Vectors()[static_cast<std::size_t>(turn) % 5];
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
