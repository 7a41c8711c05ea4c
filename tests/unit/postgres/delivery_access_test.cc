#include "common/store/postgres/delivery_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/store/postgres/delivery_sql.h"

namespace windrow::store::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr auto kSucceeded = DeliveryState::kSucceeded;
constexpr auto kFailed = DeliveryState::kFailed;
constexpr auto kCancelled = DeliveryState::kCancelled;

filter::Filter Where(const std::string& text) {
  return filter::Compile(text, kDeliveryFields).value();
}

DeliveryAccess Access(const std::string& text) { return AccessOf(Where(text)); }

TEST(DeliveryAccessTest, NothingIsKnownOfAnyDelivery) {
  const DeliveryAccess access = Access("");
  EXPECT_TRUE(access.unfinished);
  EXPECT_THAT(access.finished, ElementsAre(kSucceeded, kFailed, kCancelled));
  EXPECT_THAT(access.webhooks, IsEmpty());
  EXPECT_EQ(access.created, filter::TimeRange());
}

TEST(DeliveryAccessTest, WhatAsksForAnAttemptTakesNoneThatHadNone) {
  for (const char* filter :
       {"status_code = 404", "error:*", "state = RETRYING", "state = FAILED",
        "event_type = x AND error = DNS", "state = IN_FLIGHT AND status_code:*"}) {
    EXPECT_FALSE(Access(filter).untried) << filter;
  }
  for (const char* filter :
       {"", "state = OPEN", "state = IN_FLIGHT", "event_type = x", "-status_code:*",
        "error != DNS", "object_id = 1 OR error:*"}) {
    EXPECT_TRUE(Access(filter).untried) << filter;
  }
  EXPECT_TRUE(Access("status_code = 404").unfinished);
  EXPECT_FALSE(Access("status_code = 404 AND state = PENDING").unfinished);
}

struct States {
  const char* filter;
  bool unfinished;
  std::vector<DeliveryState> finished;
};

class StatesTest : public ::testing::TestWithParam<States> {};

TEST_P(StatesTest, ThatTheWantedOnesMayHave) {
  const DeliveryAccess access = Access(GetParam().filter);
  EXPECT_EQ(access.unfinished, GetParam().unfinished) << GetParam().filter;
  EXPECT_EQ(access.finished, GetParam().finished) << GetParam().filter;
}

INSTANTIATE_TEST_SUITE_P(
    Filters, StatesTest,
    ::testing::Values(
        States{"state = FAILED", false, {kFailed}}, States{"state = OPEN", true, {}},
        States{"state = (FAILED OR PENDING)", true, {kFailed}},
        States{"state != SUCCEEDED", true, {kFailed, kCancelled}},
        States{"NOT (state = SUCCEEDED OR state = FAILED)", true, {kCancelled}},
        States{"state = FAILED AND state = OPEN", false, {}},
        States{
            "state = FAILED OR object_id = 1", true, {kSucceeded, kFailed, kCancelled}},
        States{"state = FAILED AND object_id = 1", false, {kFailed}},
        States{"finish_time:*", false, {kSucceeded, kFailed, kCancelled}},
        States{"finish_time > 2026-01-01T00:00:00Z AND state != SUCCEEDED",
               false,
               {kFailed, kCancelled}},
        // What SUCCEEDED means: answered with 2xx.
        States{"error:*", true, {kFailed, kCancelled}},
        States{"error = TIMEOUT", true, {kFailed, kCancelled}},
        States{"-error:*", true, {kSucceeded, kFailed, kCancelled}},
        States{"status_code >= 500", true, {kFailed, kCancelled}},
        States{"status_code >= 300", true, {kFailed, kCancelled}},
        States{"status_code < 200", true, {kFailed, kCancelled}},
        States{"status_code >= 299", true, {kSucceeded, kFailed, kCancelled}},
        States{"status_code <= 200", true, {kSucceeded, kFailed, kCancelled}},
        States{"status_code != 200", true, {kSucceeded, kFailed, kCancelled}},
        States{"NOT (status_code < 300 AND state = SUCCEEDED)",
               true,
               {kSucceeded, kFailed, kCancelled}}));

TEST(DeliveryAccessTest, ValuesThatMustBeHadLeadToAnIndex) {
  const Uuid id = *Uuid::Parse("00000000-0000-7000-8000-000000000007");
  const DeliveryAccess access =
      Access("webhook_id = " + id.ToString() +
             " AND (event_type = a OR event_type:b) object_id:(x OR y OR x)");
  EXPECT_THAT(access.webhooks, ElementsAre(id));
  EXPECT_THAT(access.event_types, ElementsAre("a", "b"));
  EXPECT_THAT(access.object_ids, ElementsAre("x", "y"));
  EXPECT_TRUE(access.items);
  EXPECT_FALSE(access.attempt);
  EXPECT_TRUE(Access("status_code = 1 OR state = OPEN").attempt);
}

