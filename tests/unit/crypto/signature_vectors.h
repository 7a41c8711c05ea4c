// Signatures that others computed, from testdata/*.tsv.
#pragma once

#include <absl/strings/str_split.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace windrow::crypto {

// The rows of a file, without comments; each must have `columns`. Bodies may be empty.
inline std::vector<std::vector<std::string>> VectorsOf(const std::string& file,
                                                       std::size_t columns) {
  std::ifstream in(std::string(WINDROW_CRYPTO_TESTDATA) + "/" + file);
  EXPECT_TRUE(in.is_open()) << file;
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) continue;
    rows.push_back(absl::StrSplit(line, '\t'));
    EXPECT_EQ(rows.back().size(), columns) << line;
  }
  return rows;
}

}  // namespace windrow::crypto
