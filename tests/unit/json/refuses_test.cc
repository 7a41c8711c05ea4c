// What the reader refuses, and that it says where and why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/document.h"

namespace windrow::json {
namespace {

using ::testing::HasSubstr;

struct Refusal {
  std::string_view text;
  std::string_view message;
};

std::string MessageOf(const absl::Status& status) {
  return std::string(status.message());
}

void ExpectRefused(std::initializer_list<Refusal> refusals) {
  for (const auto& [text, message] : refusals) {
    const absl::Status status = Document::ParseObject(std::string(text)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(MessageOf(status), message) << text;
  }
}

TEST(RefusesTest, AnythingButOneObject) {
  ExpectRefused({
      {"", "byte 0: a JSON object is wanted, the text is empty"},
      {" \n", "byte 2: a JSON object is wanted, found the end of the text"},
      {"[1,2]", "byte 0: a JSON object is wanted, found an array"},
      {R"("text")", "byte 0: a JSON object is wanted, found a string"},
      {"7", "byte 0: a JSON object is wanted, found '7'"},
      {"null", "byte 0: a JSON object is wanted, found 'n'"},
      {std::string_view("\0{}", 3), "byte 0: a JSON object is wanted, found byte 0x00"},
      {R"({"a":1} {"b":2})", "byte 8: nothing may follow the value, found '{'"},
      {"{},", "byte 2: nothing may follow the value, found ','"},
      {"{}}", "byte 2: nothing may follow the value, found '}'"},
      {std::string_view("{}\0", 3),
       "byte 2: nothing may follow the value, found byte 0x00"},
      {"{}//x", "byte 2: nothing may follow the value, found '/'"},
  });
}

TEST(RefusesTest, AByteOrderMark) {
  ExpectRefused({
      {"\xef\xbb\xbf{}",
       "byte 0: a byte order mark must not precede JSON (RFC 8259, section 8.1)"},
      {std::string_view("\xff\xfe{\0}\0", 6), "byte 0: not UTF-8: 0xff"},
  });
}

TEST(RefusesTest, RepeatedKeys) {
  ExpectRefused({
      {R"({"a":1,"a":2})",
       R"(byte 7: key "a" appears twice in this object (first at byte 1))"},
      {R"({"b":{}, "a":1, "a":2})",
       R"(byte 16: key "a" appears twice in this object (first at byte 9))"},
      {R"({"a":1,"\u0061":2})",
       R"(byte 7: key "\u0061" appears twice in this object (first at byte 1))"},
      {R"({"\u0061":1,"a":2})",
       R"(byte 12: key "a" appears twice in this object (first at byte 1))"},
      {R"({"😀":1,"\ud83d\ude00":2})",
       R"(byte 10: key "\ud83d\ude00" appears twice in this object (first at byte 1))"},
      {R"({"\/":1,"/":2})",
       R"(byte 8: key "/" appears twice in this object (first at byte 1))"},
      {R"({"":1,"":2})",
       R"(byte 6: key "" appears twice in this object (first at byte 1))"},
      {R"({"x":[{"k":1,"k":1}]})",
       R"(byte 13: key "k" appears twice in this object (first at byte 7))"},
  });
}

TEST(RefusesTest, ALongRepeatedKeyIsShownInPart) {
  const std::string key = std::string(63, 'k') + "éééé";
  const std::string text = "{\"" + key + "\":1,\"" + key + "\":2}";
  EXPECT_EQ(MessageOf(Document::ParseObject(text).status()),
            "byte 77: key \"" + std::string(63, 'k') +
                "…\" appears twice in this object (first at byte 1)");
}

TEST(RefusesTest, ARepeatAmongManyKeys) {
  for (const int count : {2, 31, 32, 33, 34, 20000}) {
    for (const bool escaped : {false, true}) {
      std::string text = "{";
      for (int i = 0; i < count; ++i) text += "\"k" + std::to_string(i) + "\":0,";
      text += escaped ? R"("\u006b1":0})" : R"("k1":0})";
      EXPECT_THAT(MessageOf(Document::ParseObject(text).status()),
                  HasSubstr("1\" appears twice in this object (first at byte 8)"))
          << count;
    }
  }
}

TEST(RefusesTest, WhatIsNotUtf8) {
  ExpectRefused({
      {"{\"s\":\"\xff\"}", "byte 6: not UTF-8: 0xff"},
      {"{\"s\":\"\xc0\xaf\"}", "byte 6: not UTF-8: 0xc0"},
      {"{\"s\":\"ab\x80\"}", "byte 8: not UTF-8: 0x80"},
      {"{\"s\":\"\xe2\x82\"}", "byte 6: not UTF-8: 0xe2"},
      {"{\"s\":\"\xed\xa0\x80\"}", "byte 6: not UTF-8: 0xed"},
      {"{\"s\":\"\xed\xa0\xbd\xed\xb8\x80\"}", "byte 6: not UTF-8: 0xed"},
      {"{\"s\":\"\xf4\x90\x80\x80\"}", "byte 6: not UTF-8: 0xf4"},
      {"{\"s\":\"\xf0\x9f\x98", "byte 6: not UTF-8: 0xf0"},
      {"{\"\xfe\":1}", "byte 2: not UTF-8: 0xfe"},
      {"{}\xff", "byte 2: not UTF-8: 0xff"},
      {"{\"é😀\":\"\xc1\x81\"}", "byte 11: not UTF-8: 0xc1"},
  });
}

TEST(RefusesTest, BadStrings) {
  ExpectRefused({
      {R"({"s":"\ud800"})",
       "byte 6: \\ud800 is a lone surrogate, no character; surrogates come in pairs"},
      {R"({"s":"\udc00\ud800"})",
       "byte 6: \\udc00 is a lone surrogate, no character; surrogates come in pairs"},
      {R"({"s":"\ud83d\u0041"})",
       "byte 6: \\ud83d is a lone surrogate, no character; surrogates come in pairs"},
      {R"({"s":"\uD83D\\ude00"})",
       "byte 6: \\ud83d is a lone surrogate, no character; surrogates come in pairs"},
      {R"({"s":"x\ud83d)",
       "byte 7: \\ud83d is a lone surrogate, no character; surrogates come in pairs"},
      {R"({"\udfff":1})",
       "byte 2: \\udfff is a lone surrogate, no character; surrogates come in pairs"},
      {R"({"s":"\x41"})", "byte 6: a backslash before 'x' is no escape that JSON knows"},
      {R"({"s":"\'"})", "byte 6: a backslash before ''' is no escape that JSON knows"},
      {R"({"s":"\0"})", "byte 6: a backslash before '0' is no escape that JSON knows"},
      {R"({"s":"\U0041"})",
       "byte 6: a backslash before 'U' is no escape that JSON knows"},
      {"{\"s\":\"\\\n\"}",
       "byte 6: a backslash before byte 0x0a is no escape that JSON knows"},
      {R"({"s":"\)",
       "byte 6: a backslash before the end of the text is no escape that JSON knows"},
      {R"({"s":"\u12g4"})", "byte 6: four hex digits must follow \\u"},
      {R"({"s":"\u12"})", "byte 6: four hex digits must follow \\u"},
      {R"({"s":"\u+123"})", "byte 6: four hex digits must follow \\u"},
      {R"({"s":"\u)", "byte 6: four hex digits must follow \\u"},
      {"{\"s\":\"a\tb\"}",
       "byte 7: a control character in a string must be escaped: \\u0009"},
      {"{\"s\":\"line\nline\"}",
       "byte 10: a control character in a string must be escaped: \\u000a"},
      {std::string_view("{\"s\":\"\0\"}", 9),
       "byte 6: a control character in a string must be escaped: \\u0000"},
      {"{\"s\":\"0123456789\x1f\"}",
       "byte 16: a control character in a string must be escaped: \\u001f"},
      {R"({"s":"open)", "byte 10: the text ends inside a string"},
      {R"({"s":"open\"})", "byte 13: the text ends inside a string"},
      {"{\"", "byte 2: the text ends inside a string"},
      {R"({"s":'x'})", "byte 5: a value is wanted, found '''"},
  });
}

TEST(RefusesTest, BadNumbers) {
  ExpectRefused({
      {R"({"a":NaN})", "byte 5: a value is wanted, found 'N'"},
      {R"({"a":Infinity})", "byte 5: a value is wanted, found 'I'"},
      {R"({"a":-Infinity})",
       "byte 6: a digit must follow the minus sign in a number, not 'I'"},
      {R"({"a":01})", "byte 6: a number must not have a leading zero"},
      {R"({"a":-01})", "byte 7: a number must not have a leading zero"},
      {R"({"a":00})", "byte 6: a number must not have a leading zero"},
      {R"({"a":-})", "byte 6: a digit must follow the minus sign in a number, not '}'"},
      {R"({"a":--1})", "byte 6: a digit must follow the minus sign in a number, not '-'"},
      {R"({"a":1.})",
       "byte 7: a digit must follow the decimal point in a number, not '}'"},
      {R"({"a":1.e5})",
       "byte 7: a digit must follow the decimal point in a number, not 'e'"},
      {R"({"a":.5})", "byte 5: a value is wanted, found '.'"},
      {R"({"a":+1})", "byte 5: a value is wanted, found '+'"},
      {R"({"a":1e})",
       "byte 7: a digit must follow the exponent's mark in a number, not '}'"},
      {R"({"a":1e+})",
       "byte 8: a digit must follow the exponent's mark in a number, not '}'"},
      {R"({"a":1e5.5})", "byte 8: ',' or '}' is wanted, found '.'"},
      {R"({"a":1.2.3})", "byte 8: ',' or '}' is wanted, found '.'"},
      {R"({"a":0x10})", "byte 6: ',' or '}' is wanted, found 'x'"},
      {R"({"a":1_000})", "byte 6: ',' or '}' is wanted, found '_'"},
      {R"({"a":1 2})", "byte 7: ',' or '}' is wanted, found '2'"},
      {"{\"a\":١}", "byte 5: a value is wanted, found byte 0xd9"},
      {R"({"a":1)", "byte 6: ',' or '}' is wanted, found the end of the text"},
  });
}

TEST(RefusesTest, BadWords) {
  ExpectRefused({
      {R"({"a":tru})", "byte 5: a value is wanted; did you mean true?"},
      {R"({"a":True})", "byte 5: a value is wanted, found 'T'"},
      {R"({"a":truee})", "byte 9: ',' or '}' is wanted, found 'e'"},
      {R"({"a":fals)", "byte 5: a value is wanted; did you mean false?"},
      {R"({"a":nul})", "byte 5: a value is wanted; did you mean null?"},
      {R"({"a":nullnull})", "byte 9: ',' or '}' is wanted, found 'n'"},
      {R"({"a":undefined})", "byte 5: a value is wanted, found 'u'"},
  });
}

TEST(RefusesTest, BadStructure) {
  ExpectRefused({
      {R"({"a":1,})", "byte 6: no comma may stand before '}'"},
      {R"({"a":[1,]})", "byte 7: no comma may stand before ']'"},
      {R"({"a":[,1]})", "byte 6: a value is wanted, found ','"},
      {R"({"a":[1,,2]})", "byte 8: a value is wanted, found ','"},
      {R"({,"a":1})", "byte 1: a key in quotes is wanted, found ','"},
      {R"({"a":1,,"b":2})", "byte 7: a key in quotes is wanted, found ','"},
      {R"({"a":1 "b":2})", "byte 7: ',' or '}' is wanted, found '\"'"},
      {R"({"a":"x""y"})", "byte 8: ',' or '}' is wanted, found '\"'"},
      {R"({"a":"x"y})", "byte 8: ',' or '}' is wanted, found 'y'"},
      {R"({"a":[1 2]})", "byte 8: ',' or ']' is wanted, found '2'"},
      {R"({"a" 1})", "byte 5: ':' is wanted behind a key, found '1'"},
      {R"({"a"})", "byte 4: ':' is wanted behind a key, found '}'"},
      {R"({"a",1})", "byte 4: ':' is wanted behind a key, found ','"},
      {R"({"a"=1})", "byte 4: ':' is wanted behind a key, found '='"},
      {R"({"a"::1})", "byte 5: a value is wanted, found ':'"},
      {R"({"a":})", "byte 5: a value is wanted, found '}'"},
      {R"({"a":)", "byte 5: a value is wanted, found the end of the text"},
      {R"({a:1})", "byte 1: a key in quotes is wanted, found 'a'"},
      {R"({1:2})", "byte 1: a key in quotes is wanted, found '1'"},
      {R"({'a':1})", "byte 1: a key in quotes is wanted, found '''"},
      {R"({"a":[1})", "byte 7: ',' or ']' is wanted, found '}'"},
      {R"({"a":{"b":1])", "byte 11: ',' or '}' is wanted, found ']'"},
      {R"({"a":["b":1]})", "byte 9: ',' or ']' is wanted, found ':'"},
      {"{", "byte 1: a key in quotes is wanted, found the end of the text"},
      {R"({"a":[)", "byte 6: a value is wanted, found the end of the text"},
      {R"({"a":1,)", "byte 7: a key in quotes is wanted, found the end of the text"},
      {R"({/**/"a":1})", "byte 1: a key in quotes is wanted, found '/'"},
      {"{\"a\":\f1}", "byte 5: a value is wanted, found byte 0x0c"},
      {"{\u00a0\"a\":1}", "byte 1: a key in quotes is wanted, found byte 0xc2"},
      {std::string_view("{\"a\":1\0}", 8),
       "byte 6: ',' or '}' is wanted, found byte 0x00"},
  });
}

TEST(RefusesTest, EveryCutOfAGoodText) {
  const std::string text =
      R"({"a":[1.5e3,true,null,{"b\u00e9":"\ud83d\ude00 é"}],"c":{},"d":-0})";
  ASSERT_TRUE(Document::ParseObject(text).ok());
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(Document::ParseObject(text.substr(0, size)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text.substr(0, size);
  }
}

TEST(RefusesTest, BadValuesWhereAnyValueIsWanted) {
  const auto message = [](std::string_view text) {
    return MessageOf(Document::ParseValue(std::string(text)).status());
  };
  EXPECT_EQ(message(""), "byte 0: a JSON value is wanted, the text is empty");
  EXPECT_EQ(message(" "), "byte 1: a value is wanted, found the end of the text");
  EXPECT_EQ(message("1 2"), "byte 2: nothing may follow the value, found '2'");
  EXPECT_EQ(message("]"), "byte 0: a value is wanted, found ']'");
  EXPECT_EQ(message("[]]"), "byte 2: nothing may follow the value, found ']'");
  EXPECT_EQ(message("-"),
            "byte 1: a digit must follow the minus sign in a number, not the end of the "
            "text");
}

}  // namespace
}  // namespace windrow::json
