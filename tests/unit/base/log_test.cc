#include "common/base/log.h"

#include <absl/status/status.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <thread>
#include <vector>

namespace windrow {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class LogTest : public ::testing::Test {
 protected:
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }

  // What follows the time in the line that these arguments write.
  static std::string LineAfterTime(LogLevel level, std::string_view event,
                                   std::initializer_list<LogField> fields = {}) {
    ::testing::internal::CaptureStderr();
    Log(level, event, fields);
    const std::string line = ::testing::internal::GetCapturedStderr();
    const std::size_t start = line.find(R"("level")");
    return start == std::string::npos ? line : line.substr(start);
  }
};

TEST_F(LogTest, WritesOneJsonLineWithTimeLevelAndEvent) {
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kWarn, "claim_failed");
  EXPECT_THAT(
      ::testing::internal::GetCapturedStderr(),
      MatchesRegex("\\{\"time\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z\","
                   "\"level\":\"warn\",\"event\":\"claim_failed\"\\}\n"));
}

TEST_F(LogTest, FieldsKeepTheirTypesAndOrder) {
  const absl::Status status = absl::AbortedError("etag");
  EXPECT_EQ(LineAfterTime(LogLevel::kInfo, "e",
                          {{"text", "a"},
                           {"string", std::string("b")},
                           {"message", status.message()},
                           {"int", -7},
                           {"id", std::int64_t{9007199254740993}},
                           {"long_long", 9007199254740993LL},
                           {"small", std::uint16_t{3}},
                           {"size", std::size_t{8}},
                           {"share", 0.5},
                           {"yes", true}}),
            R"("level":"info","event":"e","text":"a","string":"b","message":"etag",)"
            R"("int":-7,"id":9007199254740993,"long_long":9007199254740993,"small":3,)"
            R"("size":8,"share":0.5,"yes":true})"
            "\n");
}

TEST_F(LogTest, NumbersThatJsonDoesNotHaveAreNull) {
  EXPECT_EQ(LineAfterTime(LogLevel::kInfo, "e",
                          {{"a", std::numeric_limits<double>::quiet_NaN()},
                           {"b", std::numeric_limits<double>::infinity()}}),
            "\"level\":\"info\",\"event\":\"e\",\"a\":null,\"b\":null}\n");
}

TEST_F(LogTest, TextCannotBreakOutOfItsLineOrItsString) {
  EXPECT_EQ(LineAfterTime(LogLevel::kInfo, "e\n",
                          {{"k\"", std::string_view("a\0\r\n\"\\\x1b[31m\x7f", 12)}}),
            R"("level":"info","event":"e\u000a",)"
            R"("k\"":"a\u0000\u000d\u000a\"\\\u001b[31m\u007f"})"
            "\n");
}

TEST_F(LogTest, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  EXPECT_EQ(LineAfterTime(LogLevel::kInfo, "e",
                          {{"a", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
                           {"b", "x\xff\xc0\xafy"},
                           {"c", "\xed\xa0\x80"},
                           {"d", "\xf4\x90\x80\x80"},
                           {"e", "\xe2\x82"}}),
            "\"level\":\"info\",\"event\":\"e\",\"a\":\"é€😀\",\"b\":\"x���y\","
            "\"c\":\"���\",\"d\":\"����\",\"e\":\"��\"}\n");
}

TEST_F(LogTest, NothingBelowTheLevelIsWritten) {
  EXPECT_EQ(LineAfterTime(LogLevel::kDebug, "e"), "");
  SetLogLevel(LogLevel::kError);
  EXPECT_EQ(LineAfterTime(LogLevel::kWarn, "e"), "");
  EXPECT_THAT(LineAfterTime(LogLevel::kError, "e"), StartsWith(R"("level":"error")"));
  SetLogLevel(LogLevel::kDebug);
  EXPECT_THAT(LineAfterTime(LogLevel::kDebug, "e"), StartsWith(R"("level":"debug")"));
}

TEST_F(LogTest, LinesOfManyThreadsAreNotTorn) {
  const std::string text(3000, 'x');
  ::testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) Log(LogLevel::kInfo, "e", {{"text", text}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::istringstream lines(::testing::internal::GetCapturedStderr());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    ASSERT_THAT(
        line, AllOf(StartsWith(R"({"time":")"), EndsWith("\"text\":\"" + text + "\"}")));
  }
  EXPECT_EQ(count, 200);
}

TEST(ParseLogLevelTest, AcceptsTheFourNamesOnly) {
  LogLevel level = LogLevel::kInfo;
  EXPECT_TRUE(ParseLogLevel("debug", &level));
  EXPECT_EQ(level, LogLevel::kDebug);
  EXPECT_TRUE(ParseLogLevel("info", &level));
  EXPECT_EQ(level, LogLevel::kInfo);
  EXPECT_TRUE(ParseLogLevel("warn", &level));
  EXPECT_EQ(level, LogLevel::kWarn);
  EXPECT_TRUE(ParseLogLevel("error", &level));
  EXPECT_EQ(level, LogLevel::kError);
  for (const std::string_view text : {"", "INFO", "warning", "debug "}) {
    EXPECT_FALSE(ParseLogLevel(text, &level)) << text;
    EXPECT_EQ(level, LogLevel::kError);
  }
}

}  // namespace
}  // namespace windrow
