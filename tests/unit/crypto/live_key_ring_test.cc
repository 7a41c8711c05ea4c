#include "common/crypto/live_key_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace windrow::crypto {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LiveKeyRingTest : public ::testing::Test {
 protected:
  LiveKeyRingTest() { Write(one_); }
  ~LiveKeyRingTest() override { std::filesystem::remove(path_); }

  // As an operator's editor or `windrow keys generate` does: another file of that name.
  void Write(const std::string& text) const {
    std::ofstream(path_ + ".new") << text;
    std::filesystem::rename(path_ + ".new", path_);
  }

  const std::string path_ = testing::TempDir() + "windrow_live_key_ring_test.keys";
  const std::string one_ = KeyRing::GenerateLine(1);
  const std::string two_ = KeyRing::GenerateLine(2);
};

TEST_F(LiveKeyRingTest, ANewKeySealsWithoutARestart) {
  const auto ring = LiveKeyRing::Follow(path_).value();
  const std::string old_box = ring->Seal("s", "place");
  EXPECT_EQ(KeyRing::SealedBy(old_box), 1u);
  Write(two_ + one_);
  const std::string new_box = ring->Seal("t", "place");
  EXPECT_EQ(KeyRing::SealedBy(new_box), 2u);
  EXPECT_EQ(ring->Open(old_box, "place").value(), "s");
  EXPECT_EQ(ring->Open(new_box, "place").value(), "t");
}

TEST_F(LiveKeyRingTest, ABoxOfAMissingKeyHasTheFileReadOnceMore) {
  const auto ring = LiveKeyRing::Follow(path_).value();
  const std::string box = KeyRing::Parse(two_)->Seal("s", "place");
  const auto missing = ring->Open(box, "place");
  EXPECT_TRUE(absl::IsFailedPrecondition(missing.status()));
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("lacks key 2"));
  Write(one_ + two_);
  EXPECT_EQ(ring->Open(box, "place").value(), "s");
}

// Written in place, as long as before and at the same time by the file's own word.
TEST_F(LiveKeyRingTest, AChangeThatTheFileDoesNotShowIsFoundByAMissingKey) {
  const auto time = std::filesystem::last_write_time(path_);
  const auto ring = LiveKeyRing::Follow(path_).value();
  const std::string box = KeyRing::Parse(two_)->Seal("s", "place");
  std::ofstream(path_, std::ios::in) << two_;
  std::filesystem::last_write_time(path_, time);
  EXPECT_EQ(ring->Open(box, "place").value(), "s");
}

TEST_F(LiveKeyRingTest, AFileThatIsBrokenOrGoneLeavesTheRingAsItWas) {
  const auto ring = LiveKeyRing::Follow(path_).value();
  const std::string box = ring->Seal("s", "place");
  Write("nonsense\n");
  EXPECT_EQ(ring->Open(box, "place").value(), "s");
  std::filesystem::remove(path_);
  EXPECT_EQ(ring->Open(box, "place").value(), "s");
  EXPECT_EQ(KeyRing::SealedBy(ring->Seal("s", "place")), 1u);
  Write(two_ + one_);
  EXPECT_THAT(ring->Current()->ids(), ElementsAre(1, 2));
}

TEST_F(LiveKeyRingTest, LoadsAFileOrAText) {
  const auto of_file = LiveKeyRing::Load(path_, "").value();
  const auto of_text = LiveKeyRing::Load("", one_).value();
  EXPECT_EQ(of_text->Open(of_file->Seal("s", "p"), "p").value(), "s");
  EXPECT_TRUE(absl::IsNotFound(LiveKeyRing::Load(path_ + ".none", "").status()));
  EXPECT_FALSE(LiveKeyRing::Load("", "nonsense").ok());
}

}  // namespace
}  // namespace windrow::crypto
