#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/document.h"

namespace windrow::json {
namespace {

std::string Repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// Objects nested `depth` deep: {"a":{"a":…{}…}}.
std::string Objects(int depth) {
  return Repeated(R"({"a":)", depth - 1) + "{}" + Repeated("}", depth - 1);
}

// One object around `depth - 1` arrays.
std::string Arrays(int depth) {
  return R"({"a":)" + Repeated("[", depth - 1) + Repeated("]", depth - 1) + "}";
}

std::string MessageOf(const absl::Status& status) {
  return std::string(status.message());
}

TEST(DepthLimitTest, TheLimitItselfIsAccepted) {
  EXPECT_TRUE(Document::ParseObject(Objects(128)).ok());
  EXPECT_TRUE(Document::ParseObject(Arrays(128)).ok());
}

TEST(DepthLimitTest, OneMoreIsRefusedAndSaysTheLimit) {
  EXPECT_EQ(Document::ParseObject(Objects(129)).status(),
            absl::InvalidArgumentError("byte 640: objects and arrays are nested deeper "
                                       "than the limit of 128"));
  EXPECT_EQ(Document::ParseObject(Arrays(129)).status(),
            absl::InvalidArgumentError("byte 132: objects and arrays are nested deeper "
                                       "than the limit of 128"));
}

TEST(DepthLimitTest, CountsNestingNotSiblings) {
  const std::string siblings = R"({"a":[)" + Repeated("[{}],", 1000) + "[]]}";
  EXPECT_TRUE(Document::ParseObject(siblings, {.max_depth = 4}).ok());
  EXPECT_FALSE(Document::ParseObject(siblings, {.max_depth = 3}).ok());
}

TEST(DepthLimitTest, ScalarsHaveNoDepth) {
  EXPECT_TRUE(Document::ParseValue("7", {.max_depth = 0}).ok());
  EXPECT_FALSE(Document::ParseValue("{}", {.max_depth = 0}).ok());
}

TEST(DepthLimitTest, AMillionIsRefused) {
  const Limits roomy = {.max_bytes = 16u << 20};
  EXPECT_EQ(MessageOf(Document::ParseObject(Objects(1000000), roomy).status()),
            "byte 640: objects and arrays are nested deeper than the limit of 128");
  EXPECT_EQ(MessageOf(Document::ParseValue(std::string(1000000, '['), roomy).status()),
            "byte 128: objects and arrays are nested deeper than the limit of 128");
}

TEST(DepthLimitTest, AMillionNeedsNoStackWhereItIsAllowed) {
  const Limits deep = {.max_bytes = 16u << 20, .max_depth = 1000000};
  const auto document = Document::ParseObject(Objects(1000000), deep);
  ASSERT_TRUE(document.ok()) << document.status();
  int depth = 0;
  for (std::optional<Value> v = document->root(); v; v = v->first_child()) ++depth;
  EXPECT_EQ(depth, 1000000);
  EXPECT_FALSE(Document::ParseObject(Objects(1000001), deep).ok());
}

TEST(SizeLimitTest, TheLimitItselfIsAccepted) {
  std::string text = R"({"s":"")";
  text.insert(text.size() - 1, (1u << 20) - text.size() - 1, 'x');
  text += "}";
  ASSERT_EQ(text.size(), 1048576u);
  EXPECT_TRUE(Document::ParseObject(text).ok());
  text.insert(6, "x");
  EXPECT_EQ(Document::ParseObject(text).status(),
            absl::ResourceExhaustedError(
                "the JSON text has 1048577 bytes, more than the limit of 1048576"));
}

TEST(SizeLimitTest, IsLookedAtFirst) {
  EXPECT_EQ(Document::ParseObject("\xff\xff\xff", {.max_bytes = 2}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(SizeLimitTest, ManySmallNodesFitTheLargestText) {
  const std::string text = "[" + Repeated("1,", 524286) + "11]";
  ASSERT_EQ(text.size(), 1048576u);
  const auto document = Document::ParseValue(text);
  ASSERT_TRUE(document.ok()) << document.status();
  int count = 0;
  for (auto v = document->root().first_child(); v; v = v->next()) ++count;
  EXPECT_EQ(count, 524287);
}

}  // namespace
}  // namespace windrow::json
