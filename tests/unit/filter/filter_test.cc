#include "common/filter/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "common/base/status.h"

namespace windrow::filter {
namespace {

using ::testing::StartsWith;
using Kind = Filter::Kind;

constexpr Word kColours[] = {{"RED", 3}, {"GREEN", 7}};
constexpr Field kFields[] = {
    {.name = "name", .wildcards = true},
    {.name = "code", .id = 1},
    {.name = "owner", .type = Type::kId, .id = 2},
    {.name = "colour",
     .type = Type::kWord,
     .id = 3,
     .words = kColours,
     .prefix = "COLOUR_"},
    {.name = "size", .type = Type::kNumber, .id = 4, .most = 999},
    {.name = "time", .type = Type::kTime, .id = 5},
    {.name = "tags", .id = 6, .several = true, .wildcards = true},
    {.name = "labels", .id = 7, .keyed = true, .wildcards = true, .may_be_empty = true},
};

Filter Compiled(std::string_view text) {
  auto filter = Compile(text, kFields);
  EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
  return filter.ok() ? *std::move(filter) : Filter();
}

Test TestOf(std::string_view text) {
  const Filter filter = Compiled(text);
  EXPECT_EQ(filter.kind, Kind::kTest) << text;
  return filter.test;
}

std::string FaultOf(std::string_view text) {
  const std::vector<Violation> violations = ViolationsOf(Compile(text, kFields).status());
  if (violations.size() != 1 || violations[0].field != "filter") return "";
  return violations[0].rule;
}

absl::Time At(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

using Range = NumberRange;
using Wanted = decltype(Test::wanted);

TEST(FilterTest, TheEmptyOneIsEverything) {
  EXPECT_TRUE(Compiled("").is_everything());
  EXPECT_FALSE(Compiled("size = 1").is_everything());
}

TEST(FilterTest, ValuesHaveTheTypesOfTheirFields) {
  EXPECT_EQ(TestOf("name = x").wanted, Wanted(TextPattern{"x"}));
  EXPECT_EQ(TestOf("name = \"*x*\"").wanted, Wanted(TextPattern{"x", true, true}));
  EXPECT_EQ(TestOf("owner = 0192f0c4-0000-7000-8000-000000000001").wanted,
            Wanted(*Uuid::Parse("0192f0c4-0000-7000-8000-000000000001")));
  EXPECT_EQ(TestOf("colour = GREEN").wanted, Wanted(Range{7, 8}));
  EXPECT_EQ(TestOf("colour = 'COLOUR_GREEN'").wanted, Wanted(Range{7, 8}));
  EXPECT_EQ(TestOf("size = 0").wanted, Wanted(Range{0, 1}));
  EXPECT_EQ(TestOf("size < 5").wanted, Wanted(Range{0, 5}));
  EXPECT_EQ(TestOf("size <= 5").wanted, Wanted(Range{0, 6}));
  EXPECT_EQ(TestOf("size > 5").wanted, Wanted(Range{6, INT64_MAX}));
  EXPECT_EQ(TestOf("size >= \"999\"").wanted, Wanted(Range{999, INT64_MAX}));
  EXPECT_EQ(TestOf("tags:x").wanted, Wanted(TextPattern{"x"}));
  EXPECT_EQ(TestOf("tags = x").wanted, Wanted(TextPattern{"x"}));
  EXPECT_EQ(TestOf("time:*").wanted, Wanted(Present{}));
}

TEST(FilterTest, MapsAreAskedForKeysAndForValues) {
  EXPECT_EQ(TestOf("labels:env").key, "env");
  EXPECT_EQ(TestOf("labels:env").wanted, Wanted(Present{}));
  EXPECT_EQ(TestOf("labels.env:*").key, "env");
  EXPECT_EQ(TestOf("labels.env:*").wanted, Wanted(Present{}));
  EXPECT_EQ(TestOf("labels:*").key, "");
  EXPECT_EQ(TestOf("labels.env:prod").wanted, Wanted(TextPattern{"prod"}));
  EXPECT_EQ(TestOf("labels.env = prod").wanted, Wanted(TextPattern{"prod"}));
  EXPECT_EQ(TestOf("labels.env = \"\"").wanted, Wanted(TextPattern{""}));
  EXPECT_EQ(TestOf("labels.\"a.b\" = \"p*\"").key, "a.b");
  EXPECT_EQ(TestOf("labels:\"a:b\"").key, "a:b");
}

TEST(FilterTest, NotEqualIsNotAndEqual) {
  EXPECT_EQ(Compiled("size != 5"), Compiled("NOT size = 5"));
  EXPECT_EQ(Compiled("-name != \"x*\"").kind, Kind::kNot);
}

TEST(FilterTest, TimesAreHalfOpenRangesOfMicroseconds) {
  const absl::Time ten = At("2026-11-25T10:00:00Z");
  const absl::Duration tick = absl::Microseconds(1);
  const absl::Time past = absl::InfinitePast(), future = absl::InfiniteFuture();
  const auto range = [](const std::string& op) {
    return std::get<TimeRange>(
        TestOf("time " + op + " 2026-11-25T12:00:00+02:00").wanted);
  };
  EXPECT_EQ(range("="), (TimeRange{ten, ten + tick}));
  EXPECT_EQ(range("<"), (TimeRange{past, ten}));
  EXPECT_EQ(range("<="), (TimeRange{past, ten + tick}));
  EXPECT_EQ(range(">"), (TimeRange{ten + tick, future}));
  EXPECT_EQ(range(">="), (TimeRange{ten, future}));
}

TEST(FilterTest, ATimeBetweenTwoMicrosecondsIsNotRoundedOntoOne) {
  const absl::Time behind = At("2026-11-25T10:00:00.000002Z");
  const auto range = [](const std::string& op) {
    return std::get<TimeRange>(
        TestOf("time " + op + " 2026-11-25T10:00:00.0000015Z").wanted);
  };
  EXPECT_EQ(range("<").until, behind);
  EXPECT_EQ(range("<=").until, behind);
  EXPECT_EQ(range(">").from, behind);
  EXPECT_EQ(range(">=").from, behind);
  EXPECT_EQ(range("="), (TimeRange{behind, behind}));  // nothing
}

struct Faulty {
  const char* text;
  const char* rule;  // its beginning
};

class FilterFault : public ::testing::TestWithParam<Faulty> {};

TEST_P(FilterFault, NamesPositionAndWayOut) {
  EXPECT_THAT(FaultOf(GetParam().text), StartsWith(GetParam().rule)) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, FilterFault,
    ::testing::Values(
        Faulty{"size = 1 AND Size = 1",
               "at position 14: no field \"Size\": there are name, code, owner, colour, "
               "size, "
               "time, tags and labels"},
        Faulty{"\"size\".x = 1", "at position 1: size has no parts"},
        Faulty{"name.first = x", "at position 1: name has no parts"},
        Faulty{"labels.a.b = x",
               "at position 1: labels has one key: one with a point stands in quotes, "
               "labels.\"a.b\""},
        Faulty{"labels = env",
               "at position 8: labels:key asks for a key, labels.key = value"},
        Faulty{"labels:env:prod", "at position 8: labels.key:value asks for a value"},
        Faulty{"labels:\"e*\"", "at position 8: a key has no wildcards"},
        Faulty{"labels:\"\"", "at position 8: a key is never empty"},
        Faulty{"labels.\"\" = x", "at position 1: a key is never empty"}));

INSTANTIATE_TEST_SUITE_P(
    Comparators, FilterFault,
    ::testing::Values(
        Faulty{"name < x", "at position 6: name is compared with = and != only"},
        Faulty{"colour >= RED", "at position 8: colour is compared with = and != only"},
        Faulty{"owner > x", "at position 7: owner is compared with = and != only"},
        Faulty{"labels.env < x", "at position 12: labels is compared with = and != only"},
        Faulty{"name:x",
               "at position 5: name is one value: name = compares it, name:* asks"},
        Faulty{"size:5", "at position 5: size is one value"},
        Faulty{"name = *", "at position 8: name:* asks whether there is a value"},
        Faulty{"time != *", "at position 9: time:* asks whether there is a value"}));

INSTANTIATE_TEST_SUITE_P(
    Values, FilterFault,
    ::testing::Values(
        Faulty{"owner = 42", "at position 9: owner is a UUID of 36 characters"},
        Faulty{"colour = BLUE", "at position 10: colour is one of RED and GREEN"},
        Faulty{"colour = red", "at position 10: colour is one of RED and GREEN"},
        Faulty{"colour = \"RE*\"", "at position 10: colour has no wildcards"},
        Faulty{"size = 1000", "at position 8: size is a whole number from 0 to 999"},
        Faulty{"size = -1", "at position 8: size is a whole number from 0 to 999"},
        Faulty{"size = +1", "at position 8: size is a whole number"},
        Faulty{"size = 1.5", "at position 8: size is a whole number"},
        Faulty{"size = 1e2", "at position 8: size is a whole number"},
        Faulty{"size = 0x10", "at position 8: size is a whole number"},
        Faulty{"size = \"\"", "at position 8: size is a whole number"},
        Faulty{"size < 99999999999999999999999999999999",
               "at position 8: size is a whole"},
        Faulty{"code = \"x*\"", "at position 8: code is compared as a whole: \\* is an"},
        Faulty{"code = \"\"", "at position 8: code is never empty: code:* asks"},
        Faulty{"time = yesterday", "at position 8: time is a time, such as"},
        Faulty{"time > 2026-11-25", "at position 8: time is a time"},
        Faulty{"time > \"2026-11-25T10:00:00\"", "at position 8: time is a time"},
        Faulty{"time > \"2026-13-25T10:00:00Z\"", "at position 8: time is a time"},
        Faulty{"time > infinite-future", "at position 8: time is a time"},
        Faulty{"time > \"10000-01-01T00:00:00Z\"", "at position 8: time is a time"},
        Faulty{"time > \"0000-01-01T00:00:00Z\"", "at position 8: time is a time"},
        Faulty{"time > \"-9223372036854775807-01-01T00:00:00Z\"", "at position 8: time"},
        Faulty{"time = \"2026-11-25T10:00:0*\"",
               "at position 8: time has no wildcards"}));

// ---- What filters mean

using Record = std::multimap<std::string, Value>;  // by field, or field.key

bool Takes(std::string_view text, const Record& record) {
  return Matches(Compiled(text), [&](const Test& test) {
    std::vector<Value> values;
    for (const auto& [name, value] : record) {
      const std::string field(test.field->name);
      const bool of_map =
          test.field->keyed && test.key.empty() && name.starts_with(field);
      const bool same = name == (test.key.empty() ? field : field + "." + test.key);
      if (of_map || same) values.push_back(value);
    }
    return values;
  });
}

TEST(MatchesTest, EveryComparatorHasItsMeaning) {
  const Record record = {{"name", "Alpha"}, {"size", std::int64_t{5}}};
  for (const char* text : {"", "name = Alpha", "name != alpha", "size = 5", "size != 6",
                           "size < 6", "size <= 5", "size > 4", "size >= 5", "size:*",
                           "name = \"Al*\"", "name = \"*ha\"", "name = \"*lph*\"",
                           "name = \"*Alpha*\"", "name = \"*\"", "name = \"**\""}) {
    EXPECT_TRUE(Takes(text, record)) << text;
  }
  for (const char* text : {"name = alpha", "name != Alpha", "size = 6", "size != 5",
                           "size < 5", "size <= 4", "size > 5", "size >= 6", "-size:*",
                           "name = \"l*\"", "name = \"*Al\"", "name = \"*x*\""}) {
    EXPECT_FALSE(Takes(text, record)) << text;
  }
}

TEST(MatchesTest, AFieldWithoutAValueSatisfiesNoComparison) {
  for (const char* text : {"size = 5", "size < 5", "size >= 0", "size:*", "name = \"*\"",
                           "colour = RED", "labels:*"}) {
    EXPECT_FALSE(Takes(text, {})) << text;
    EXPECT_TRUE(Takes("NOT " + std::string(text), {})) << text;
  }
  EXPECT_TRUE(Takes("size != 5", {}));
}

TEST(MatchesTest, OneOfSeveralValuesIsEnough) {
  const Record record = {{"tags", "a"}, {"tags", "b"}};
  for (const char* text :
       {"tags:a", "tags = b", "tags:(a AND b)", "tags != c", "tags:*"}) {
    EXPECT_TRUE(Takes(text, record)) << text;
  }
  for (const char* text : {"tags:c", "tags != a", "NOT tags:b", "tags:(a AND c)"}) {
    EXPECT_FALSE(Takes(text, record)) << text;
  }
}

TEST(MatchesTest, LabelsByKeyAndValue) {
  const Record record = {{"labels.env", "prod"}, {"labels.empty", ""}};
  for (const char* text :
       {"labels:env", "labels.env:prod", "labels.env = \"p*\"", "labels.env:*",
        "labels:*", "labels.empty = \"\"", "labels.env != test", "labels.none != x"}) {
    EXPECT_TRUE(Takes(text, record)) << text;
  }
  for (const char* text : {"labels:none", "labels.env:test", "labels.none = \"*\"",
                           "labels.env != prod", "labels.none = \"\""}) {
    EXPECT_FALSE(Takes(text, record)) << text;
  }
}

TEST(MatchesTest, LogicIsOfTwoValues) {
  const Record record = {{"size", std::int64_t{5}}};
  EXPECT_TRUE(Takes("size = 5 AND (size = 6 OR NOT name:*)", record));
  EXPECT_FALSE(Takes("size = 5 AND size = 6", record));
  EXPECT_TRUE(Takes("NOT (size = 5 AND size = 6)", record));
  EXPECT_FALSE(Takes("NOT (size = 5 OR name = x)", record));
  EXPECT_TRUE(Takes("size = 6 OR size = 5 AND size < 9", record));
}

}  // namespace
}  // namespace windrow::filter
