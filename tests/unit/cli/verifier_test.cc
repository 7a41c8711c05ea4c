#include "cli/dev/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace windrow::cli {
namespace {

using ::testing::HasSubstr;

// The example of the Standard Webhooks specification.
constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr char kOtherSecret[] = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
constexpr char kBody[] = R"({"test": 2432232314})";
constexpr std::int64_t kTimestamp = 1614265330;

SignedHeaders Headers() {
  return {"msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="};
}

absl::Status Verify(const SignedHeaders& headers, std::string_view body = kBody,
                    absl::Duration later = absl::ZeroDuration(),
                    const std::vector<std::string>& secrets = {kSecret}) {
  auto verifier = Verifier::Make(secrets);
  if (!verifier.ok()) return verifier.status();
  return verifier->Verify(headers, body, absl::FromUnixSeconds(kTimestamp) + later);
}

std::string Why(const absl::Status& status) { return std::string(status.message()); }

TEST(VerifierTest, TakesTheSpecificationsExample) {
  EXPECT_TRUE(Verify(Headers()).ok());
  EXPECT_TRUE(
      Verify(Headers(), kBody, absl::ZeroDuration(), {kOtherSecret, kSecret}).ok());
}

TEST(VerifierTest, AnyOfSeveralSignaturesWillDo) {
  SignedHeaders headers = Headers();
  headers.signature = "v1,AAAA v1a,x " + headers.signature;
  EXPECT_TRUE(Verify(headers).ok());
}

TEST(VerifierTest, OneByteMoreIsRefused) {
  EXPECT_THAT(Why(Verify(Headers(), R"({"test": 2432232314} )")),
              HasSubstr("no known secret"));
  SignedHeaders headers = Headers();
  headers.id += "x";
  EXPECT_FALSE(Verify(headers).ok());
  EXPECT_FALSE(Verify(Headers(), kBody, absl::ZeroDuration(), {kOtherSecret}).ok());
}

TEST(VerifierTest, TimestampsFarFromNowAreRefused) {
  EXPECT_TRUE(Verify(Headers(), kBody, absl::Minutes(5)).ok());
  EXPECT_THAT(Why(Verify(Headers(), kBody, absl::Seconds(301))), HasSubstr("5 minutes"));
  EXPECT_FALSE(Verify(Headers(), kBody, -absl::Seconds(301)).ok());
  SignedHeaders headers = Headers();
  headers.timestamp = "soon";
  EXPECT_THAT(Why(Verify(headers)), HasSubstr("not a number"));
}

TEST(VerifierTest, MissingHeadersAreNamed) {
  EXPECT_THAT(Why(Verify({})), HasSubstr("missing"));
}

TEST(VerifierTest, APublicKeyVerifiesWhatItsKeySigned) {
  const auto key = crypto::Ed25519Key::Generate();
  auto verifier = Verifier::Make({kOtherSecret, key.PublicKey()});
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  SignedHeaders headers = Headers();
  const absl::Time now = absl::FromUnixSeconds(kTimestamp);
  headers.signature = "v1,AAAA " + key.Sign(headers.id, kTimestamp, kBody);
  EXPECT_TRUE(verifier->Verify(headers, kBody, now).ok());
  EXPECT_FALSE(verifier->Verify(headers, "{}", now).ok());
  headers.signature = crypto::Ed25519Key::Generate().Sign(headers.id, kTimestamp, kBody);
  EXPECT_FALSE(verifier->Verify(headers, kBody, now).ok());
}

TEST(VerifierTest, ASecretThatIsNoneIsRefused) {
  EXPECT_FALSE(Verifier::Make({"secret"}).ok());
}

TEST(VerifierTest, AsksItsSourceWhereNoKnownSecretFits) {
  int asked = 0;
  auto verifier = Verifier::Make({kOtherSecret}, [&] {
    ++asked;
    return std::vector<std::string>{kSecret};
  });
  ASSERT_TRUE(verifier.ok());
  const absl::Time now = absl::FromUnixSeconds(kTimestamp);
  EXPECT_TRUE(verifier->Verify(Headers(), kBody, now).ok());
  EXPECT_TRUE(verifier->Verify(Headers(), kBody, now).ok());
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace windrow::cli
