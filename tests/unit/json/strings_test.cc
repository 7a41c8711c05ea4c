#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/document.h"

namespace windrow::json {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "[";
  AppendString(text, &out);
  return out.substr(1);
}

TEST(AppendStringTest, EscapesQuotesBackslashesAndControlCharactersOnly) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("plain / text"), R"("plain / text")");
  EXPECT_EQ(Quoted("\"\\"), R"("\"\\")");
  EXPECT_EQ(Quoted("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(Quoted(std::string_view("\0\x01\x1f\x7f", 4)),
            "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(Quoted("é€😀\u2028"), "\"é€😀\u2028\"");
  EXPECT_EQ(Quoted("a\nb\"c"), R"("a\nb\"c")");
}

TEST(AppendStringTest, AppendsToWhatIsThere) {
  std::string out = R"({"k":)";
  AppendString("v", &out);
  EXPECT_EQ(out, R"({"k":"v")");
}

TEST(AppendStringTest, EveryCharacterIsReadBackAsItWas) {
  for (int code = 0; code < 128; ++code) {
    const std::string text = "x" + std::string(1, static_cast<char>(code)) + "y";
    const auto document = Document::ParseValue(Quoted(text));
    ASSERT_TRUE(document.ok()) << document.status();
    EXPECT_EQ(document->root().text(), text);
  }
}

TEST(IsUtf8Test, TellsWhereTheFirstBadSequenceBegins) {
  std::size_t offset = 99;
  EXPECT_TRUE(IsUtf8("", &offset));
  EXPECT_TRUE(IsUtf8("aé€😀", &offset));
  EXPECT_TRUE(IsUtf8(std::string_view("\0", 1), &offset));
  EXPECT_EQ(offset, 99u);
  EXPECT_FALSE(IsUtf8("aé\xff", &offset));
  EXPECT_EQ(offset, 3u);
  EXPECT_FALSE(IsUtf8("\x80", &offset));
  EXPECT_EQ(offset, 0u);
  EXPECT_FALSE(IsUtf8("ab\xe2\x82", &offset));
  EXPECT_EQ(offset, 2u);
  EXPECT_FALSE(
      IsUtf8(std::string(100, 'a') + "\xed\xa0\x80" + std::string(100, 'a'), &offset));
  EXPECT_EQ(offset, 100u);
}

}  // namespace
}  // namespace windrow::json
