#include "common/domain/message_markup.h"

#include <gtest/gtest.h>

#include <string>

namespace windrow::domain {
namespace {

constexpr WebhookType kSlack = WebhookType::kSlack;
constexpr WebhookType kTeams = WebhookType::kMicrosoftTeams;
constexpr WebhookType kDiscord = WebhookType::kDiscord;
constexpr std::size_t kPlenty = 1'000'000;

std::string Text(WebhookType type, std::string_view value, std::size_t room = kPlenty) {
  std::string out;
  AppendValue(type, Place::kText, {value, true}, room, &out);
  return out;
}

std::string Link(WebhookType type, std::string_view value) {
  std::string out;
  AppendValue(type, Place::kLink, {value, true}, kPlenty, &out);
  return out;
}

TEST(MessageMarkupTest, SlackEscapesItsThreeCharacters) {
  EXPECT_EQ(Text(kSlack, "<!channel> a & b &lt;"), "&lt;!channel&gt; a &amp; b &amp;lt;");
  EXPECT_EQ(Text(kSlack, "<https://evil.example|Log in>"),
            "&lt;https://evil.example|Log in&gt;");
  EXPECT_EQ(Text(kSlack, "*b* `c`"), "*b* `c`");
}

TEST(MessageMarkupTest, DiscordEscapesMarkdownAndMentions) {
  EXPECT_EQ(Text(kDiscord, "@everyone <@123> <#4>"), R"(\@everyone \<\@123\> \<#4\>)");
  EXPECT_EQ(Text(kDiscord, "[x](https://evil.example)"),
            R"(\[x\]\(https\://evil.example\))");
  EXPECT_EQ(Text(kDiscord, "**b** __u__ ~~s~~ ||p|| `c` \\"),
            R"(\*\*b\*\* \_\_u\_\_ \~\~s\~\~ \|\|p\|\| \`c\` \\)");
}

TEST(MessageMarkupTest, DiscordEscapesWhatBeginsALineOnlyThere) {
  EXPECT_EQ(Text(kDiscord, "# a # b\n  - c-d\n-# e"), "\\# a # b\n  \\- c-d\n\\-# e");
}

TEST(MessageMarkupTest, DiscordEscapesColonsOnlyWhereAnAddressMayBegin) {
  EXPECT_EQ(Text(kDiscord, "at 10:30"), "at 10:30");
  EXPECT_EQ(Text(kDiscord, "https:"), "https\\:");
  EXPECT_EQ(Text(kDiscord, "://evil.example"), "\\://evil.example");
}

TEST(MessageMarkupTest, TeamsEscapesTheMarkdownThatCardsKnow) {
  EXPECT_EQ(Text(kTeams, "**b** _i_ `c` \\"), R"(\*\*b\*\* \_i\_ \`c\` \\)");
  EXPECT_EQ(Text(kTeams, "a < b, <at>all</at> <"), R"(a < b, \<at>all\</at> \<)");
  EXPECT_EQ(Text(kTeams, "&lt; &#38; AT&T; AT&T &; &"),
            R"(\&lt; \&#38; AT\&T; AT&T &; &)");
  EXPECT_EQ(Text(kTeams, "{{DATE(2020-01-01T00:00:00Z)}} {a}"),
            R"(\{\{DATE(2020-01-01T00:00:00Z)}} {a})");
  EXPECT_EQ(Text(kTeams, "~~s~~ ~10"), R"(\~\~s~\~ ~10)");
}

TEST(MessageMarkupTest, TeamsMakesNoLinkAlsoWhereBackslashesDoNotCount) {
  EXPECT_EQ(Text(kTeams, "[x](https://evil.example)"),
            "\\[x\\]\u200b(https://evil.example)");
  EXPECT_EQ(Text(kTeams, "[x]"), "\\[x\\]\u200b");
  EXPECT_EQ(Text(kTeams, "[x] y"), "\\[x\\] y");
}

TEST(MessageMarkupTest, LineEndsAreTheProducts) {
  EXPECT_EQ(Text(kSlack, "a\r\nb\rc\n\nd"), "a\nb\nc\n\nd");
  EXPECT_EQ(Text(kDiscord, "a\r\nb\rc\n\nd"), "a\nb\nc\n\nd");
  EXPECT_EQ(Text(kTeams, "a\r\nb\rc\n\nd"), "a\n\nb\n\nc\n\nd");
  EXPECT_EQ(WithLineEnds(kSlack, "a\r\nb\rc\n\nd"), "a\nb\nc\n\nd");
  EXPECT_EQ(WithLineEnds(kTeams, "a\r\nb\rc\n\nd\n"), "a\n\nb\n\nc\n\nd\n\n");
}

TEST(MessageMarkupTest, ControlsAndOverriddenDirectionsAreLeftOut) {
  const std::string value = std::string("a\0b\x1b[1m\x7f", 8) + "\u0085\tc\u202ed\u2066";
  for (const WebhookType type : {kSlack, kDiscord}) {
    EXPECT_EQ(Text(type, "\u05e9\u05dc\u05d5\u05dd"), "\u05e9\u05dc\u05d5\u05dd");
  }
  EXPECT_EQ(Text(kSlack, value), "ab[1m\tcd");
  EXPECT_EQ(Text(kDiscord, value), "ab\\[1m\tcd");
  EXPECT_EQ(Text(kTeams, value), "ab\\[1m\tcd");
}

TEST(MessageMarkupTest, AValueCannotLeaveTheDestinationOfALink) {
  EXPECT_EQ(Link(kSlack, "https://a.example/?a=1&b=2|x> <!channel>"),
            "https://a.example/?a=1&amp;b=2%7Cx%3E%20%3C!channel%3E");
  EXPECT_EQ(Link(kDiscord, "https://a.example/a_b) @everyone (\n"),
            "https://a.example/a_b%29%20@everyone%20%28%0A");
  EXPECT_EQ(Link(kTeams, "https://a.example/a_b) [x](y"),
            "https://a.example/a%5Fb%29%20%5Bx%5D%28y");
  EXPECT_EQ(Link(kTeams, "https://a.example/?q=%20&ö"), "https://a.example/?q=%20&ö");
}

TEST(PlaceBehindTest, ALinkLastsUntilItsEnd) {
  EXPECT_EQ(PlaceBehind(kSlack, ""), Place::kText);
  EXPECT_EQ(PlaceBehind(kSlack, "see <"), Place::kLink);
  EXPECT_EQ(PlaceBehind(kSlack, "see <https://a.example/t/"), Place::kLink);
  EXPECT_EQ(PlaceBehind(kSlack, "see <https://a.example/|"), Place::kText);
  EXPECT_EQ(PlaceBehind(kSlack, "see <https://a.example/> "), Place::kText);
  EXPECT_EQ(PlaceBehind(kSlack, "a < b: "), Place::kText);
  EXPECT_EQ(PlaceBehind(kSlack, "[a]("), Place::kText);
  for (const WebhookType type : {kTeams, kDiscord}) {
    EXPECT_EQ(PlaceBehind(type, "["), Place::kText);
    EXPECT_EQ(PlaceBehind(type, "[a]("), Place::kLink);
    EXPECT_EQ(PlaceBehind(type, "[a](https://a.example/"), Place::kLink);
    EXPECT_EQ(PlaceBehind(type, "[a](https://a.example/) "), Place::kText);
    EXPECT_EQ(PlaceBehind(type, "[a](https://a.example/ \""), Place::kText);
    EXPECT_EQ(PlaceBehind(type, "[a](b) [c]("), Place::kLink);
  }
}

TEST(CostOfTest, CountsInTheProductsUnit) {
  EXPECT_EQ(CostOf(kSlack, "aë€😀"), 5u);
  EXPECT_EQ(CostOf(kDiscord, "aë€😀"), 5u);
  EXPECT_EQ(CostOf(kTeams, "aë€😀"), 10u);
  EXPECT_EQ(CostOf(kTeams, "\"\\\n\x01"), 2u + 2u + 2u + 6u);
}

TEST(AppendValueTest, CutsBetweenCharactersWithAnEllipsis) {
  EXPECT_EQ(Text(kSlack, "abcdef", 6), "abcdef");
  EXPECT_EQ(Text(kSlack, "abcdefg", 6), "abcde…");
  EXPECT_EQ(Text(kSlack, "abcdefg", 1), "…");
  EXPECT_EQ(Text(kSlack, "ab😀😀", 5), "ab😀…");
  EXPECT_EQ(Text(kSlack, "ab😀😀", 4), "ab…");
  EXPECT_EQ(Text(kSlack, "a👩‍👩‍👧", 8), "a…");
  EXPECT_EQ(Text(kTeams, "abcdefg", 6), "abc…");
}

TEST(AppendValueTest, NeverCutsAnEscape) {
  EXPECT_EQ(Text(kSlack, "a<<", 6), "a&lt;…");
  EXPECT_EQ(Text(kSlack, "a<<", 5), "a…");
  EXPECT_EQ(Text(kDiscord, "***", 4), "\\*…");
  EXPECT_EQ(Text(kTeams, "a](b", 8), "a…");
}

TEST(AppendValueTest, AppendsToWhatIsThere) {
  std::string out = "kept ";
  AppendValue(kSlack, Place::kText, {"abc", true}, 2, &out);
  EXPECT_EQ(out, "kept a…");
}

TEST(AppendValueTest, ABeginningEndsInAnEllipsisAlsoWhereItFits) {
  std::string out;
  AppendValue(kSlack, Place::kText, {"abc", false}, 10, &out);
  EXPECT_EQ(out, "abc…");
  out.clear();
  AppendValue(kSlack, Place::kText, {"abc", false}, 3, &out);
  EXPECT_EQ(out, "ab…");
}

TEST(ValueCostTest, IsWhatWouldBeAppended) {
  EXPECT_EQ(ValueCost(kSlack, Place::kText, {"a<b", true}, kPlenty), 6u);
  EXPECT_EQ(ValueCost(kTeams, Place::kText, {"a*", true}, kPlenty), 1u + 3u);
  EXPECT_EQ(ValueCost(kSlack, Place::kText, {"a", false}, kPlenty), 2u);
  EXPECT_GT(ValueCost(kSlack, Place::kText, {std::string(1'000, 'a'), true}, 10), 10u);
}

}  // namespace
}  // namespace windrow::domain
