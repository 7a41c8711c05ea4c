#include "cli/dev/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace windrow::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DataFolderTest : public ::testing::Test {
 protected:
  DataFolderTest() { path_ = std::string(::mkdtemp(name_)) + "/a/data"; }
  ~DataFolderTest() override { fs::remove_all(name_); }

  static mode_t ModeOf(const std::string& path) {
    struct stat status {};
    ::stat(path.c_str(), &status);
    return status.st_mode & 0777;
  }

  char name_[40] = "/tmp/windrow-data-test-XXXXXX";
  std::string path_;
};

TEST_F(DataFolderTest, IsMadeWithItsParentsAndKeepsItsSecrets) {
  std::string secret;
  std::string ring;
  {
    const auto folder = DataFolder::Open(path_);
    ASSERT_TRUE(folder.ok()) << folder.status();
    ASSERT_TRUE(folder->EnsureKeyRing().ok());
    secret = folder->ReceiverSecret().value();
    EXPECT_THAT(secret, StartsWith("whsec_"));
    EXPECT_EQ(ModeOf(folder->key_ring_file()), 0600u);
    EXPECT_EQ(ModeOf(path_ + "/receiver_secret"), 0600u);
    std::getline(std::ifstream(folder->key_ring_file()), ring);
  }
  const auto again = DataFolder::Open(path_);
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_TRUE(again->EnsureKeyRing().ok());
  EXPECT_EQ(again->ReceiverSecret().value(), secret);
  std::string ring_again;
  std::getline(std::ifstream(again->key_ring_file()), ring_again);
  EXPECT_EQ(ring_again, ring);
}

TEST_F(DataFolderTest, OneAtATime) {
  const auto first = DataFolder::Open(path_);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = DataFolder::Open(path_);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("in use by another `windrow dev`, process " +
                        std::to_string(::getpid())));
}

TEST_F(DataFolderTest, AFolderWithOtherThingsInItIsLeftAlone) {
  fs::create_directories(path_);
  std::ofstream(path_ + "/thesis.tex") << "mine";
  const auto folder = DataFolder::Open(path_);
  ASSERT_FALSE(folder.ok());
  EXPECT_THAT(std::string(folder.status().message()), HasSubstr("something else"));
  EXPECT_FALSE(fs::exists(path_ + "/lock"));
}

TEST_F(DataFolderTest, TheLastRunsLogIsKept) {
  const auto folder = DataFolder::Open(path_);
  ASSERT_TRUE(folder.ok()) << folder.status();
  std::ofstream(folder->FreshLog("server").value()) << "old";
  const std::string fresh = folder->FreshLog("server").value();
  EXPECT_EQ(fresh, path_ + "/log/server.log");
  EXPECT_FALSE(fs::exists(fresh));
  EXPECT_TRUE(fs::exists(fresh + ".1"));
}

}  // namespace
}  // namespace windrow::cli
