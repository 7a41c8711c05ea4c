#include "common/crypto/request_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace windrow::crypto {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr char kKey[] = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
constexpr char kId[] = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr char kBody[] = R"({"test": 2432232314})";
constexpr char kV1[] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr char kV1a[] =
    "v1a,"
    "fldxM4gAKugP6nnt1hdz3sgGfZ6d99nzrMFnZOELIxbzEHoVmAb2ADpkJK7zgPePmPsle0zV9jSeGlHFG2N"
    "VAw==";
const absl::Time kNow = absl::FromUnixSeconds(1614265330);

TEST(RequestSignerTest, OneSignatureForEachKeyInTheirOrder) {
  const auto signer = RequestSigner::Of({{.text = kSecret}, {.text = kKey}});
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(signer->Sign(kId, kNow + absl::Milliseconds(999), kBody),
            std::string(kV1) + " " + kV1a);
}

TEST(RequestSignerTest, AKeySignsUntilItsTimeIsOver) {
  const auto signer = RequestSigner::Of(
      {{.text = kSecret}, {.text = kKey, .until = kNow + absl::Milliseconds(1)}});
  ASSERT_TRUE(signer.ok());
  EXPECT_EQ(signer->Sign(kId, kNow, kBody), std::string(kV1) + " " + kV1a);
  EXPECT_EQ(signer->Sign(kId, kNow + absl::Milliseconds(1), kBody), kV1);
}

TEST(RequestSignerTest, WhatIsNoKeyIsRefusedAndNotShown) {
  for (const char* bad : {"", "whsec_s3cret", "whsk_s3cret", "whpk_s3cret", "s3cret"}) {
    const auto signer = RequestSigner::Of({{.text = kSecret}, {.text = bad}});
    EXPECT_TRUE(absl::IsInvalidArgument(signer.status())) << bad;
    EXPECT_THAT(std::string(signer.status().message()), Not(HasSubstr("s3cret")));
  }
}

}  // namespace
}  // namespace windrow::crypto
