#include "common/domain/key_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Kept(const std::vector<std::string>& fields, std::string object) {
  const auto key_fields = KeyFields::Of(7, fields);
  EXPECT_TRUE(key_fields.ok()) << key_fields.status();
  const auto document = json::Document::ParseObject(std::move(object));
  EXPECT_TRUE(document.ok()) << document.status();
  std::string out;
  key_fields->Append(document->root(), &out);
  EXPECT_TRUE(json::Document::ParseObject(out).ok()) << out;
  return out;
}

std::vector<Violation> Broken(const std::vector<std::string>& fields) {
  Violations violations;
  CheckKeyFields(fields, "event_type.key_fields", &violations);
  return violations.list();
}

TEST(KeyFieldsTest, KeepTheirBytesInTheOrderOfTheObject) {
  EXPECT_EQ(Kept({"id", "price", "big"},
                 R"({ "big" : 9007199254740993, "x":1,"price": 1.10 ,"id":"\u0000"})"),
            R"({"big":9007199254740993,"price":1.10,"id":"\u0000"})");
}

TEST(KeyFieldsTest, KeepValuesOfEveryKindWhole) {
  EXPECT_EQ(
      Kept(
          {"tags", "status", "none"},
          R"({"tags":["a", {"b":2}],"status":{"id":9,"name":"Closed","c":[]},"none":null})"),
      R"({"tags":["a", {"b":2}],"status":{"id":9,"name":"Closed","c":[]},"none":null})");
}

TEST(KeyFieldsTest, WhatTheObjectDoesNotHaveIsLeftOut) {
  EXPECT_EQ(Kept({"id", "gone"}, R"({"id":1,"other":2})"), R"({"id":1})");
  EXPECT_EQ(Kept({"gone"}, R"({"id":1})"), "{}");
  EXPECT_EQ(Kept({"gone"}, "{}"), "{}");
}

TEST(KeyFieldsTest, APathKeepsOneMemberOfAnInnerObject) {
  EXPECT_EQ(Kept({"customer.name", "customer.site.city", "id"},
                 R"({"customer":{"id":3,"name":"ACME","site":{"city":"Bath","zip":1}},)"
                 R"("id":1})"),
            R"({"customer":{"name":"ACME","site":{"city":"Bath"}},"id":1})");
}

TEST(KeyFieldsTest, AnInnerObjectOfWhichNothingIsKeptIsLeftOut) {
  EXPECT_EQ(Kept({"a.b.c", "id"}, R"({"a":{"b":{"d":1}},"id":1})"), R"({"id":1})");
  EXPECT_EQ(Kept({"a.b", "id"}, R"({"id":1,"a":{}})"), R"({"id":1})");
  EXPECT_EQ(Kept({"a.b", "id"}, R"({"a":[{"b":1}],"id":1})"), R"({"id":1})");
  EXPECT_EQ(Kept({"a.b", "id"}, R"({"a":"b","id":1})"), R"({"id":1})");
}

TEST(KeyFieldsTest, KeysAreComparedWithTheirEscapesResolved) {
  EXPECT_EQ(Kept({"a", "ü", R"(x\.y)"}, R"({"\u0061":1,"\u00fc":2,"x.y":3,"x":{"y":4}})"),
            R"({"\u0061":1,"\u00fc":2,"x.y":3})");
}

TEST(KeyFieldsTest, HaveTheirId) {
  EXPECT_EQ(KeyFields::Of(7, {"a"})->id(), 7);
  EXPECT_FALSE(KeyFields::Of(7, {}).ok());
  EXPECT_FALSE(KeyFields::Of(7, {"a", "a"}).ok());
}

TEST(KeyFieldsTest, PathsThatOverlapAreRefused) {
  EXPECT_THAT(Broken({"a.b", "a.c", "ab", "b"}), IsEmpty());
  EXPECT_THAT(Broken({"a", "b", "a"}),
              ElementsAre(Violation{"event_type.key_fields[2]", "stands here twice"}));
  EXPECT_THAT(Broken({"a", "a.b.c"}),
              ElementsAre(Field(&Violation::rule, HasSubstr("inside of \"a\""))));
  EXPECT_THAT(Broken({"a.b.c", "z", "a.b"}),
              ElementsAre(Violation{"event_type.key_fields[2]",
                                    "holds \"a.b.c\", which stands here too: remove one "
                                    "of the two"}));
}

TEST(KeyFieldsTest, WhatIsNoPathIsRefusedWithItsPlace) {
  EXPECT_THAT(
      Broken({"", "a\\b", "\xff", std::string(1'025, 'a')}),
      ElementsAre(Field(&Violation::rule, HasSubstr("is empty")),
                  Field(&Violation::rule, HasSubstr("at byte 1")),
                  Field(&Violation::rule, HasSubstr("at byte 0: this is not UTF-8")),
                  Field(&Violation::rule, HasSubstr("has 1025 bytes"))));
}

TEST(KeyFieldsTest, AHundredAreTheMost) {
  std::vector<std::string> fields;
  for (int i = 0; i < 100; ++i) fields.push_back("f" + std::to_string(i));
  EXPECT_THAT(Broken(fields), IsEmpty());
  fields.push_back("one too many");
  EXPECT_THAT(Broken(fields),
              ElementsAre(Violation{"event_type.key_fields",
                                    "has 101 fields: at most 100 are allowed"}));
}

TEST(KeyFieldsTest, APathAsDeepAsAnObjectIsFollowed) {
  std::string path = "k";
  std::string object = R"({"k":1})";
  for (int i = 0; i < 127; ++i) {
    path += ".k";
    object = R"({"k":)" + object + "}";
  }
  EXPECT_EQ(Kept({path}, object), object);
  EXPECT_THAT(Broken({path + ".k"}),
              ElementsAre(Field(&Violation::rule, HasSubstr("at most 128 keys"))));
}

}  // namespace
}  // namespace windrow::domain
