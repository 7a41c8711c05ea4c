#include "services/control_plane/list_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

store::DeliveryQuery Deliveries(std::string_view filter) {
  store::DeliveryQuery query;
  const absl::Status status = ApplyFilter(filter, &query);
  EXPECT_TRUE(status.ok()) << filter << ": " << status;
  return query;
}

store::EventQuery Events(std::string_view filter) {
  store::EventQuery query;
  const absl::Status status = ApplyFilter(filter, &query);
  EXPECT_TRUE(status.ok()) << filter << ": " << status;
  return query;
}

std::string RuleOf(const absl::Status& status) {
  const std::vector<Violation> violations = ViolationsOf(status);
  if (violations.size() != 1 || violations[0].field != "filter") return "";
  return violations[0].rule;
}

std::string DeliveryFault(std::string_view filter) {
  store::DeliveryQuery query;
  return RuleOf(ApplyFilter(filter, &query));
}

std::string EventFault(std::string_view filter) {
  store::EventQuery query;
  return RuleOf(ApplyFilter(filter, &query));
}

absl::Time At(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

TEST(DeliveryFilterTest, AnEmptyFilterAsksForEverything) {
  for (const char* filter : {"", "  \t\r\n "}) {
    const store::DeliveryQuery query = Deliveries(filter);
    EXPECT_EQ(query.webhook_id, std::nullopt);
    EXPECT_THAT(query.states, IsEmpty());
    EXPECT_EQ(query.created_from, std::nullopt);
  }
}

TEST(DeliveryFilterTest, TakesEveryFieldAtOnce) {
  const store::DeliveryQuery query = Deliveries(
      R"(webhook_id = "0192f0c4-0000-7000-8000-000000000001" AND state = FAILED AND )"
      R"(event_type = "ticket.created" AND object_id = '42' AND )"
      R"(create_time >= "2026-11-25T10:00:00Z" AND create_time < "2026-11-26T10:00:00Z")");
  EXPECT_EQ(query.webhook_id, Uuid::Parse("0192f0c4-0000-7000-8000-000000000001"));
  EXPECT_THAT(query.states, ElementsAre(store::DeliveryState::kFailed));
  EXPECT_EQ(query.event_type, "ticket.created");
  EXPECT_EQ(query.object_id, "42");
  EXPECT_EQ(query.created_from, At("2026-11-25T10:00:00Z"));
  EXPECT_EQ(query.created_until, At("2026-11-26T10:00:00Z"));
}

TEST(DeliveryFilterTest, WordsNeedNoQuotesAndSpaceIsFree) {
  const store::DeliveryQuery query =
      Deliveries("\n object_id=42 AND\tevent_type =ticket.created AND state= OPEN ");
  EXPECT_EQ(query.object_id, "42");
  EXPECT_EQ(query.event_type, "ticket.created");
  EXPECT_THAT(query.states, ElementsAre(store::DeliveryState::kOpen));
  EXPECT_EQ(Deliveries("create_time>=2026-11-25T10:00:00+02:00").created_from,
            At("2026-11-25T08:00:00Z"));
}

TEST(DeliveryFilterTest, AStateMayHaveItsPrefix) {
  for (const char* filter :
       {"state = IN_FLIGHT", "state = DELIVERY_STATE_IN_FLIGHT", "state = 'IN_FLIGHT'"}) {
    EXPECT_THAT(Deliveries(filter).states, ElementsAre(store::DeliveryState::kInFlight));
  }
}

TEST(DeliveryFilterTest, ABackslashTakesTheNextCharacterAsItIs) {
  EXPECT_EQ(Deliveries(R"(object_id = "a\"b\\c")").object_id, R"(a"b\c)");
  EXPECT_EQ(Deliveries(R"(object_id = 'it\'s')").object_id, "it's");
  EXPECT_EQ(Deliveries(R"(object_id = "AND state = \"x\"")").object_id,
            R"(AND state = "x")");
  EXPECT_EQ(Deliveries("object_id = \"Zoë 😀\"").object_id, "Zoë 😀");
  EXPECT_EQ(Deliveries("object_id = \"'; DROP TABLE events; --\"").object_id,
            "'; DROP TABLE events; --");
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

struct Fault {
  std::string filter;
  std::string rule;  // the beginning
};

class DeliveryFilterFault : public ::testing::TestWithParam<Fault> {};

TEST_P(DeliveryFilterFault, NamesThePosition) {
  EXPECT_THAT(DeliveryFault(GetParam().filter), StartsWith(GetParam().rule))
      << GetParam().filter;
}

INSTANTIATE_TEST_SUITE_P(
    Grammar, DeliveryFilterFault,
    ::testing::Values(
        Fault{"state", "at position 6: =, <, <=, > or >= is wanted"},
        Fault{"state = ", "at position 9: a value is wanted"},
        Fault{"= FAILED", "at position 1: a field name is wanted"},
        Fault{"state == FAILED", "at position 8: a value is wanted"},
        Fault{"state FAILED", "at position 7: =, <"},
        Fault{"state : FAILED", "at position 7: =, <"},
        Fault{"state = FAILED state = OPEN", "at position 16: AND is wanted"},
        Fault{"state = FAILED OR state = OPEN", "at position 16: AND is wanted"},
        Fault{"state = FAILED and object_id = 1", "at position 16: AND is wanted"},
        Fault{"state = FAILED AND", "at position 19: a field name is wanted"},
        Fault{"state = FAILED AND AND object_id = 1", "at position 24: =, <"},
        Fault{"NOT state = FAILED", "at position 5: =, <"},
        Fault{"(state = FAILED)", "at position 1: a field name is wanted"},
        Fault{"state = FAILED)", "at position 15: AND is wanted"},
        Fault{"object_id = \"42", "at position 13: this quote is not closed"},
        Fault{"object_id = '42\"", "at position 13: this quote is not closed"},
        Fault{R"(object_id = "42\)", "at position 13: this quote is not closed"},
        Fault{R"(object_id = "42\")", "at position 13: this quote is not closed"},
        Fault{"object_id = 4*", "at position 14: AND is wanted"},
        Fault{std::string("object_id\0= 1", 13), "at position 10: =, <"}));

INSTANTIATE_TEST_SUITE_P(
    Values, DeliveryFilterFault,
    ::testing::Values(
        Fault{"state = GONE", "at position 9: a state is OPEN"},
        Fault{"state = failed", "at position 9: a state is OPEN"},
        Fault{"state != FAILED", "at position 7: state is compared with = only"},
        Fault{"state = OPEN AND state = OPEN", "at position 18: state is compared twice"},
        Fault{"webhook_id = 42", "at position 14: a webhook id is a UUID"},
        Fault{"webhook_id > 0192f0c4-0000-7000-8000-000000000001",
              "at position 12: webhook_id is compared with = only"},
        Fault{"object_id = 1 AND object_id = 2", "at position 19: object_id is compared"},
        Fault{"object_id = \"\"", "at position 13: object_id is never empty"},
        Fault{std::string("object_id = \"a\0b\"", 17), "at position 13: U+0000"},
        Fault{"create_time = yesterday", "at position 15: a time is wanted"},
        Fault{"create_time > 2026-11-25", "at position 15: a time is wanted"},
        Fault{"create_time > \"2026-11-25T10:00:00\"",
              "at position 15: a time is wanted"},
        Fault{"create_time > \"2026-13-25T10:00:00Z\"",
              "at position 15: a time is wanted"},
        Fault{"create_time > infinite-future", "at position 15: a time is wanted"},
        Fault{"create_time > \"10000-01-01T00:00:00Z\"",
              "at position 15: a time is wanted"},
        Fault{"create_time > \"0000-01-01T00:00:00Z\"",
              "at position 15: a time is wanted"},
        Fault{"create_time > \"-9223372036854775807-01-01T00:00:00Z\"",
              "at position 15: a time is wanted"},
        Fault{"create_time != \"2026-11-25T10:00:00Z\"",
              "at position 13: a time is compared with"},
        Fault{"type = \"ticket.created\"",
              "at position 1: no field \"type\": there are webhook_id, state"},
        Fault{"state = OPEN AND State = OPEN",
              "at position 18: no field \"State\": there are"}));

TEST(EventFilterTest, FieldsOfDeliveriesAreNotItsOwn) {
  EXPECT_THAT(
      EventFault("object_id = 1 AND state = OPEN"),
      StartsWith("at position 19: no field \"state\": there are type, object_id"));
}

TEST(FilterTest, TheLengthIsBounded) {
  const std::string at_limit =
      "object_id = \"" + std::string(kMaxFilterBytes - 14, 'x') + "\"";
  ASSERT_EQ(at_limit.size(), 2'048u);
  EXPECT_THAT(Deliveries(at_limit).object_id, SizeIs(kMaxFilterBytes - 14));
  EXPECT_THAT(DeliveryFault(at_limit + " "),
              StartsWith("at position 2049: a filter has at most 2048 bytes"));
  EXPECT_THAT(DeliveryFault(std::string(4 << 20, '(')), StartsWith("at position 2049"));
}

TEST(FilterTest, WhatIsNotUtf8IsRefusedAtItsByte) {
  EXPECT_EQ(DeliveryFault("object_id = \"\xff\""),
            "at position 14: the filter is not UTF-8");
  EXPECT_EQ(DeliveryFault("object_id = \"\xc0\xaf\""),
            "at position 14: the filter is not UTF-8");
}

TEST(FilterTest, PositionsAreBytes) {
  EXPECT_THAT(DeliveryFault("object_id = \"é\" OR state = OPEN"),
              StartsWith("at position 18: AND is wanted"));
}

TEST(FilterTest, AnyBytesGiveAnAnswer) {
  constexpr std::string_view kAlphabet = "astue=<>!\"'\\ AND()\x00\xc3\xa9-T:1";
  std::uint32_t random = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::string filter;
    for (int i = 0; i < round % 40; ++i) {
      random = random * 1'664'525 + 1'013'904'223;
      filter += kAlphabet[(random >> 16) % kAlphabet.size()];
    }
    store::DeliveryQuery query;
    const absl::Status status = ApplyFilter(filter, &query);
    if (status.ok()) continue;
    EXPECT_THAT(RuleOf(status), HasSubstr("at position ")) << filter;
  }
}

}  // namespace
}  // namespace windrow::control_plane
