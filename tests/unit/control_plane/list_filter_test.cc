#include "services/control_plane/list_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

store::EventQuery Events(std::string_view filter) {
  store::EventQuery query;
  const absl::Status status = ApplyFilter(filter, &query);
  EXPECT_TRUE(status.ok()) << filter << ": " << status;
  return query;
}

absl::Time At(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

TEST(TimeFilterTest, RangesAreInclusiveBelowAndExclusiveAbove) {
  const absl::Time ten = At("2026-11-25T10:00:00Z");
  const absl::Duration tick = absl::Microseconds(1);
  const auto range = [](const std::string& op) {
    const auto query = Events("receive_time " + op + " \"2026-11-25T10:00:00Z\"");
    return std::pair(query.received_from, query.received_until);
  };
  using Range = std::pair<std::optional<absl::Time>, std::optional<absl::Time>>;
  EXPECT_EQ(range("="), Range(ten, ten + tick));
  EXPECT_EQ(range("<"), Range(std::nullopt, ten));
  EXPECT_EQ(range("<="), Range(std::nullopt, ten + tick));
  EXPECT_EQ(range(">"), Range(ten + tick, std::nullopt));
  EXPECT_EQ(range(">="), Range(ten, std::nullopt));
}

TEST(TimeFilterTest, ATimeBetweenTwoMicrosecondsIsNotRoundedOntoOne) {
  const absl::Time before = At("2026-11-25T10:00:00.000001Z");
  const absl::Time behind = At("2026-11-25T10:00:00.000002Z");
  const auto range = [](const std::string& op) {
    const auto query = Events("receive_time " + op + " \"2026-11-25T10:00:00.0000015Z\"");
    return std::pair(query.received_from, query.received_until);
  };
  using Range = std::pair<std::optional<absl::Time>, std::optional<absl::Time>>;
  EXPECT_EQ(range("<"), Range(std::nullopt, behind));  // takes `before`
  EXPECT_EQ(range("<="), Range(std::nullopt, behind));
  EXPECT_EQ(range(">"), Range(behind, std::nullopt));
  EXPECT_EQ(range(">="), Range(behind, std::nullopt));
  EXPECT_EQ(range("="), Range(behind, behind));  // nothing
  EXPECT_LT(before, behind);
}

TEST(TimeFilterTest, SeveralComparisonsNarrowEachOther) {
  const auto query = Events(R"(receive_time > "2026-11-25T10:00:00Z" AND )"
                            R"(receive_time >= "2026-11-25T09:00:00Z" AND )"
                            R"(receive_time < "2026-11-25T12:00:00Z" AND )"
                            R"(receive_time <= "2026-11-25T13:00:00Z")");
  EXPECT_EQ(query.received_from, At("2026-11-25T10:00:00.000001Z"));
  EXPECT_EQ(query.received_until, At("2026-11-25T12:00:00Z"));
}

TEST(EventFilterTest, TakesItsOwnFields) {
  const store::EventQuery query = Events("type = \"ticket.created\" AND object_id = 42");
  EXPECT_EQ(query.type, "ticket.created");
  EXPECT_EQ(query.object_id, "42");
}

}  // namespace
}  // namespace windrow::control_plane
