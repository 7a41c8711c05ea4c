#include "common/json/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace windrow::json {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kTicket[] =
    R"({"id":7, "status" : {"id":9,"name":"Closed"}, "tags":["vip",["x"],{}],)"
    R"( "open":false,"note":null,"f\u0069eld":1.10})";

Document Parsed(std::string text) {
  absl::StatusOr<Document> document = Document::ParseValue(std::move(text));
  EXPECT_TRUE(document.ok()) << document.status();
  return document.ok() ? *std::move(document) : Document();
}

std::vector<std::string> RawChildren(const Value& value) {
  std::vector<std::string> children;
  for (auto v = value.first_child(); v; v = v->next()) children.emplace_back(v->raw());
  return children;
}

TEST(ValueTest, MembersComeInTheOrderOfTheText) {
  const Document document = Parsed(kTicket);
  std::vector<std::string> keys;
  std::vector<Type> types;
  for (auto v = document.root().first_child(); v; v = v->next()) {
    keys.push_back(v->key());
    types.push_back(v->type());
  }
  EXPECT_THAT(keys, ElementsAre("id", "status", "tags", "open", "note", "field"));
  EXPECT_THAT(types, ElementsAre(Type::kNumber, Type::kObject, Type::kArray, Type::kBool,
                                 Type::kNull, Type::kNumber));
}

TEST(ValueTest, RawIsTheValueWithoutWhiteSpaceAroundIt) {
  const Document document = Parsed(kTicket);
  EXPECT_EQ(document.root().raw(), kTicket);
  EXPECT_EQ(document.root().Find("status")->raw(), R"({"id":9,"name":"Closed"})");
  EXPECT_EQ(document.root().Find("field")->raw(), "1.10");
  EXPECT_EQ(Parsed(" [ 1 , 2 ] ").root().raw(), "[ 1 , 2 ]");
}

TEST(ValueTest, ElementsComeInTheOrderOfTheText) {
  const Document document = Parsed(kTicket);
  const Value tags = *document.root().Find("tags");
  EXPECT_THAT(RawChildren(tags), ElementsAre(R"("vip")", R"(["x"])", "{}"));
  EXPECT_THAT(RawChildren(Parsed("[[],[[]],1]").root()), ElementsAre("[]", "[[]]", "1"));
  EXPECT_EQ(tags.first_child()->raw_key(), "");
}

TEST(ValueTest, ElementsAfterAMemberHaveNoKey) {
  const Document document = Parsed(R"({"a":[1,{"b":2},3]})");
  for (auto v = document.root().Find("a")->first_child(); v; v = v->next()) {
    EXPECT_EQ(v->key(), "");
  }
}

TEST(ValueTest, FindLooksAtThisObjectOnly) {
  const Document document = Parsed(kTicket);
  EXPECT_FALSE(document.root().Find("name").has_value());
  EXPECT_FALSE(document.root().Find("").has_value());
  EXPECT_FALSE(document.root().Find("ID").has_value());
  EXPECT_EQ(document.root().Find("status")->Find("name")->text(), "Closed");
  EXPECT_FALSE(document.root().Find("tags")->Find("vip").has_value());
  EXPECT_FALSE(document.root().Find("id")->Find("id").has_value());
}

TEST(ValueTest, KeysAreFoundByWhatTheySayNotHowTheyAreWritten) {
  const Document document = Parsed(kTicket);
  const std::optional<Value> field = document.root().Find("field");
  ASSERT_TRUE(field.has_value());
  EXPECT_EQ(field->raw_key(), R"(f\u0069eld)");
  EXPECT_EQ(field->key(), "field");
  EXPECT_FALSE(document.root().Find(R"(f\u0069eld)").has_value());
}

TEST(ValueTest, ScalarsHaveNoChildren) {
  const Document document = Parsed(kTicket);
  EXPECT_TRUE(document.root().is_object());
  EXPECT_TRUE(document.root().Find("tags")->is_array());
  EXPECT_TRUE(document.root().Find("note")->is_scalar());
  EXPECT_THAT(RawChildren(*document.root().Find("id")), IsEmpty());
  EXPECT_THAT(RawChildren(Parsed(R"("text")").root()), IsEmpty());
}

TEST(DocumentTest, ShortAndLongTextsSurviveAMove) {
  for (const std::string& text : {std::string(R"({"a":1})"), std::string(kTicket)}) {
    Document first = Parsed(text);
    const Document second = std::move(first);
    EXPECT_EQ(second.root().raw(), text);
    EXPECT_TRUE(second.root().first_child().has_value());
  }
}

TEST(DocumentTest, GivesItsTextBackUnchanged) {
  const std::string text = std::string(" ") + kTicket + "\n";
  Document document = Parsed(text);
  EXPECT_EQ(document.text(), text);
  EXPECT_EQ(std::move(document).Release(), text);
}

}  // namespace
}  // namespace windrow::json
