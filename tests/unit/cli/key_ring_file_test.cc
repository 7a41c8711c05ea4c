#include "cli/key_ring_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/crypto/key_ring.h"

namespace windrow::cli {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

class KeyRingFileTest : public ::testing::Test {
 protected:
  ~KeyRingFileTest() override { std::filesystem::remove(path_); }

  std::string Text() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  mode_t Mode() const {
    struct stat seen {};
    EXPECT_EQ(::stat(path_.c_str(), &seen), 0);
    return seen.st_mode & 07777;
  }

  const std::string path_ = testing::TempDir() + "windrow_key_ring_file_test.keys";
};

TEST_F(KeyRingFileTest, ANewRingIsForItsOwnerAlone) {
  const auto added = AddKeyTo(path_, /*opens_only=*/false);
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_TRUE(added->is_new_ring);
  EXPECT_EQ(added->id, 1u);
  EXPECT_EQ(Mode(), 0600u);
  EXPECT_EQ(crypto::KeyRing::Parse(Text())->sealing_id(), 1u);
}

TEST_F(KeyRingFileTest, AKeyIsAddedInFrontAndTheRestStaysAsItIs) {
  const std::string old = "# ours\n" + crypto::KeyRing::GenerateLine(7);
  std::ofstream(path_) << old;
  ::chmod(path_.c_str(), 0640);
  const auto added = AddKeyTo(path_, /*opens_only=*/false);
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_FALSE(added->is_new_ring);
  EXPECT_EQ(added->id, 8u);
  EXPECT_THAT(Text(), AllOf(StartsWith("8:"), EndsWith("\n" + old)));
  EXPECT_EQ(Mode(), 0640u);
  EXPECT_EQ(crypto::KeyRing::Parse(Text())->sealing_id(), 8u);
}

TEST_F(KeyRingFileTest, OneThatOnlyOpensComesLast) {
  std::string old = crypto::KeyRing::GenerateLine(7);
  old.pop_back();  // no line feed at the end
  std::ofstream(path_) << old;
  ASSERT_TRUE(AddKeyTo(path_, /*opens_only=*/true).ok());
  EXPECT_THAT(Text(), StartsWith(old + "\n8:"));
  EXPECT_EQ(crypto::KeyRing::Parse(Text())->sealing_id(), 7u);
}

TEST_F(KeyRingFileTest, AFileThatIsNoRingIsLeftAlone) {
  std::ofstream(path_) << "nonsense\n";
  EXPECT_FALSE(AddKeyTo(path_, /*opens_only=*/false).ok());
  EXPECT_EQ(Text(), "nonsense\n");
  std::ofstream(path_) << crypto::KeyRing::GenerateLine(4294967295u);
  EXPECT_FALSE(AddKeyTo(path_, /*opens_only=*/false).ok());
}

TEST_F(KeyRingFileTest, AnEmptyFileBecomesARing) {
  std::ofstream(path_) << "";
  EXPECT_TRUE(AddKeyTo(path_, /*opens_only=*/false)->is_new_ring);
  EXPECT_TRUE(crypto::KeyRing::Parse(Text()).ok());
}

TEST_F(KeyRingFileTest, WhatALinkNamesIsReplaced) {
  std::ofstream(path_) << crypto::KeyRing::GenerateText();
  const std::string link = path_ + ".link";
  std::filesystem::create_symlink(path_, link);
  EXPECT_TRUE(AddKeyTo(link, /*opens_only=*/false).ok());
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  std::filesystem::remove(link);
  EXPECT_EQ(crypto::KeyRing::Parse(Text())->ids().size(), 2u);
}

}  // namespace
}  // namespace windrow::cli
