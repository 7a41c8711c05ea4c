#include "common/store/postgres/delivery_condition.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/store/list_fields.h"
#include "common/store/postgres/item_marks.h"

namespace windrow::store::postgres {
namespace {

using ::testing::HasSubstr;

std::string Possible(const DeliveryColumns& columns, const std::string& text) {
  Params params;
  params.Int4(1);
  return PossibleDeliverySql(columns, filter::Compile(text, kDeliveryFields).value(),
                             &params);
}

// Windows outlive the program that wrote them.
TEST(ItemMarksTest, OfATextNeverChange) {
  EXPECT_EQ(TypeMarks("ticket.created"), 0x08018001u);
  EXPECT_EQ(ObjectMarks("7"), 0x1080020000000000u);
  EXPECT_EQ(TypeMarks(""), 0x00040640u);
}

TEST(ItemMarksTest, FewOthersAreMarkedAlike) {
  const std::uint64_t window = TypeMarks("ticket.created") | ObjectMarks("7");
  int alike = 0;
  for (int i = 100; i < 100'100; ++i) {
    const std::uint64_t marks = ObjectMarks(fmt::format("{}", i));
    alike += (window & marks) == marks ? 1 : 0;
  }
  EXPECT_GT(alike, 0);
  EXPECT_LT(alike, 100);  // one in 4,000 is 25
}

TEST(ItemMarksTest, TypesAndObjectsHaveHalvesOfTheirOwn) {
  EXPECT_EQ(TypeMarks("7") >> 32, 0u);
  EXPECT_EQ(ObjectMarks("7") & 0xffffffff, 0u);
  EXPECT_EQ(TypeMarks("7") << 32, ObjectMarks("7"));
}

TEST(PossibleDeliveryTest, AWindowSaysWhetherItHadAnAttemptAndWhatItsItemsMayBe) {
  EXPECT_THAT(Possible(kWindowColumns, "status_code = 404"), HasSubstr("r.attempt > 0"));
  EXPECT_THAT(Possible(kWindowColumns, "error:*"), HasSubstr("r.attempt > 0"));
  EXPECT_EQ(Possible(kWindowColumns, "event_type = x"),
            "(r.item_marks & $2::int8 = $2::int8)");
  EXPECT_EQ(Possible(kWindowColumns, "event_type = x OR object_id = 7"),
            "((r.item_marks & $2::int8 = $2::int8) OR (r.item_marks & $3::int8 = "
            "$3::int8))");
  EXPECT_EQ(Possible(kWindowColumns, "event_type = \"x*\""), "true");
  EXPECT_EQ(Possible(kWindowColumns, "object_id:*"), "true");
}

// What may be missing may be what a NOT asks for.
TEST(PossibleDeliveryTest, NothingRulesOutWhatANotAsksFor) {
  for (const char* text : {"event_type != x", "object_id != 7", "-status_code = 404",
                           "NOT (NOT (event_type != x))"}) {
    EXPECT_EQ(Possible(kWindowColumns, text), "true") << text;
  }
  EXPECT_EQ(Possible(kWindowColumns, "NOT (event_type != x)"),
            "(r.item_marks & $2::int8 = $2::int8)");
  EXPECT_EQ(
      Possible(kWindowColumns, "NOT (event_type = x AND state = OPEN)").find("true"), 1u);
}

TEST(PossibleDeliveryTest, ARecordHasItsItemsAndMostlyItsLastAttempt) {
  EXPECT_THAT(Possible(kFinishedColumns, "status_code = 404"),
              AllOf(HasSubstr("r.status_code IS NULL"), HasSubstr("(r.status_code) >=")));
  EXPECT_THAT(Possible(kFinishedColumns, "event_type = x"), HasSubstr("r.event_type ="));
}

}  // namespace
}  // namespace windrow::store::postgres