TEST(DeliveryAccessTest, TheShorterOfTwoListsIsTaken) {
  EXPECT_THAT(Access("object_id = (a OR b OR c) AND object_id = (a OR b)").object_ids,
              ElementsAre("a", "b"));
}

TEST(DeliveryAccessTest, ValuesThatNeedNotBeHadDoNot) {
  for (const char* filter :
       {"object_id != x", "NOT object_id = x", "object_id = x OR state = FAILED",
        "event_type = \"x*\"", "event_type = x OR event_type = \"y*\"", "object_id:*",
        "object_id = x OR event_type = y", "NOT (object_id = x AND event_type = y)"}) {
    const DeliveryAccess access = Access(filter);
    EXPECT_THAT(access.object_ids, IsEmpty()) << filter;
    EXPECT_THAT(access.event_types, IsEmpty()) << filter;
  }
  EXPECT_EQ(
      Access("object_id = (1 OR 2 OR 3 OR 4 OR 5 OR 6 OR 7 OR 8)").object_ids.size(),
      kMostBranches);
  EXPECT_THAT(
      Access("object_id = (1 OR 2 OR 3 OR 4 OR 5 OR 6 OR 7 OR 8 OR 9)").object_ids,
      IsEmpty());
}

TEST(DeliveryAccessTest, TimesOfCreationNarrowEachOther) {
  const DeliveryAccess access = Access(
      "create_time >= 2026-01-01T00:00:00Z (create_time < 2026-01-09T00:00:00Z AND "
      "create_time < 2026-01-05T00:00:00Z) -create_time < 2026-01-03T00:00:00Z");
  EXPECT_EQ(access.created.from,
            absl::FromCivil(absl::CivilDay(2026, 1, 1), absl::UTCTimeZone()));
  EXPECT_EQ(access.created.until,
            absl::FromCivil(absl::CivilDay(2026, 1, 5), absl::UTCTimeZone()));
}

TEST(SlicesTest, AreWiderTheFurtherTheyAre) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const absl::Duration day = absl::Hours(24);
  EXPECT_THAT(SlicesOf({}, /*oldest_first=*/false, now),
              ElementsAre(filter::TimeRange{.from = now - 2 * day},
                          filter::TimeRange{now - 10 * day, now - 2 * day},
                          filter::TimeRange{now - 42 * day, now - 10 * day},
                          filter::TimeRange{.until = now - 42 * day}));
  EXPECT_THAT(SlicesOf({now, now + 5 * day}, /*oldest_first=*/true, now),
              ElementsAre(filter::TimeRange{now, now + 2 * day},
                          filter::TimeRange{now + 2 * day, now + 5 * day}));
  EXPECT_THAT(SlicesOf({now - 3 * day, now + 9 * day}, /*oldest_first=*/false, now),
              ElementsAre(filter::TimeRange{now - 2 * day, now + 9 * day},
                          filter::TimeRange{now - 3 * day, now - 2 * day}));
}

TEST(SlicesTest, AnUnknownOldestIsNotLookedForByPieces) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  EXPECT_THAT(SlicesOf({.until = now}, /*oldest_first=*/true, now),
              ElementsAre(filter::TimeRange{.until = now}));
  EXPECT_THAT(SlicesOf({now, now}, /*oldest_first=*/false, now), IsEmpty());
}

TEST(IdsTest, FloorAndNext) {
  EXPECT_EQ(FloorId(absl::FromUnixMicros(1)).ToString(),
            "00000000-0001-0000-0000-000000000000");
  EXPECT_EQ(FloorId(absl::FromUnixMillis(1)).ToString(),
            "00000000-0001-0000-0000-000000000000");
  EXPECT_EQ(FloorId(absl::FromUnixSeconds(-5)), Uuid());
  EXPECT_EQ(NextId(*Uuid::Parse("00000000-0000-7000-8000-0000000000ff"))->ToString(),
            "00000000-0000-7000-8000-000000000100");
  EXPECT_EQ(NextId(*Uuid::Parse("ffffffff-ffff-ffff-ffff-ffffffffffff")), std::nullopt);
}

TEST(DeliverySqlTest, NoTextOfAFilterIsAPartOfTheStatement) {
  const DeliveryQuery query{
      .where =
          Where(R"(event_type = "Zq'; DROP" AND object_id = "Zq" -object_id:"Zq$1" )"
                R"((event_type = "Zq*" OR event_type = "*Zq%" OR object_id != Zq))")};
  const DeliveryScan scan{.tenant = 1,
                          .query = &query,
                          .access = AccessOf(query.where),
                          .limit = 1,
                          .examine = 1};
  for (const SqlText& text :
       {ListFinishedSql(scan), ListWindowsSql(scan), CountMixedSql(scan)}) {
    EXPECT_THAT(text.sql, Not(HasSubstr("Zq")));
    EXPECT_GT(text.params.size(), 1);
  }
}

}  // namespace
}  // namespace windrow::store::postgres
