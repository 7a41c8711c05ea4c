#include "common/domain/case_fold.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <string>

namespace windrow::domain {
namespace {

bool Same(std::string_view a, std::string_view b) { return CompareFolded(a, b) == 0; }

TEST(CaseFoldTest, FoldsAscii) { EXPECT_EQ(Folded("VIP-eu 09 @[`{"), "vip-eu 09 @[`{"); }

TEST(CaseFoldTest, FoldsLettersOfOtherScripts) {
  EXPECT_TRUE(Same("ZOË", "zoë"));
  EXPECT_TRUE(Same("ΣΊΣΥΦΟΣ", "σίσυφος"));
  EXPECT_TRUE(Same("ПРИВЕТ", "привет"));
  EXPECT_TRUE(Same("Ÿ", "ÿ"));
  EXPECT_TRUE(Same("ꭰ", "Ꭰ"));                    // Cherokee folds to its capitals
  EXPECT_TRUE(Same("\U00010400", "\U00010428"));  // Deseret, four bytes
  EXPECT_TRUE(Same("ſ", "S"));                    // long s
}

TEST(CaseFoldTest, FoldedTextMayHaveOtherBytes) {
  EXPECT_EQ(Folded("\u212a"), "k");  // the kelvin sign
  EXPECT_EQ(Folded("\u1e9e"), "ß");
  EXPECT_EQ(Folded("\u023a"), "\u2c65");  // two bytes fold to three
}

TEST(CaseFoldTest, KeepsWhatSimpleFoldingKeeps) {
  EXPECT_FALSE(Same("ß", "ss"));
  EXPECT_FALSE(Same("e\u0301", "é"));
  EXPECT_FALSE(Same("İ", "i"));
  EXPECT_FALSE(Same("ı", "i"));
  EXPECT_EQ(Folded("\U0001F600\u0000漢"), "\U0001F600\u0000漢");
}

TEST(CaseFoldTest, AgreesWithRe2OnEveryCharacter) {
  for (char32_t c = 0x80; c < 0x20000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const char32_t folded = FoldCase(c);
    if (folded == c) continue;
    const re2::RE2 pattern("(?i)^\\x{" + [](char32_t code) {
      char text[16];
      std::snprintf(text, sizeof text, "%x", static_cast<unsigned>(code));
      return std::string(text);
    }(c) + "}$");
    std::string utf8;
    if (folded >= 0x10000) {
      utf8 = {static_cast<char>(0xf0 | (folded >> 18)),
              static_cast<char>(0x80 | ((folded >> 12) & 0x3f)),
              static_cast<char>(0x80 | ((folded >> 6) & 0x3f)),
              static_cast<char>(0x80 | (folded & 0x3f))};
    } else if (folded >= 0x800) {
      utf8 = {static_cast<char>(0xe0 | (folded >> 12)),
              static_cast<char>(0x80 | ((folded >> 6) & 0x3f)),
              static_cast<char>(0x80 | (folded & 0x3f))};
    } else if (folded >= 0x80) {
      utf8 = {static_cast<char>(0xc0 | (folded >> 6)),
              static_cast<char>(0x80 | (folded & 0x3f))};
    } else {
      utf8 = {static_cast<char>(folded)};
    }
    EXPECT_TRUE(re2::RE2::FullMatch(utf8, pattern)) << std::hex << unsigned(c);
  }
}

TEST(CaseFoldTest, OrdersByFoldedBytes) {
  EXPECT_TRUE(CompareFolded("apple", "BANANA") < 0);
  EXPECT_TRUE(CompareFolded("Zoe", "ZOË") < 0);
  EXPECT_TRUE(CompareFolded("ab", "ABC") < 0);
  EXPECT_TRUE(CompareFolded("ABC", "ab") > 0);
  EXPECT_TRUE(CompareFolded("", "") == 0);
  EXPECT_TRUE(CompareFolded("Z", "_") > 0);  // z is behind _
}

TEST(CaseFoldTest, FindsStarts) {
  EXPECT_TRUE(StartsWithFolded("ZOË writes", "zoë"));
  EXPECT_TRUE(StartsWithFolded("\u212aelvin", "kel"));
  EXPECT_TRUE(StartsWithFolded("", ""));
  EXPECT_FALSE(StartsWithFolded("zo", "zoë"));
  EXPECT_FALSE(StartsWithFolded("zoe", "zoë"));
}

TEST(CaseFoldTest, FindsEnds) {
  EXPECT_TRUE(EndsWithFolded("by ZOË", "zoë"));
  EXPECT_TRUE(EndsWithFolded("300 \u212a", "0 k"));
  EXPECT_TRUE(EndsWithFolded("x", ""));
  EXPECT_FALSE(EndsWithFolded("OË", "zoë"));
  EXPECT_FALSE(EndsWithFolded("zoè", "zoë"));
}

TEST(CaseFoldTest, FindsPartsAnywhere) {
  EXPECT_TRUE(FoldedSearch("vip").FoundIn("the VIP queue"));
  EXPECT_TRUE(FoldedSearch("").FoundIn(""));
  EXPECT_TRUE(FoldedSearch("aab").FoundIn("AaAaB"));
  EXPECT_TRUE(FoldedSearch("abcabd").FoundIn("ABCABCABD"));
  EXPECT_TRUE(FoldedSearch("ë k").FoundIn("ZOË \u212a"));
  EXPECT_FALSE(FoldedSearch("abcabd").FoundIn("ABCABCAB"));
  EXPECT_FALSE(FoldedSearch("\xc3\xab").FoundIn("\u00cc"));
}

TEST(CaseFoldTest, SearchIsLinearInHostileTexts) {
  // 1 MiB × 4 KiB would be some 4 × 10⁹ steps by brute force.
  const FoldedSearch search(std::string(4'095, 'a') + "b");
  EXPECT_FALSE(search.FoundIn(std::string(1 << 20, 'A')));
}

}  // namespace
}  // namespace windrow::domain
