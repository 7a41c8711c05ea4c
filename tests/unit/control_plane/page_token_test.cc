#include "services/control_plane/page_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

const Uuid kId = Uuid::Parse("0192f0c4-0000-7000-8000-0000000000ff").value();

std::string RuleOf(const absl::Status& status, const std::string& field) {
  const std::vector<Violation> violations = ViolationsOf(status);
  if (violations.size() != 1 || violations[0].field != field) return "";
  return violations[0].rule;
}

TEST(PageTokenTest, LeadsBackToItsPosition) {
  const PageTokens tokens({"deliveries", "newest", "state = FAILED"});
  EXPECT_EQ(tokens.ReadUuid(tokens.Make(kId)).value(), kId);
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{9'007'199'254'740'993},
        std::int64_t{9'223'372'036'854'775'807}}) {
    EXPECT_EQ(tokens.ReadNumber(tokens.Make(number)).value(), number);
  }
}

TEST(PageTokenTest, ATextIsAPositionToo) {
  const PageTokens tokens({"event_types"});
  for (const std::string& text : {std::string(), std::string("ticket.created"),
                                  std::string("say \"hi\"\n🎉"), std::string(512, 'x')}) {
    EXPECT_EQ(tokens.ReadText(tokens.MakeText(text), 512).value(), text);
  }
  for (const std::string& bad : {std::string(513, 'x'), std::string("a\0b", 3),
                                 std::string("\xff"), std::string("\xc3")}) {
    EXPECT_THAT(RuleOf(tokens.ReadText(tokens.MakeText(bad), 512).status(), "page_token"),
                HasSubstr("is not a token"));
  }
  EXPECT_THAT(RuleOf(tokens.ReadText(PageTokens({"events"}).MakeText("a"), 512).status(),
                     "page_token"),
              HasSubstr("belongs to another list"));
}

TEST(PageTokenTest, AnEventsPlaceIsItsTimeAndNumber) {
  const PageTokens tokens({"events", "type = a"});
  for (const std::int64_t micros : {0l, 1'800'000'000'123'456l}) {
    const store::EventPosition place{absl::FromUnixMicros(micros), 9'007'199'254'740'993};
    EXPECT_EQ(tokens.ReadEvent(tokens.Make(place)).value(), place);
  }
  // Beyond every time that the API knows, and the database too.
  for (const absl::Time at : {absl::FromUnixMicros(INT64_MAX), absl::FromUnixMicros(-1),
                              absl::FromUnixSeconds(253'402'300'800)}) {
    EXPECT_FALSE(tokens.ReadEvent(tokens.Make(store::EventPosition{at, 1})).ok());
  }
  EXPECT_FALSE(tokens.ReadEvent(tokens.Make(std::int64_t{7})).ok());
}

TEST(PageTokenTest, CanStandInAUrl) {
  EXPECT_THAT(PageTokens({"events"}).Make(kId), MatchesRegex("[A-Za-z0-9_-]+"));
}

TEST(PageTokenTest, OfAnotherQuestionIsRefused) {
  const std::string token =
      PageTokens({"deliveries", "newest", "state = FAILED"}).Make(kId);
  const PageTokens others[] = {
      PageTokens({"deliveries", "newest", "state = OPEN"}),
      PageTokens({"deliveries", "oldest", "state = FAILED"}),
      PageTokens({"attempts", "newest", "state = FAILED"}),
      PageTokens({"deliveries", "neweststate = FAILED"}),  // no part runs into the next
      PageTokens({"deliveriesnewest", "", "state = FAILED"}),
      PageTokens({"deliveries", "newest", "state = FAILED", ""})};
  for (const PageTokens& tokens : others) {
    const absl::Status status = tokens.ReadUuid(token).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(RuleOf(status, "page_token"), HasSubstr("belongs to another list"));
  }
}

TEST(PageTokenTest, WhatIsNoTokenIsRefused) {
  const PageTokens tokens({"deliveries"});
  const std::string good = tokens.Make(kId);
  for (const std::string& bad :
       {std::string("x"), std::string("not a token"), std::string(1, '\0'), good + "AA",
        good.substr(0, good.size() - 2), good.substr(4), "!" + good.substr(1),
        std::string(1 << 20, 'A'), std::string("\xff\xfe")}) {
    const absl::Status status = tokens.ReadUuid(bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.substr(0, 50);
    EXPECT_THAT(RuleOf(status, "page_token"), HasSubstr("is not a token"));
  }
}

TEST(PageTokenTest, ATamperedQuestionIsRefused) {
  const PageTokens tokens({"deliveries"});
  for (std::size_t i = 0; i < 10; ++i) {
    std::string token = tokens.Make(kId);
    token[i] = token[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.ReadUuid(token).ok()) << i;
  }
}

TEST(PageTokenTest, OfAnotherKindIsRefused) {
  const PageTokens tokens({"deliveries"});
  EXPECT_FALSE(tokens.ReadNumber(tokens.Make(kId)).ok());
  EXPECT_FALSE(tokens.ReadUuid(tokens.Make(std::int64_t{7})).ok());
}

TEST(PageTokenTest, ANegativeNumberWasMadeUp) {
  const PageTokens tokens({"events"});
  EXPECT_FALSE(tokens.ReadNumber(tokens.Make(std::int64_t{-1})).ok());
}

TEST(PageSizeTest, HasADefaultAndALimit) {
  EXPECT_EQ(PageSize(0).value(), 50);
  EXPECT_EQ(PageSize(1).value(), 1);
  EXPECT_EQ(PageSize(1'000).value(), 1'000);
  EXPECT_EQ(PageSize(1'001).value(), 1'000);
  EXPECT_EQ(PageSize(2'147'483'647, 100).value(), 100);
  EXPECT_EQ(PageSize(0, 10).value(), 10);
  const absl::Status negative = PageSize(-1).status();
  EXPECT_EQ(negative.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(RuleOf(negative, "page_size"), HasSubstr("negative"));
}

}  // namespace
}  // namespace windrow::control_plane
