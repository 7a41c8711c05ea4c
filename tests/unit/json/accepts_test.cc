// What the reader accepts, and that it leaves as it came.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/document.h"

namespace windrow::json {
namespace {

Document Parsed(std::string text, const Limits& limits = {}) {
  absl::StatusOr<Document> document = Document::ParseObject(text, limits);
  EXPECT_TRUE(document.ok()) << text.substr(0, 200) << "\n" << document.status();
  return document.ok() ? *std::move(document) : Document();
}

// The raw bytes of member `key` of the object in `text`.
std::string Raw(std::string text, std::string_view key) {
  const Document document = Parsed(std::move(text));
  const std::optional<Value> value = document.root().Find(key);
  return value ? std::string(value->raw()) : "(no such member)";
}

std::string Text(std::string text, std::string_view key) {
  const Document document = Parsed(std::move(text));
  const std::optional<Value> value = document.root().Find(key);
  return value ? value->text() : "(no such member)";
}

TEST(AcceptsTest, NumbersOfAnySizeAndSpellingKeepTheirDigits) {
  for (const char* number : {"0",
                             "-0",
                             "7",
                             "-7",
                             "10",
                             "9007199254740993",
                             "-9223372036854775809",
                             "18446744073709551616",
                             "123456789012345678901234567890",
                             "1.10",
                             "0.0",
                             "-0.0",
                             "0.000",
                             "1e400",
                             "1E400",
                             "1e+5",
                             "1E-5",
                             "0e0",
                             "-0E-0",
                             "1.50e10",
                             "0.1234567890123456789012345678901234567890",
                             "1e99999999999999999999",
                             "2.2250738585072011e-308",
                             "4.9e-324"}) {
    EXPECT_EQ(Raw(R"({"n":)" + std::string(number) + "}", "n"), number);
    EXPECT_EQ(Raw(R"({"n": )" + std::string(number) + " ,\"m\":1}", "n"), number);
  }
  const std::string long_number(100000, '9');
  EXPECT_EQ(Raw(R"({"n":)" + long_number + "}", "n"), long_number);
}

TEST(AcceptsTest, EscapesStayAsTheyCameAndAreResolvedWhenAsked) {
  EXPECT_EQ(Raw(R"({"s":"\u0000"})", "s"), R"("\u0000")");
  EXPECT_EQ(Text(R"({"s":"\u0000"})", "s"), std::string(1, '\0'));
  EXPECT_EQ(Raw(R"({"s":"\\u0000"})", "s"), R"("\\u0000")");
  EXPECT_EQ(Text(R"({"s":"\\u0000"})", "s"), R"(\u0000)");
  EXPECT_EQ(Raw(R"({"s":"\ud83d\ude00"})", "s"), R"("\ud83d\ude00")");
  EXPECT_EQ(Text(R"({"s":"\ud83d\ude00"})", "s"), "😀");
  EXPECT_EQ(Raw(R"({"s":"😀"})", "s"), R"("😀")");
  EXPECT_EQ(Text(R"({"s":"😀"})", "s"), "😀");
  EXPECT_EQ(Text(R"({"s":"\"\\\/\b\f\n\r\t"})", "s"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(Text(R"({"s":"\u0041\u00e9\u00E9\u20ac\uffff"})", "s"), "Aéé€\uffff");
  EXPECT_EQ(Text(R"({"s":"\uD800\uDC00\uDBFF\uDFFF"})", "s"), "\U00010000\U0010ffff");
  EXPECT_EQ(Text(R"({"s":"a\nb\\"})", "s"), "a\nb\\");
}

TEST(AcceptsTest, CharactersThatNeedNoEscapeStand) {
  EXPECT_EQ(Text("{\"s\":\"\x7f\u00a0\u2028\u2029\ufeff\ufffe/'\"}", "s"),
            "\x7f\u00a0\u2028\u2029\ufeff\ufffe/'");
}

TEST(AcceptsTest, KeyTextStaysAKey) {
  const Document document = Parsed(R"({"\"},\"x\":1":2})");
  const Value member = *document.root().first_child();
  EXPECT_EQ(member.raw_key(), R"(\"},\"x\":1)");
  EXPECT_EQ(member.key(), R"("},"x":1)");
  EXPECT_EQ(member.raw(), "2");
  EXPECT_FALSE(member.next().has_value());
  EXPECT_FALSE(document.root().Find("x").has_value());
}

