#include "common/filter/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"

namespace windrow::filter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Expression Parsed(std::string_view text) {
  auto parsed = Parse(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.status();
  return parsed.ok() ? *std::move(parsed) : Expression();
}

// The expression with every parenthesis that it could have.
std::string Shape(const Expression& e) {
  if (e.kind == Expression::Kind::kComparison) return ToText(e);
  if (e.kind == Expression::Kind::kNot) return "NOT " + Shape(e.operands[0]);
  std::string out = "(";
  for (const Expression& operand : e.operands) {
    if (out.size() > 1) out += e.kind == Expression::Kind::kAll ? " AND " : " OR ";
    out += Shape(operand);
  }
  return out + ")";
}

std::string ShapeOf(std::string_view text) { return Shape(Parsed(text)); }

std::string FaultOf(std::string_view text) {
  const std::vector<Violation> violations = ViolationsOf(Parse(text).status());
  if (violations.size() != 1 || violations[0].field != "filter") return "";
  return violations[0].rule;
}

Literal ValueOf(std::string_view text) { return Parsed(text).comparison.value; }

TEST(ParserTest, NothingIsTheFilterOfEverything) {
  for (const char* text : {"", "  \t\r\n "}) {
    const Expression expression = Parsed(text);
    EXPECT_EQ(expression.kind, Expression::Kind::kAll);
    EXPECT_TRUE(expression.operands.empty());
  }
}

TEST(ParserTest, OrBindsTighterThanAnd) {
  EXPECT_EQ(ShapeOf("a = 1 AND b = 2 OR c = 3"), "(a = 1 AND (b = 2 OR c = 3))");
  EXPECT_EQ(ShapeOf("a = 1 OR b = 2 AND c = 3"), "((a = 1 OR b = 2) AND c = 3)");
  EXPECT_EQ(ShapeOf("a = 1 OR NOT b = 2 AND NOT c = 3 OR d = 4"),
            "((a = 1 OR NOT b = 2) AND (NOT c = 3 OR d = 4))");
  EXPECT_EQ(ShapeOf("(a = 1 AND b = 2) OR c = 3"), "((a = 1 AND b = 2) OR c = 3)");
}

TEST(ParserTest, ComparisonsInARowAreJoinedByAnd) {
  EXPECT_EQ(ShapeOf("a = 1 b = 2 AND c = 3"), "(a = 1 AND b = 2 AND c = 3)");
  EXPECT_EQ(ShapeOf("a = 1 b = 2 OR c = 3"), "(a = 1 AND (b = 2 OR c = 3))");
  EXPECT_EQ(ShapeOf("(a=1)(b=2)-c=3"), "(a = 1 AND b = 2 AND NOT c = 3)");
}

TEST(ParserTest, NotAndMinusAreTheSame) {
  EXPECT_EQ(Parsed("NOT a = 1"), Parsed("-a = 1"));
  EXPECT_EQ(Parsed("NOT (a = 1 OR b = 2)"), Parsed("-(a = 1 OR b = 2)"));
  EXPECT_EQ(Parsed("NOT(a = 1)"), Parsed("NOT a = 1"));
  EXPECT_EQ(ShapeOf("-a = 1 OR b = 2"), "(NOT a = 1 OR b = 2)");
}

TEST(ParserTest, AValueInParenthesesIsComparedPartByPart) {
  EXPECT_EQ(Parsed("a = (1 OR 2)"), Parsed("(a = 1 OR a = 2)"));
  EXPECT_EQ(Parsed("a:(1 AND (2 OR NOT \"3\"))"),
            Parsed("(a:1 AND (a:2 OR NOT a:\"3\"))"));
  EXPECT_EQ(Parsed("labels.env != (x -y)"), Parsed("(labels.env != x -labels.env != y)"));
  EXPECT_EQ(Parsed("a = (1)"), Parsed("a = 1"));
}

TEST(ParserTest, SpaceIsFree) {
  EXPECT_EQ(Parsed("\n a=1 AND\tb >=2\r\nAND ( c!=3 ) "),
            Parsed("a = 1 AND b >= 2 AND c != 3"));
}

TEST(ParserTest, KnowsEveryComparator) {
  const std::pair<const char*, Comparator> all[] = {
      {"a = 1", Comparator::kEqual},   {"a != 1", Comparator::kNotEqual},
      {"a < 1", Comparator::kLess},    {"a <= 1", Comparator::kLessOrEqual},
      {"a > 1", Comparator::kGreater}, {"a >= 1", Comparator::kGreaterOrEqual},
      {"a:1", Comparator::kHas},       {"a : 1", Comparator::kHas}};
  for (const auto& [text, comparator] : all) {
    EXPECT_EQ(Parsed(text).comparison.comparator, comparator) << text;
  }
}

TEST(ParserTest, PathsHaveKeysBareOrInQuotes) {
  EXPECT_THAT(Parsed("labels.env:prod").comparison.path, ElementsAre("labels", "env"));
  EXPECT_THAT(Parsed("labels.\"a.b c\" = 1").comparison.path,
              ElementsAre("labels", "a.b c"));
  EXPECT_THAT(Parsed("labels.'NOT' = 1").comparison.path, ElementsAre("labels", "NOT"));
  EXPECT_THAT(Parsed("labels.AND = 1").comparison.path, ElementsAre("labels", "AND"));
  EXPECT_THAT(Parsed("labels.größe = 1").comparison.path, ElementsAre("labels", "größe"));
}

TEST(ParserTest, PositionsAreOfFieldComparatorAndValue) {
  const Expression expression = Parsed("a = 1 AND (size >= \"x\")");
  const Comparison& second = expression.operands[1].comparison;
  EXPECT_EQ(second.at, 11u);
  EXPECT_EQ(second.comparator_at, 16u);
  EXPECT_EQ(second.value.at, 19u);
}

TEST(ParserTest, ABareValueIsAWord) {
  EXPECT_EQ(ValueOf("a = 2026-11-25T10:00:00+02:00").text, "2026-11-25T10:00:00+02:00");
  EXPECT_EQ(ValueOf("a = ticket.created").text, "ticket.created");
  EXPECT_EQ(ValueOf("a = user@example.com/x").text, "user@example.com/x");
  EXPECT_EQ(ValueOf("a = Zoë").text, "Zoë");
  EXPECT_EQ(ValueOf("a = -1").text, "-1");
  EXPECT_FALSE(ValueOf("a = 1").quoted);
  EXPECT_TRUE(ValueOf("a:*").is_star());
}

TEST(ParserTest, QuotedTextsAreOfAnyCharacters) {
  EXPECT_EQ(ValueOf(R"(a = "x\"y\\z")").text, R"(x"y\z)");
  EXPECT_EQ(ValueOf(R"(a = 'it\'s "so"')").text, R"(it's "so")");
  EXPECT_EQ(ValueOf(R"(a = "AND b = \"x\"")").text, R"(AND b = "x")");
  EXPECT_EQ(ValueOf("a = \"Zoë 😀\n\"").text, "Zoë 😀\n");
  EXPECT_EQ(ValueOf("a = \"'; DROP TABLE events; --\"").text, "'; DROP TABLE events; --");
  EXPECT_EQ(ValueOf("a = \"\"").text, "");
  EXPECT_TRUE(ValueOf("a = \"\"").quoted);
}

TEST(ParserTest, AsterisksInQuotesAreWildcardsUnlessEscaped) {
  const auto value = [](const char* text) {
    const Literal v = ValueOf(text);
    return std::tuple(v.any_before, v.text, v.any_after);
  };
  EXPECT_EQ(value("a = \"x*\""), std::tuple(false, "x", true));
  EXPECT_EQ(value("a = '*x'"), std::tuple(true, "x", false));
  EXPECT_EQ(value("a = \"*x*\""), std::tuple(true, "x", true));
  EXPECT_EQ(value("a = \"*\""), std::tuple(false, "", true));
  EXPECT_EQ(value("a = \"**\""), std::tuple(true, "", true));
  EXPECT_EQ(value(R"(a = "\*x\*")"), std::tuple(false, "*x*", false));
  EXPECT_EQ(value(R"(a = "x\\*")"), std::tuple(false, "x\\", true));
  EXPECT_EQ(value(R"(a = "*\**")"), std::tuple(true, "*", true));
}

TEST(QuotedTest, MeansItself) {
  EXPECT_EQ(Quoted("a"), "\"a\"");
  EXPECT_EQ(Quoted("*a\"\\'*"), R"("\*a\"\\'\*")");
  for (const std::string& text : {std::string("*"), std::string("\\"), std::string("")}) {
    const Literal value = ValueOf("a = " + Quoted(text));
    EXPECT_EQ(value.text, text);
    EXPECT_FALSE(value.any_before || value.any_after);
  }
}

struct Faulty {
  std::string text;
  std::string rule;  // its beginning
};

class ParserFault : public ::testing::TestWithParam<Faulty> {};

TEST_P(ParserFault, NamesPositionAndWayOut) {
  EXPECT_THAT(FaultOf(GetParam().text), StartsWith(GetParam().rule)) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Grammar, ParserFault,
    ::testing::Values(
        Faulty{"state",
               "at position 6: =, !=, <, <=, >, >= or : is wanted behind a field"},
        Faulty{"state = ",
               "at position 9: a value is wanted: a word, or a text in quotes"},
        Faulty{"= FAILED",
               "at position 1: a comparison is wanted, such as state = FAILED"},
        Faulty{"state == FAILED", "at position 8: a value is wanted"},
        Faulty{"state FAILED", "at position 7: =, !="},
        Faulty{"prod", "at position 5: =, !="},
        Faulty{"\"prod\"", "at position 7: =, !="},
        Faulty{"a = 1 and b = 2",
               "at position 7: AND, OR and NOT are written in capitals"},
        Faulty{"a = 1 or b = 2", "at position 7: AND, OR and NOT"},
        Faulty{"not a = 1", "at position 1: AND, OR and NOT"},
        Faulty{"a = 1 AND", "at position 10: a comparison is wanted"},
        Faulty{"a = 1 OR ", "at position 10: a comparison is wanted"},
        Faulty{"AND a = 1", "at position 1: a comparison is wanted"},
        Faulty{"a = 1 AND AND b = 2", "at position 11: a comparison is wanted"},
        Faulty{"a = 1 OR OR b = 2", "at position 10: a comparison is wanted"},
        Faulty{"a = AND", "at position 5: a value is wanted"},
        Faulty{"NOT", "at position 4: a comparison is wanted"},
        Faulty{"NOT NOT a = 1", "at position 5: NOT and - negate one comparison"},
        Faulty{"--a = 1", "at position 2: NOT and - negate one comparison"},
        Faulty{"- a = 1", "at position 2: a comparison is wanted"},
        Faulty{"()", "at position 2: a comparison is wanted"},
        Faulty{"(a = 1", "at position 1: this parenthesis is not closed"},
        Faulty{"b = 2 AND ((a = 1)", "at position 11: this parenthesis is not closed"},
        Faulty{"a = 1)", "at position 6: this parenthesis was not opened"},
        Faulty{"a = (1 OR", "at position 10: a value is wanted"},
        Faulty{"a = (b = 1)", "at position 8: a value is wanted"},
        Faulty{"a = ()", "at position 6: a value is wanted"},
        Faulty{"labels. = 1", "at position 8: a key is wanted behind the point"},
        Faulty{"labels.\"a*\" = 1", "at position 8: a key has no wildcards"},
        Faulty{"now() = 1", "at position 4: functions are not offered"},
        Faulty{"a; b", "at position 2: =, !="}));

INSTANTIATE_TEST_SUITE_P(
    Values, ParserFault,
    ::testing::Values(
        Faulty{"a = \"42", "at position 5: this quote is not closed"},
        Faulty{"a = '42\"", "at position 5: this quote is not closed"},
        Faulty{R"(a = "42\)", "at position 5: this quote is not closed"},
        Faulty{R"(a = "42\")", "at position 5: this quote is not closed"},
        Faulty{"a = \"*", "at position 5: this quote is not closed"},
        Faulty{R"(a = "4\n2")", "at position 7: a backslash stands before"},
        Faulty{"a = \"4*2\"", "at position 7: a wildcard stands at the start or the end"},
        Faulty{"a = \"***\"", "at position 7: a wildcard stands at the start or the end"},
        Faulty{"a = 4*", "at position 5: a text with a wildcard stands in quotes"},
        Faulty{"a = *4", "at position 5: a text with a wildcard stands in quotes"},
        Faulty{"a = \"é\" ? b = 1", "at position 10: a comparison is wanted"}));

// ---- Hostile input: an answer, at once, whatever the bytes

std::string Repeated(std::string_view part, std::size_t most = kMaxFilterBytes) {
  std::string text;
  while (text.size() + part.size() <= most) text += part;
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Hostile, ParserFault,
    ::testing::Values(
        Faulty{Repeated("("),
               "at position 17: a filter has at most 16 parentheses within"},
        Faulty{Repeated(")"), "at position 1: a comparison is wanted"},
        Faulty{Repeated("NOT ("), "at position 85: a filter has at most 16 parentheses"},
        Faulty{Repeated("NOT "), "at position 5: NOT and - negate one comparison"},
        Faulty{Repeated("-("), "at position 34: a filter has at most 16 parentheses"},
        Faulty{Repeated("-"), "at position 2: NOT and - negate one comparison"},
        Faulty{"a = " + Repeated("(", 2'000), "at position 21: a filter has at most 16"},
        Faulty{Repeated("a=1 "), "at position 259: a filter has at most 64 comparisons"},
        Faulty{Repeated("a=1 OR "),
               "at position 451: a filter has at most 64 comparisons"},
        Faulty{"a = (" + Repeated("1 OR ", 2'000),
               "at position 326: a filter has at most"},
        Faulty{Repeated("\""), "at position 3: =, !="},
        Faulty{"a = \"" + Repeated("\\", 2'000),
               "at position 5: this quote is not closed"},
        Faulty{Repeated("a."), "at position 2049: a key is wanted behind the point"},
        Faulty{Repeated("*"), "at position 1: a comparison is wanted"},
        Faulty{std::string(1, '\0'), "at position 1: a comparison is wanted"},
        Faulty{std::string("a\0= 1", 5), "at position 2: =, !="},
        Faulty{std::string("a = \"x\0y\"", 9),
               "at position 7: U+0000 cannot be searched"},
        Faulty{std::string("a.\"x\0\" = 1", 10),
               "at position 5: U+0000 cannot be searched"},
        Faulty{"a = \"\xff\"", "at position 6: the filter is not UTF-8"},
        Faulty{"a = \"\xc0\xaf\"", "at position 6: the filter is not UTF-8"},
        Faulty{"a = \"\xed\xa0\x80\"", "at position 6: the filter is not UTF-8"},
        Faulty{"a = \xf0\x9f\x98", "at position 5: the filter is not UTF-8"},
        Faulty{std::string(4 << 20, '('), "at position 2049: a filter has at most 2048"},
        Faulty{std::string(2'049, ' '), "at position 2049: a filter has at most 2048"}));

TEST(ParserLimitTest, EachLimitCanBeReached) {
  const std::string open(kMaxFilterDepth, '('), closed(kMaxFilterDepth, ')');
  EXPECT_EQ(ShapeOf(open + "a = 1" + closed), "a = 1");
  EXPECT_EQ(ShapeOf(open + "a = 1" + closed + open + "b = 2" + closed),
            "(a = 1 AND b = 2)");
  EXPECT_EQ(Parsed(Repeated("a=1 ", 4 * kMaxComparisons)).operands.size(), 64u);
  const std::string longest = "a = \"" + std::string(kMaxFilterBytes - 6, 'x') + "\"";
  ASSERT_EQ(longest.size(), 2'048u);
  EXPECT_EQ(ValueOf(longest).text.size(), 2'042u);
}

TEST(ParserTest, AnyBytesGiveAnAnswer) {
  constexpr std::string_view kAlphabet = "ab=<>!:\"'\\* AND OR NOT()-.\x00\xc3\xa9T1";
  std::uint32_t random = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = 0; i < round % 60; ++i) {
      random = random * 1'664'525 + 1'013'904'223;
      text += kAlphabet[(random >> 16) % kAlphabet.size()];
    }
    const auto parsed = Parse(text);
    if (parsed.ok()) {
      EXPECT_EQ(Parsed(ToText(*parsed)), *parsed) << text;
    } else {
      EXPECT_THAT(FaultOf(text), HasSubstr("at position ")) << text;
    }
  }
}

}  // namespace
}  // namespace windrow::filter
