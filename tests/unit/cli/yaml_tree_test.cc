#include "cli/yaml_tree.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace windrow::cli {
namespace {

using ::testing::HasSubstr;
using Kind = YamlNode::Kind;

std::string ErrorOf(std::string_view text) {
  const auto nodes = ReadYaml(text, "f.yaml");
  EXPECT_FALSE(nodes.ok()) << text.substr(0, 200);
  return std::string(nodes.status().message());
}

TEST(YamlTreeTest, KeepsTextsAsTheyAreWrittenWithTheirPlaces) {
  const auto nodes = ReadYaml("a: 1.10\nb:\n  - 9007199254740993\n  - \"x\\ty\"\n", "f");
  ASSERT_TRUE(nodes.ok()) << nodes.status();
  ASSERT_EQ(nodes->size(), 1u);
  const auto& map = nodes->front().map;
  EXPECT_EQ(map[0].second.text, "1.10");
  EXPECT_TRUE(map[0].second.plain);
  EXPECT_EQ(map[1].second.list[0].text, "9007199254740993");
  EXPECT_EQ(map[1].second.list[1].text, "x\ty");
  EXPECT_FALSE(map[1].second.list[1].plain);
  EXPECT_EQ(map[1].second.list[0].place.line, 3);
  EXPECT_EQ(map[1].second.list[0].place.column, 5);
}

TEST(YamlTreeTest, TheEndOfAFileChangesNoText) {
  for (const char* text :
       {"a: |\n  x\n", "a: |\n  x", "a: \"x\\n\"", "a: |\n  x\n...\n"}) {
    const auto nodes = ReadYaml(text, "f");
    ASSERT_TRUE(nodes.ok()) << nodes.status();
    ASSERT_EQ(nodes->size(), 1u);
    EXPECT_EQ(nodes->front().map[0].second.text, "x\n") << text;
  }
  EXPECT_EQ(ReadYaml("a: |+\n  x\n\n", "f")->front().map[0].second.text, "x\n\n");
}

TEST(YamlTreeTest, SeveralDocumentsAndEmptyOnesBetween) {
  const auto nodes = ReadYaml("a: 1\n---\n---\n# nothing\n---\nb: 2\n", "f");
  ASSERT_TRUE(nodes.ok()) << nodes.status();
  EXPECT_EQ(nodes->size(), 2u);
  EXPECT_TRUE(ReadYaml("", "f")->empty());
}

TEST(YamlTreeTest, AnchorsAndAliasesAreRefused) {
  EXPECT_EQ(ErrorOf("a: &x [1]\nb: *x\n"),
            "f.yaml:1:4: anchors (&name) and aliases (*name) are not taken: write the "
            "value out");
  EXPECT_THAT(ErrorOf("a: *x\n"), HasSubstr("f.yaml:1:4: "));
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    bomb += fmt::format("{0}: &{0} [*{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}]\n", c,
                        static_cast<char>(c - 1));
  }
  EXPECT_THAT(ErrorOf(bomb), HasSubstr("aliases"));
}

TEST(YamlTreeTest, DepthIsBoundedInEveryStyle) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_THAT(ErrorOf(deep), HasSubstr("is nested deeper than 64 levels"));
  EXPECT_THAT(ErrorOf(std::string(100'000, '[')), HasSubstr("f.yaml:1:"));
  EXPECT_THAT(ErrorOf(std::string(100'000, '{')), HasSubstr("f.yaml:1:"));
  std::string block;
  for (int i = 0; i < 70; ++i) block += std::string(i, ' ') + "a:\n";
  EXPECT_THAT(ErrorOf(block), HasSubstr("is nested deeper than 64 levels"));
  std::string dashes;
  for (int i = 0; i < 5'000; ++i) dashes += "- ";
  EXPECT_THAT(ErrorOf(dashes + "x"), HasSubstr("deeper"));
  const std::string fits = std::string(64, '[') + std::string(64, ']');
  EXPECT_TRUE(ReadYaml(fits, "f").ok());
}

TEST(YamlTreeTest, SizeAndNumberAreBounded) {
  const std::string large(kMaxYamlBytes + 1, '#');
  EXPECT_TRUE(absl::IsResourceExhausted(ReadYaml(large, "f").status()));
  std::string many = "[";
  for (int i = 0; i <= kMaxYamlNodes; ++i) many += "1,";
  const absl::Status status = ReadYaml(many + "]", "f").status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
}

TEST(YamlTreeTest, RepeatedKeysAndKeysThatAreNoTextsAreRefused) {
  EXPECT_EQ(ErrorOf("a: 1\nb: 2\na: 3\n"), "f.yaml:3:1: \"a\" is there twice: keep one");
  EXPECT_THAT(ErrorOf("[a, b]: 1\n"), HasSubstr("a key must be a text"));
  EXPECT_THAT(ErrorOf("~: 1\n"), HasSubstr("a key must be a text"));
}

TEST(YamlTreeTest, BytesThatYamlCppWouldReadAsSomethingElseAreRefused) {
  EXPECT_EQ(ErrorOf("a: 1\nb: \xff\n"),
            "f.yaml:2:4: is not UTF-8: save the file as UTF-8");
  EXPECT_THAT(ErrorOf(std::string_view("a: \x04z\n", 6)), HasSubstr("U+0004"));
  EXPECT_THAT(ErrorOf(std::string_view("a: \0z\n", 6)), HasSubstr("U+0000"));
  EXPECT_THAT(ErrorOf("\xff\xfe"
                      "a"),
              HasSubstr("UTF-8"));
}

TEST(YamlTreeTest, ValuesWithoutAnEndAreNoYaml) {
  for (const char* text : {",", ", a b", "]", "}"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("is not YAML")) << text;
  }
}

TEST(YamlTreeTest, WhatIsNoYamlIsNamedWithItsPlace) {
  EXPECT_THAT(ErrorOf("a: 1\n b: 2\n"), HasSubstr("f.yaml:2:3: is not YAML: "));
  EXPECT_THAT(ErrorOf("a: [1, 2\n"), HasSubstr("is not YAML"));
  EXPECT_THAT(ErrorOf("a: \"x\n"), HasSubstr("is not YAML"));
  EXPECT_THAT(ErrorOf("a: 'x"), HasSubstr("is not YAML"));
}

}  // namespace
}  // namespace windrow::cli
