#include "common/domain/field_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> KeysOf(std::string_view text) {
  const auto path = FieldPath::Parse(text);
  EXPECT_TRUE(path.ok()) << path.status();
  std::vector<std::string> keys;
  for (const PathKey& key : path->keys()) keys.push_back(key.key);
  return keys;
}

std::string ErrorOf(std::string_view text) {
  const auto path = FieldPath::Parse(text);
  EXPECT_EQ(path.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(path.status().message());
}

TEST(FieldPathTest, RootsAreNamed) {
  EXPECT_EQ(FieldPath::Parse("object.status")->root(), PathRoot::kObject);
  EXPECT_EQ(FieldPath::Parse("action.outcome")->root(), PathRoot::kAction);
  EXPECT_EQ(FieldPath::Parse("previous.team")->root(), PathRoot::kPrevious);
  EXPECT_EQ(FieldPath::Parse("linked.customer.name")->root(), PathRoot::kLinked);
  EXPECT_EQ(FieldPath::Parse("event.agent_id")->root(), PathRoot::kEvent);
  EXPECT_THAT(ErrorOf(""), HasSubstr("at byte 0: a path begins with object"));
  EXPECT_THAT(ErrorOf("Object.status"), HasSubstr("at byte 0"));
  EXPECT_THAT(ErrorOf("status"), HasSubstr("at byte 0"));
  EXPECT_THAT(ErrorOf(".object"), HasSubstr("at byte 0"));
}

TEST(FieldPathTest, DotsSeparateKeys) {
  EXPECT_THAT(KeysOf("object.status.name"), ElementsAre("status", "name"));
  EXPECT_THAT(KeysOf("object"), IsEmpty());
  EXPECT_THAT(KeysOf("object."), ElementsAre(""));
  EXPECT_THAT(KeysOf("object..a."), ElementsAre("", "a", ""));
  EXPECT_THAT(KeysOf("object.a b\"\xc3\xab"), ElementsAre("a b\"\xc3\xab"));
}

TEST(FieldPathTest, BackslashKeepsDotsAndBackslashes) {
  EXPECT_THAT(KeysOf(R"(object.a\.b.c)"), ElementsAre("a.b", "c"));
  EXPECT_THAT(KeysOf(R"(object.a\\.b)"), ElementsAre("a\\", "b"));
  EXPECT_THAT(KeysOf(R"(object.\.)"), ElementsAre("."));
  EXPECT_EQ(ErrorOf(R"(object.a\n)").substr(0, 10), "at byte 8:");
  EXPECT_EQ(ErrorOf(R"(object.a\)").substr(0, 10), "at byte 8:");
}

TEST(FieldPathTest, APathInTheObjectIsWrittenWithoutItsRoot) {
  for (const char* text : {"status", "customer.name", R"(a\.b.0)", "object", "", "."}) {
    const auto inner = FieldPath::ParseInObject(text);
    ASSERT_TRUE(inner.ok()) << inner.status();
    EXPECT_EQ(*inner, *FieldPath::Parse("object." + std::string(text))) << text;
  }
  EXPECT_EQ(FieldPath::ParseInObject(R"(a\n)").status().message().substr(0, 10),
            "at byte 1:");
}

TEST(FieldPathTest, EventNamesOneOfTheEnvelopesFields) {
  for (const std::string_view field : kEventFields) {
    EXPECT_THAT(KeysOf("event." + std::string(field)), ElementsAre(std::string(field)));
  }
  EXPECT_THAT(ErrorOf("event"), HasSubstr("at byte 5: event has the fields escmsg_id"));
  EXPECT_THAT(ErrorOf("event.agent"), HasSubstr("at byte 6: event has the fields"));
  EXPECT_THAT(ErrorOf("event.type.name"),
              HasSubstr("at byte 10: event.type has no fields"));
}

TEST(FieldPathTest, LinkedNeedsAName) {
  EXPECT_THAT(ErrorOf("linked"), HasSubstr("at byte 6"));
  EXPECT_THAT(KeysOf("linked.customer"), ElementsAre("customer"));
}

TEST(FieldPathTest, LengthIsLimited) {
  const std::string longest = "object." + std::string(kMaxPathBytes - 7, 'a');
  EXPECT_TRUE(FieldPath::Parse(longest).ok());
  EXPECT_THAT(ErrorOf(longest + "a"), HasSubstr("has 1025 bytes: a path has at most"));
}

TEST(FieldPathTest, KeysAreLimited) {
  const std::string deepest = "object" + std::string(kMaxPathKeys, '.');
  EXPECT_EQ(KeysOf(deepest).size(), 128);
  EXPECT_THAT(ErrorOf(deepest + "."),
              HasSubstr("at byte 135: a path has at most 128 keys"));
}

TEST(FieldPathTest, BytesThatAreNoTextAreRefusedWithTheirPlace) {
  EXPECT_THAT(ErrorOf("object.a\xff"), HasSubstr("at byte 8: this is not UTF-8"));
  EXPECT_THAT(ErrorOf(std::string("object.\0", 8)),
              HasSubstr("at byte 7: a path cannot"));
}

TEST(FieldPathTest, OnlyNumbersInTheirShortestFormIndex) {
  const auto index = [](std::string_view text) {
    return FieldPath::Parse(text)->keys().back().index;
  };
  EXPECT_EQ(index("object.0"), 0u);
  EXPECT_EQ(index("object.12"), 12u);
  EXPECT_EQ(index("object.9999999"), 9'999'999u);
  EXPECT_EQ(index("object.10000000"), std::nullopt);
  EXPECT_EQ(index("object.01"), std::nullopt);
  EXPECT_EQ(index("object.-1"), std::nullopt);
  EXPECT_EQ(index("object.+1"), std::nullopt);
  EXPECT_EQ(index("object.1a"), std::nullopt);
  EXPECT_EQ(index("object."), std::nullopt);
}

TEST(StepTest, GoesIntoObjectsByKeyAndIntoArraysByIndex) {
  const auto document =
      json::Document::ParseObject(R"({"0":"key","list":[10,[20,21]],"text":"ab"})");
  ASSERT_TRUE(document.ok());
  const auto raw = [&](std::string_view text) -> std::string {
    std::optional<json::Value> value = document->root();
    const FieldPath path = *FieldPath::Parse(text);
    for (const PathKey& key : path.keys()) {
      value = Step(*value, key);
      if (!value) return "absent";
    }
    return std::string(value->raw());
  };
  EXPECT_EQ(raw("object.0"), R"("key")");
  EXPECT_EQ(raw("object.list.0"), "10");
  EXPECT_EQ(raw("object.list.1.1"), "21");
  EXPECT_EQ(raw("object.list.2"), "absent");
  EXPECT_EQ(raw("object.list.length"), "absent");
  EXPECT_EQ(raw("object.text.0"), "absent");
  EXPECT_EQ(raw("object.other"), "absent");
}

}  // namespace
}  // namespace windrow::domain
