#include "common/crypto/ed25519_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/crypto/signature_vectors.h"

namespace windrow::crypto {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// RFC 8032, 7.1, test 1: its private key, and that and its public key.
constexpr char kSeed[] = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
constexpr char kWhole[] =
    "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/"
    "tPJZAc6DuFy89qmIyWvAhpo"
    "9wdRGg==";
constexpr char kPublic[] = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

TEST(Ed25519KeyTest, SignsAsAnotherImplementationDoes) {
  const auto vectors = VectorsOf("signatures_v1a.tsv", 6);
  ASSERT_EQ(vectors.size(), 15u);
  for (const auto& row : vectors) {
    const auto key = Ed25519Key::Parse(row[0]);
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(key->PublicKey(), row[1]);
    EXPECT_EQ(key->Sign(row[2], std::stoll(row[3]), row[4]), row[5]) << row[4];
    const auto verifier = Ed25519PublicKey::Parse(row[1]);
    ASSERT_TRUE(verifier.ok()) << verifier.status();
    EXPECT_TRUE(verifier->Verify(row[2], std::stoll(row[3]), row[4], row[5]));
  }
}

TEST(Ed25519KeyTest, BothSpellingsAreOneKey) {
  EXPECT_EQ(Ed25519Key::Parse(kSeed)->ToSecret(), kWhole);
  EXPECT_EQ(Ed25519Key::Parse(kWhole)->ToSecret(), kWhole);
  EXPECT_EQ(Ed25519Key::Parse(kSeed)->PublicKey(), kPublic);
}

TEST(Ed25519KeyTest, AMadeKeySurvivesTheRoundTripAndIsNoOther) {
  const Ed25519Key made = Ed25519Key::Generate();
  const auto verifier = Ed25519PublicKey::Parse(made.PublicKey()).value();
  EXPECT_TRUE(verifier.Verify("a", 1, "b", made.Sign("a", 1, "b")));
  EXPECT_EQ(Ed25519Key::Parse(made.ToSecret())->Sign("a", 1, "b"),
            made.Sign("a", 1, "b"));
  EXPECT_NE(Ed25519Key::Generate().ToSecret(), made.ToSecret());
}

TEST(Ed25519KeyTest, ASignatureOfAnythingElseIsRefused) {
  const Ed25519Key key = Ed25519Key::Parse(kSeed).value();
  const auto verifier = Ed25519PublicKey::Parse(kPublic).value();
  const std::string good = key.Sign("msg_1", 1614265330, "{}");
  EXPECT_TRUE(verifier.Verify("msg_1", 1614265330, "{}", good));
  EXPECT_FALSE(verifier.Verify("msg_2", 1614265330, "{}", good));
  EXPECT_FALSE(verifier.Verify("msg_1", 1614265331, "{}", good));
  EXPECT_FALSE(verifier.Verify("msg_1", 1614265330, "{ }", good));
  EXPECT_FALSE(verifier.Verify("msg_1", 1614265330, "{}",
                               Ed25519Key::Generate().Sign("msg_1", 1614265330, "{}")));
  for (const std::string& bad :
       {std::string(), good.substr(1), good + "A", "v1," + good.substr(4),
        good.substr(0, good.size() - 4), std::string("v1a,")}) {
    EXPECT_FALSE(verifier.Verify("msg_1", 1614265330, "{}", bad)) << bad;
  }
}

TEST(Ed25519KeyTest, ErrorsSayWhatIsWantedAndKeepTheKey) {
  const std::string base64 = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
  std::string other(kWhole);
  other[other.size() - 5] = 'A';  // the public half of another key
  for (const std::string& bad :
       {std::string(), std::string("whsk_"), "whsec_" + base64 + "=", "whsk_" + base64,
        "whsk_" + base64.substr(0, 40) + "====", base64 + "=", other}) {
    const absl::Status status = Ed25519Key::Parse(bad).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("signing key"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(base64.substr(0, 10))));
  }
  EXPECT_FALSE(Ed25519PublicKey::Parse(kSeed).ok());
  EXPECT_FALSE(Ed25519PublicKey::Parse("whpk_AAAA").ok());
}

TEST(Ed25519KeyTest, SignsTheSameFromManyThreads) {
  const Ed25519Key key = Ed25519Key::Parse(kSeed).value();
  const std::string wanted = key.Sign("msg_1", 1, "{}");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) ASSERT_EQ(key.Sign("msg_1", 1, "{}"), wanted);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace windrow::crypto
