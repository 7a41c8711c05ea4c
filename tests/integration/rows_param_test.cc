// Arrays of rows reach PostgreSQL as they were built.
#include <gtest/gtest.h>

#include "tests/integration/migrated_database.h"

namespace windrow::store::postgres {
namespace {

constexpr Statement kEcho{
    "echo",
    "SELECT tenant_id, delivery_id, request_headers, request_body, response_headers IS "
    "NULL "
    "FROM unnest($1::windrow_bodies[]) WITH ORDINALITY AS b(tenant_id, delivery_id, "
    "request_headers, request_body, response_headers, response_body, n) ORDER BY n"};
constexpr Statement kCount{"count",
                           "SELECT count(*)::int4 FROM unnest($1::windrow_record[])"};

class RowsParamTest : public MigratedDatabaseTest {
 protected:
  RowsParam Rows(const RowType& type) {
    return RowsParam(type, connection_->TypeOf(type).value());
  }
  absl::StatusOr<Result> Run(const Statement& statement, RowsParam rows) {
    return connection_->Run(statement, std::move(Params().Rows(std::move(rows))));
  }
};

TEST_F(RowsParamTest, EachFieldOfEachRowArrives) {
  const Uuid id = Uuid::Parse("01890a5d-ac96-774b-bcce-b302099a8057").value();
  RowsParam rows = Rows(kBodiesRow);
  rows.NextRow();
  rows.AddInt4(-7);
  rows.AddUuid(id);
  rows.AddText("naïve \"{},\\");
  rows.AddBytea(std::string_view("\0\xff", 2));
  rows.AddByteaOrNull("");
  rows.AddNull(ArrayParam::kBytea);
  rows.NextRow();
  rows.AddInt4(2'000'000'000);
  rows.AddUuid(id);
  rows.AddText("");
  rows.AddBytea("");
  rows.AddBytea("x");
  rows.AddNull(ArrayParam::kBytea);
  const auto read = Run(kEcho, std::move(rows));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->rows(), 2);
  EXPECT_EQ(read->Int4(0, 0), -7);
  EXPECT_EQ(read->Id(0, 1), id);
  EXPECT_EQ(read->Text(0, 2), "naïve \"{},\\");
  EXPECT_EQ(read->Text(0, 3), std::string_view("\0\xff", 2));
  EXPECT_TRUE(read->Bool(0, 4));
  EXPECT_EQ(read->Int4(1, 0), 2'000'000'000);
  EXPECT_EQ(read->Text(1, 2), "");
  EXPECT_FALSE(read->Bool(1, 4));
}

TEST_F(RowsParamTest, NoRowsAreAnEmptyArray) {
  const auto read = Run(kCount, Rows(kRecordRow));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Int4(0, 0), 0);
}

TEST_F(RowsParamTest, ARowOfAnotherShapeIsRefused) {
  RowsParam short_one({"windrow_bodies", 1}, connection_->TypeOf(kBodiesRow).value());
  short_one.NextRow();
  short_one.AddInt4(1);
  EXPECT_FALSE(Run(kEcho, std::move(short_one)).ok());

  RowsParam other({kRecordRow.name, 1}, connection_->TypeOf(kBodiesRow).value());
  other.NextRow();
  other.AddInt4(1);
  EXPECT_FALSE(Run(kCount, std::move(other)).ok()) << "an array of another type";
}

}  // namespace
}  // namespace windrow::store::postgres
