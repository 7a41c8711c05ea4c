#include "common/base/utf8.h"

#include <gtest/gtest.h>

namespace windrow {
namespace {

TEST(Utf8SequenceLengthTest, IsTheLengthOfTheFirstCharacter) {
  EXPECT_EQ(Utf8SequenceLength("ab"), 1u);
  EXPECT_EQ(Utf8SequenceLength(std::string_view("\0", 1)), 1u);
  EXPECT_EQ(Utf8SequenceLength("\xc2\x80x"), 2u);
  EXPECT_EQ(Utf8SequenceLength("\xe0\xa0\x80x"), 3u);
  EXPECT_EQ(Utf8SequenceLength("\xed\x9f\xbfx"), 3u);
  EXPECT_EQ(Utf8SequenceLength("\xee\x80\x80x"), 3u);
  EXPECT_EQ(Utf8SequenceLength("\xf0\x90\x80\x80x"), 4u);
  EXPECT_EQ(Utf8SequenceLength("\xf4\x8f\xbf\xbfx"), 4u);
}

TEST(Utf8SequenceLengthTest, IsZeroForWhatIsNotWellFormed) {
  for (const std::string_view text :
       {"", "\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xc2x", "\xe0\x9f\xbf",
        "\xe2\x82", "\xe2x\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
        "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff"}) {
    EXPECT_EQ(Utf8SequenceLength(text), 0u) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace windrow
