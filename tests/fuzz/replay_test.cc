// Every input of corpus/, once: what a fuzzer found before stays mended, with any
// compiler.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> InputsOf(std::string_view target) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry :
       fs::directory_iterator(fs::path(WINDROW_FUZZ_CORPUS) / target, none)) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::string BytesOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ReplayTest : public ::testing::TestWithParam<Target> {};

TEST_P(ReplayTest, KeepsItsPromisesForTheWholeCorpus) {
  const std::vector<fs::path> files = InputsOf(GetParam().name);
  EXPECT_FALSE(files.empty()) << "no corpus/" << GetParam().name;
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename().string());
    EXPECT_NO_THROW(GetParam().run(BytesOf(file)));
  }
}

// Pieces of the inputs, too: most of what a fuzzer finds is something cut short.
TEST_P(ReplayTest, KeepsItsPromisesForHalfOfAnInput) {
  for (const fs::path& file : InputsOf(GetParam().name)) {
    SCOPED_TRACE(file.filename().string());
    const std::string input = BytesOf(file);
    const std::string_view text = input;
    EXPECT_NO_THROW(GetParam().run(text.substr(0, text.size() / 2)));
    EXPECT_NO_THROW(GetParam().run(text.substr(text.size() / 2)));
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzzers, ReplayTest, ::testing::ValuesIn(Targets()),
                         [](const auto& target) {
                           return std::string(target.param.name);
                         });

// A folder whose fuzzer is gone would be replayed by nobody.
TEST(CorpusTest, EveryFolderHasItsFuzzer) {
  for (const auto& entry : fs::directory_iterator(WINDROW_FUZZ_CORPUS)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(std::ranges::any_of(Targets(), [&](const Target& target) {
      return target.name == name;
    })) << name;
  }
}

}  // namespace
}  // namespace windrow::fuzz
