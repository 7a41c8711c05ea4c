#include "common/http/response_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace windrow::http {
namespace {

using Step = ResponseHead::Step;

ResponseHead HeadOf(std::initializer_list<std::string_view> lines,
                    std::size_t max_bytes = 1'000) {
  ResponseHead head;
  head.Begin(max_bytes);
  for (const std::string_view line : lines) head.Add(line);
  return head;
}

TEST(ResponseHeadTest, TakesTheFinalResponseAndNoInterimOne) {
  const ResponseHead head = HeadOf(
      {"HTTP/1.1 103 Early Hints\r\n", "Link: x\r\n", "Retry-After: 9\r\n", "\r\n",
       "HTTP/1.1 503 Busy\r\n", "RETRY-AFTER: \t120 \r\n", "retry-after: 7\r\n", "\r\n"});
  EXPECT_TRUE(head.complete());
  EXPECT_EQ(head.status(), 503);
  EXPECT_EQ(head.headers(), "RETRY-AFTER: \t120 \r\nretry-after: 7\r\n");
  EXPECT_EQ(head.retry_after(), "120");
}

TEST(ResponseHeadTest, SwitchingProtocolsIsFinal) {
  EXPECT_TRUE(HeadOf({"HTTP/1.1 101 Switching\r\n", "\r\n"}).complete());
}

TEST(ResponseHeadTest, ATrailerChangesNothing) {
  const ResponseHead head =
      HeadOf({"HTTP/1.1 200 OK\r\n", "\r\n", "A: b\r\n", "HTTP/1.1 500 x\r\n", "\r\n"});
  EXPECT_EQ(head.status(), 200);
  EXPECT_EQ(head.headers(), "");
}

TEST(ResponseHeadTest, AStatusIsThreeDigits) {
  const auto status = [](std::string_view line) { return HeadOf({line}).status(); };
  EXPECT_EQ(status("HTTP/1.1 204"), 204);
  EXPECT_EQ(status("HTTP/2 204 "), 204);
  for (const char* bad : {"", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000",
                          "HTTP/1.1 -20 x", "HTTP/1.1 2x4", "HTTP/1.1 99999999999"}) {
    EXPECT_EQ(status(bad), 0) << bad;
  }
  // A second line is never taken for the status, also where the first had none.
  EXPECT_EQ(HeadOf({"nonsense\r\n", "HTTP/1.1 200 OK\r\n"}).status(), 0);
}

TEST(ResponseHeadTest, LimitsCountEveryLineThatCame) {
  ResponseHead head;
  head.Begin(30);
  EXPECT_EQ(head.Add("HTTP/1.1 100 x\r\n"), Step::kMore);
  EXPECT_EQ(head.Add("A: 12345678\r\n"), Step::kMore);
  EXPECT_EQ(head.Add("\r\n"), Step::kTooLarge);

  head.Begin(1 << 20);
  head.Add("HTTP/1.1 200 OK\r\n");
  for (std::size_t i = 1; i < ResponseHead::kMaxLines; ++i) {
    ASSERT_EQ(head.Add("a\r\n"), Step::kMore) << i;
  }
  EXPECT_EQ(head.Add("a\r\n"), Step::kTooLarge);

  head.Begin(100);
  EXPECT_EQ(head.status(), 0);
  EXPECT_EQ(head.headers(), "");
}

}  // namespace
}  // namespace windrow::http
