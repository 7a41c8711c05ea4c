#include "common/base/uuid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <unordered_set>

namespace windrow {
namespace {

constexpr char kDnsSpace[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

TEST(UuidTest, ParsesEitherCaseAndPrintsLowerCase) {
  const auto id = Uuid::Parse("6BA7B810-9dad-11D1-80B4-00C04FD430C8");
  ASSERT_TRUE(id.has_value());
  const std::array<std::uint8_t, 16> bytes = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad,
                                              0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0,
                                              0x4f, 0xd4, 0x30, 0xc8};
  EXPECT_EQ(id->bytes, bytes);
  EXPECT_EQ(id->ToString(), kDnsSpace);
  std::string text = "id=";
  id->AppendTo(&text);
  EXPECT_EQ(text, "id=6ba7b810-9dad-11d1-80b4-00c04fd430c8");
}

TEST(UuidTest, RefusesEveryOtherForm) {
  for (const std::string_view text : {
           "",
           "6ba7b8109dad11d180b400c04fd430c8",
           "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
           "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
           "6ba7b810-9dad-11d1-80b4-00c04fd430c",
           "6ba7b810-9dad-11d1-80b4-00c04fd430c80",
           "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
           "6ba7b810-9dad-11d1-80b400-c04fd430c8",
           "6ba7b810 9dad 11d1 80b4 00c04fd430c8",
           "6ba7b81-09dad-11d1-80b4-00c04fd430c8",
           " 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
       }) {
    EXPECT_FALSE(Uuid::Parse(text).has_value()) << text;
  }
}

TEST(UuidTest, OrdersAsItsText) {
  const Uuid low = *Uuid::Parse("00000000-0000-7000-8000-0000000000ff");
  const Uuid high = *Uuid::Parse("00000000-0001-7000-8000-000000000000");
  EXPECT_LT(low, high);
  EXPECT_EQ(low, low);
}

// RFC 9562, appendix A.6.
TEST(UuidTest, TellsTheTimeOfAVersionSevenId) {
  const Uuid id = *Uuid::Parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
  EXPECT_EQ(id.time(), absl::FromUnixMillis(1645557742000));
}

// RFC 9562, appendix A.4.
TEST(UuidV5Test, IsTheNameBasedIdOfTheStandard) {
  EXPECT_EQ(UuidV5(*Uuid::Parse(kDnsSpace), "www.example.com").ToString(),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(UuidV5Test, AnyBytesAreAName) {
  const Uuid space = *Uuid::Parse(kDnsSpace);
  EXPECT_EQ(UuidV5(space, "").ToString(), "4ebd0208-8328-5d69-8c44-ec50939c0967");
  EXPECT_NE(UuidV5(space, std::string_view("a\0b", 3)), UuidV5(space, "a"));
  EXPECT_EQ(UuidV5(space, "a"), UuidV5(space, "a"));
}

TEST(UuidV7Test, HoldsTimeVersionAndVariant) {
  UuidV7Generator generator;
  const absl::Time now = absl::FromUnixMillis(1764064800123);
  const Uuid id = generator.Next(now + absl::Microseconds(999));
  EXPECT_EQ(id.time(), now);
  EXPECT_EQ(id.bytes[6] >> 4, 7);
  EXPECT_EQ(id.bytes[8] >> 6, 2);
  EXPECT_EQ(id.ToString().substr(0, 15), "019aba74-ad7b-7");
}

TEST(UuidV7Test, GrowsWithinOneMillisecondAndWhenTheClockGoesBack) {
  UuidV7Generator generator;
  absl::Time now = absl::FromUnixMillis(1764064800000);
  Uuid last = generator.Next(now);
  for (int i = 0; i < 100000; ++i) {
    if (i == 50000) now -= absl::Hours(1);
    if (i == 75000) now += absl::Hours(2);
    const Uuid id = generator.Next(now);
    ASSERT_LT(last, id);
    last = id;
  }
}

TEST(UuidV7Test, TimesOutOfRangeStillGrow) {
  UuidV7Generator generator;
  Uuid last = generator.Next(absl::InfinitePast());
  EXPECT_EQ(last.time(), absl::UnixEpoch());
  for (const absl::Time now : {absl::FromUnixSeconds(-5), absl::FromUnixSeconds(5),
                               absl::InfiniteFuture(), absl::InfiniteFuture()}) {
    const Uuid id = generator.Next(now);
    EXPECT_LT(last, id);
    EXPECT_EQ(id.bytes[6] >> 4, 7);
    last = id;
  }
}

TEST(UuidV7Test, GeneratorsOfOneMillisecondDoNotCollide) {
  const absl::Time now = absl::FromUnixMillis(1764064800000);
  std::unordered_set<Uuid> seen;
  for (int i = 0; i < 200; ++i) {
    UuidV7Generator generator;
    for (int j = 0; j < 50; ++j) seen.insert(generator.Next(now));
  }
  EXPECT_EQ(seen.size(), 10000u);
}

TEST(BucketTest, IsTheLowTenBits) {
  EXPECT_EQ(BucketOf(*Uuid::Parse("ffffffff-ffff-ffff-ffff-fffffffffc00")), 0);
  EXPECT_EQ(BucketOf(*Uuid::Parse("00000000-0000-0000-0000-000000000001")), 1);
  EXPECT_EQ(BucketOf(*Uuid::Parse("00000000-0000-0000-0000-00000000ffff")), 1023);
  EXPECT_EQ(BucketOf(*Uuid::Parse("00000000-0000-0000-0000-000000000200")), 512);
}

TEST(BucketTest, NewIdsReachManyBuckets) {
  UuidV7Generator generator;
  std::set<std::int16_t> buckets;
  for (int i = 0; i < 10000; ++i) {
    buckets.insert(BucketOf(generator.Next(absl::FromUnixMillis(1764064800000 + i))));
  }
  EXPECT_GT(buckets.size(), 1000u);
}

}  // namespace
}  // namespace windrow