TEST(AcceptsTest, KeysOfEveryKind) {
  EXPECT_EQ(Raw(R"({"":1})", ""), "1");
  EXPECT_EQ(Raw(R"({"a\u002eb":1})", "a.b"), "1");
  EXPECT_EQ(Raw(R"({"a.b":1})", "a.b"), "1");
  EXPECT_EQ(Raw(R"({"\u0000":1,"\u00001":2})", std::string_view("\0", 1)), "1");
  EXPECT_EQ(Raw(R"({"é":1,"É":2})", "É"), "2");
  EXPECT_EQ(Raw(R"({"__proto__":{"id":9}})", "__proto__"), R"({"id":9})");
}

TEST(AcceptsTest, AFieldNamedIdMayBeAnObject) {
  EXPECT_EQ(Raw(R"({"id":{"id":9,"name":"Closed"}})", "id"),
            R"({"id":9,"name":"Closed"})");
}

TEST(AcceptsTest, KeysRepeatInOtherObjectsAndInOtherCase) {
  Parsed(R"({"a":{"a":{"a":1}},"A":[{"a":1},{"a":2}]})");
}

TEST(AcceptsTest, AllWhiteSpaceOfTheGrammar) {
  const std::string text = " \t\r\n{ \"a\"\t:\r1\n,\"b\" : [ ] , \"c\" : { } }\n\n ";
  EXPECT_EQ(Raw(text, "a"), "1");
  EXPECT_EQ(Raw(text, "b"), "[ ]");
  EXPECT_EQ(Raw(text, "c"), "{ }");
  EXPECT_EQ(Parsed(text).text(), text);
}

TEST(AcceptsTest, EmptyContainers) {
  EXPECT_FALSE(Parsed("{}").root().first_child().has_value());
  EXPECT_EQ(Raw(R"({"a":[[],{},[{}]]})", "a"), "[[],{},[{}]]");
}

TEST(AcceptsTest, StringsOfEveryLengthBesideEveryStop) {
  // The scan looks at eight bytes at a time: each place of the stop in the eight.
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string plain(size, 'x');
    EXPECT_EQ(Text(R"({"s":")" + plain + "\"}", "s"), plain);
    EXPECT_EQ(Text(R"({"s":")" + plain + "\\n" + plain + "\"}", "s"),
              plain + "\n" + plain);
    EXPECT_EQ(Text(R"({"s":")" + plain + "é😀\"}", "s"), plain + "é😀");
    EXPECT_EQ(Raw(R"({")" + plain + "\":1}", plain), "1");
  }
}

TEST(AcceptsTest, ManyKeysWithAndWithoutEscapes) {
  std::string text = "{";
  for (int i = 0; i < 50000; ++i) {
    if (i > 0) text += ',';
    text += "\"" + std::string(i % 3 == 0 ? "\\u006b" : "k") + std::to_string(i) + "\":0";
  }
  text += "}";
  EXPECT_EQ(Raw(text, "k49998"), "0");
}

TEST(AcceptsTest, AnyValueWhereAnyIsWanted) {
  for (const char* text : {"{}", "[]", "[1,[2],{\"a\":null}]", "\"text\"", "\"\"", "-1.5",
                           "0", "true", "false", "null", " null "}) {
    EXPECT_TRUE(Document::ParseValue(text).ok()) << text;
  }
}

}  // namespace
}  // namespace windrow::json
