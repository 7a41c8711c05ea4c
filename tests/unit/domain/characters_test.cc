#include "common/domain/characters.h"

#include <gtest/gtest.h>

#include <string>

namespace windrow::domain {
namespace {

// The text with "|" wherever it may be cut.
std::string Cuts(std::string_view text) {
  std::string out;
  CutPoints cuts;
  while (!text.empty()) {
    const CodePoint next = FirstCodePoint(text);
    if (cuts.MayCutBefore(next.value)) out += "|";
    out += next.bytes;
    text.remove_prefix(next.bytes.size());
  }
  return out;
}

TEST(FirstCodePointTest, ReadsEveryLength) {
  EXPECT_EQ(FirstCodePoint("az").value, U'a');
  EXPECT_EQ(FirstCodePoint("ëz").value, U'ë');
  EXPECT_EQ(FirstCodePoint("€z").value, U'€');
  EXPECT_EQ(FirstCodePoint("😀z").value, U'\U0001F600');
  EXPECT_EQ(FirstCodePoint("\U0010FFFFz").value, U'\U0010FFFF');
  EXPECT_EQ(FirstCodePoint("😀z").bytes, "😀");
  EXPECT_EQ(FirstCodePoint(std::string(1, '\0')).bytes.size(), 1u);
}

TEST(CutPointsTest, LettersPartAnywhere) {
  EXPECT_EQ(Cuts("abë"), "|a|b|ë");
  EXPECT_EQ(Cuts("שלום"), "|ש|ל|ו|ם");
}

TEST(CutPointsTest, MarksStayWithTheirLetter) {
  EXPECT_EQ(Cuts("e\u0301x"), "|e\u0301|x");
  EXPECT_EQ(Cuts("\u0939\u093f\u0928"), "|\u0939\u093f|\u0928");  // Hindi
}

TEST(CutPointsTest, EmojiStayWhole) {
  EXPECT_EQ(Cuts("👩‍👩‍👧😀"), "|👩‍👩‍👧|😀");
  EXPECT_EQ(Cuts("👍🏽!"), "|👍🏽|!");
  EXPECT_EQ(Cuts("❤️a"), "|❤️|a");
  EXPECT_EQ(Cuts("1️⃣2"), "|1️⃣|2");
}

TEST(CutPointsTest, FlagsArePairsOfLetters) {
  EXPECT_EQ(Cuts("🇩🇪🇫🇷"), "|🇩🇪|🇫🇷");
  EXPECT_EQ(Cuts("🇩🇪🇫x"), "|🇩🇪|🇫|x");
}

TEST(CutPointsTest, ACharacterWithoutEndIsCutAllTheSame) {
  std::string text = "a";
  for (int i = 0; i < 40; ++i) text += "\u0301";
  const std::string cuts = Cuts(text);
  EXPECT_EQ(cuts.find('|', 1), 1 + 1 + 31 * 2u);
}

}  // namespace
}  // namespace windrow::domain
