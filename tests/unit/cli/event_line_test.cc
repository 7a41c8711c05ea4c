#include "cli/event_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "common/base/status.h"

namespace windrow::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::string ErrorOf(const std::string& line) {
  const auto event = ParseEventLine(line);
  return event.ok() ? "" : std::string(event.status().message());
}

TEST(ParseEventLineTest, TakesEveryKey) {
  const auto event = ParseEventLine(
      R"({"type":"ticket.created","object_type":"ticket","object_id":"42",)"
      R"("object":{"id":42},"previous":{"id":41},"action":{"outcome":"x"},)"
      R"("linked_objects":{"customer":{"id":7},"site":{"id":8}},"message":"m\n",)"
      R"("agent_id":"a","occur_time":"2026-11-25T10:00:00.5Z","event_id":"e-1"})");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->type(), "ticket.created");
  EXPECT_EQ(event->object_type(), "ticket");
  EXPECT_EQ(event->object_id(), "42");
  EXPECT_EQ(event->object(), R"({"id":42})");
  EXPECT_EQ(event->previous(), R"({"id":41})");
  EXPECT_EQ(event->action(), R"({"outcome":"x"})");
  ASSERT_EQ(event->linked_objects_size(), 2);
  EXPECT_EQ(event->linked_objects(0).name(), "customer");
  EXPECT_EQ(event->linked_objects(1).object(), R"({"id":8})");
  EXPECT_EQ(event->message(), "m\n");
  EXPECT_EQ(event->agent_id(), "a");
  EXPECT_EQ(event->event_id(), "e-1");
  EXPECT_EQ(event->occur_time().seconds(), 1795600800);
  EXPECT_EQ(event->occur_time().nanos(), 500000000);
}

TEST(ParseEventLineTest, KeepsTheObjectsBytes) {
  const std::string object =
      R"({ "n":9007199254740993, "d":1.10,"e":1e400 , "s":"\u0000\ud83d\ude00/\/" })";
  const auto event = ParseEventLine(R"({"type":"t","object": )" + object + " }");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->object(), object);
}

TEST(ParseEventLineTest, TakesNullAsAbsentAndIgnoresWhatTheServerSets) {
  const auto event = ParseEventLine(
      R"({"type":"t","previous":null,"escmsg_id":7,"receive_time":"2026-01-01T00:00:00Z"})");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->previous(), "");
  EXPECT_EQ(event->escmsg_id(), 0);
}

TEST(ParseEventLineTest, NamesEveryKeyThatIsWrong) {
  const auto event =
      ParseEventLine(R"({"type":1,"object":[1],"objekt_id":"4","linked_objects":{"a":2},)"
                     R"("occur_time":"yesterday"})");
  ASSERT_FALSE(event.ok());
  EXPECT_THAT(
      ViolationsOf(event.status()),
      UnorderedElementsAre(
          Violation{"type", "must be a string"},
          Violation{"object", "must be a JSON object"},
          Violation{"objekt_id", "is not a key of an event (did you mean object_id?)"},
          Violation{"linked_objects.a", "must be a JSON object"},
          Violation{"occur_time",
                    "must be an RFC 3339 time such as \"2026-11-25T10:00:00Z\""}));
}

TEST(ParseEventLineTest, SaysWhereBrokenJsonBreaks) {
  EXPECT_THAT(ErrorOf(R"({"type":"t",})"), HasSubstr("byte 11: no comma"));
  EXPECT_NE(ErrorOf("[1]"), "");
  EXPECT_NE(ErrorOf("not json"), "");
  EXPECT_NE(ErrorOf("\xff{}"), "");
  EXPECT_THAT(ErrorOf(R"({"object":{"a":1,"a":2}})"), HasSubstr("a"));
}

TEST(ParseEventLineTest, ADeepObjectOfTheAllowedDepthPasses) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 1; i < depth; ++i) text += R"({"a":)";
    return text + "{}" + std::string(static_cast<std::size_t>(depth - 1), '}');
  };
  EXPECT_EQ(ErrorOf(R"({"linked_objects":{"x":)" + nested(128) + "}}"), "");
  EXPECT_NE(ErrorOf(R"({"object":)" + nested(100'000) + "}"), "");
}

std::vector<std::pair<std::int64_t, std::string>> LinesOf(const std::string& text) {
  std::istringstream in(text);
  LineReader reader(in);
  std::vector<std::pair<std::int64_t, std::string>> lines;
  while (auto line = reader.Next()) {
    lines.emplace_back(line->number, line->too_long ? "TOO LONG" : line->text);
  }
  return lines;
}

TEST(LineReaderTest, CountsEveryLineAndSkipsBlankOnes) {
  using Lines = std::vector<std::pair<std::int64_t, std::string>>;
  EXPECT_EQ(LinesOf("a\n\n  \t\r\nb\nc"), (Lines{{1, "a"}, {4, "b"}, {5, "c"}}));
  EXPECT_EQ(LinesOf(""), Lines{});
  EXPECT_EQ(LinesOf("\n\n"), Lines{});
}

TEST(LineReaderTest, ALineOverTheLimitIsAnErrorAndTheNextOneIsFine) {
  const auto lines =
      LinesOf(std::string(LineReader::kMaxLineBytes + 10, 'x') + "\nnext\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].second, "TOO LONG");
  EXPECT_EQ(lines[1], std::make_pair(std::int64_t{2}, std::string("next")));
}

}  // namespace
}  // namespace windrow::cli
