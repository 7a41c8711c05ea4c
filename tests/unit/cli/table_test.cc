#include "cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/progress.h"

namespace windrow::cli {
namespace {

std::string Printed(const Table& table) {
  std::ostringstream out;
  table.Print(out);
  return out.str();
}

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({"ID", "NAME", "N"});
  table.Add({"1", "long name", "7"});
  table.Add({"22", "é", ""});
  EXPECT_EQ(Printed(table),
            "ID  NAME       N\n"
            "1   long name  7\n"
            "22  é\n");
}

TEST(TableTest, AnEmptyListIsAHeader) { EXPECT_EQ(Printed(Table({"A", "B"})), "A  B\n"); }

TEST(TableTest, DataCannotSteerTheTerminal) {
  Table table({"A"});
  table.Add({"\x1b[2J\nx\x7f\xc2\x9b\xff"});
  EXPECT_EQ(Printed(table), "A\n?[2J?x???\n");
}

TEST(PrintFieldsTest, LeavesEmptyOnesOutAndIndentsLines) {
  std::ostringstream out;
  PrintFields({{"id", "1"}, {"none", ""}, {"long name", "x"}, {"text", "a\r\nb\n"}}, out);
  EXPECT_EQ(out.str(),
            "id:         1\n"
            "long name:  x\n"
            "text:\n"
            "  a\n"
            "  b\n");
}

TEST(ProgressLineTest, ShowsShareAndRate) {
  EXPECT_EQ(ProgressLine(500, 50, 100, absl::Seconds(2)),
            "[##########----------]  50 %  500 events, 250/s");
  EXPECT_EQ(ProgressLine(3, 0, 0, absl::ZeroDuration()), "3 events, 0/s");
}

TEST(ProgressTest, DrawsNothingWhereItIsNotShown) {
  std::ostringstream out;
  {
    Progress progress(out, false, 10);
    progress.Update(1, 1, absl::UnixEpoch());
  }
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace windrow::cli
