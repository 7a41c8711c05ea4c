#include "common/crypto/key_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace windrow::crypto {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// 32 bytes of 0x00 and of 0x01.
const std::string kZeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const std::string kOnes = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

KeyRing Ring(const std::string& text) {
  absl::StatusOr<KeyRing> ring = KeyRing::Parse(text);
  EXPECT_TRUE(ring.ok()) << ring.status();
  return *std::move(ring);
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(KeyRingTest, OpensWhatItSealed) {
  const KeyRing ring = Ring("7:" + kOnes);
  for (const std::string& plain : {std::string(), std::string("s3cret"),
                                   std::string("\0\xff", 2), std::string(100'000, 'x')}) {
    const std::string box = ring.Seal(plain, "tenant/webhook/url");
    EXPECT_EQ(box.size(), 1 + 4 + 12 + plain.size() + 16);
    const auto opened = ring.Open(box, "tenant/webhook/url");
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, plain);
  }
}

// McGrew and Viega's GCM test cases 13 and 14 (AES-256, zero key, zero nonce): what is
// stored must be openable by any other AES-GCM.
TEST(KeyRingTest, OpensAPublishedGcmVector) {
  const KeyRing ring = Ring("1:" + kZeros);
  const std::string head = FromHex("0100000001000000000000000000000000");
  EXPECT_EQ(ring.Open(head + FromHex("530f8afbc74536b9a963b4f1c4cb738b"), "").value(),
            "");
  EXPECT_EQ(ring.Open(head + FromHex("cea7403d4d606b6e074ec5d3baf39d18"
                                     "d0d1c8a799996bf0265b98b5d48ab919"),
                      "")
                .value(),
            std::string(16, '\0'));
}

TEST(KeyRingTest, SealsUnderTheFirstKeyAndOpensWithAll) {
  const std::string old_box = Ring("1:" + kZeros).Seal("old", "place");
  const KeyRing rotated = Ring("4294967295:" + kOnes + "\n1:" + kZeros);
  EXPECT_EQ(rotated.Open(old_box, "place").value(), "old");
  EXPECT_EQ(rotated.Seal("new", "place").substr(0, 5), FromHex("01ffffffff"));
}

TEST(KeyRingTest, TheSameTextNeverSealsToTheSameBox) {
  const KeyRing ring = Ring("1:" + kOnes);
  EXPECT_NE(ring.Seal("same", "place"), ring.Seal("same", "place"));
}

TEST(KeyRingTest, ABoxOfAnotherPlaceDoesNotOpen) {
  const KeyRing ring = Ring("1:" + kOnes);
  const auto opened = ring.Open(ring.Seal("secret", "tenant-a"), "tenant-b");
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
}

TEST(KeyRingTest, AnyChangedByteIsNoticed) {
  const KeyRing ring = Ring("1:" + kOnes);
  const std::string box = ring.Seal("secret", "place");
  for (std::size_t i = 0; i < box.size(); ++i) {
    std::string altered = box;
    altered[i] = static_cast<char>(altered[i] ^ 0x20);
    EXPECT_FALSE(ring.Open(altered, "place").ok()) << "byte " << i;
  }
  for (std::size_t size = 0; size < box.size(); ++size) {
    EXPECT_EQ(ring.Open(box.substr(0, size), "place").status().code(),
              absl::StatusCode::kDataLoss)
        << "size " << size;
  }
}

TEST(KeyRingTest, AMissingKeyIsNamed) {
  const std::string box = Ring("77:" + kOnes).Seal("secret", "place");
  const absl::Status status = Ring("1:" + kZeros).Open(box, "place").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("key 77"));
}

TEST(KeyRingTest, ABoxSaysUnderWhichKeyItIs) {
  EXPECT_EQ(KeyRing::SealedBy(Ring("4294967295:" + kOnes).Seal("x", "")), 4294967295u);
  EXPECT_EQ(KeyRing::SealedBy(Ring("1:" + kOnes).Seal("", "")), 1u);
  EXPECT_EQ(KeyRing::SealedBy(""), std::nullopt);
  EXPECT_EQ(KeyRing::SealedBy(std::string(40, '\x02')), std::nullopt);
}

TEST(KeyRingTest, TellsItsKeys) {
  const KeyRing ring = Ring("7:" + kOnes + "\n2:" + kZeros);
  EXPECT_EQ(ring.sealing_id(), 7u);
  EXPECT_THAT(ring.ids(), ::testing::ElementsAre(2, 7));
  EXPECT_TRUE(ring.Has(2));
  EXPECT_FALSE(ring.Has(1));
  EXPECT_EQ(Ring(KeyRing::GenerateLine(9)).sealing_id(), 9u);
}

TEST(KeyRingTest, SkipsCommentsAndBlankLines) {
  const KeyRing ring =
      Ring("# made today\r\n\n  2:" + kOnes + "  \r\n#1:" + kZeros + "\n");
  EXPECT_EQ(ring.Open(ring.Seal("x", ""), "").value(), "x");
}

TEST(KeyRingTest, ErrorsNameTheLineAndNeverTheKey) {
  const std::string good = "1:" + kOnes + "\n";
  for (const std::string& bad :
       {kOnes, "0:" + kOnes, "4294967296:" + kOnes, "x:" + kOnes, "-2:" + kOnes,
        ":" + kOnes, "2:" + kOnes + "AAAA", "2:" + kOnes.substr(4), "1:" + kZeros}) {
    const absl::Status status = KeyRing::Parse(good + bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("line 2"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("AQEB")));
  }
  EXPECT_FALSE(KeyRing::Parse("# nothing\n").ok());
}

TEST(KeyRingTest, LoadsAGeneratedFileAndSaysHowToMakeOne) {
  const std::string path = testing::TempDir() + "windrow_key_ring_test.keys";
  std::filesystem::remove(path);
  const absl::Status missing = KeyRing::Load(path).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()),
              HasSubstr("windrow keys generate --key-ring-file " + path));

  std::ofstream(path) << KeyRing::GenerateText();
  const auto ring = KeyRing::Load(path);
  ASSERT_TRUE(ring.ok()) << ring.status();
  EXPECT_EQ(ring->Open(ring->Seal("x", ""), "").value(), "x");

  std::ofstream(path) << "nonsense";
  EXPECT_THAT(std::string(KeyRing::Load(path).status().message()), HasSubstr(path));
  EXPECT_NE(KeyRing::GenerateText(), KeyRing::GenerateText());
}

}  // namespace
}  // namespace windrow::crypto
