#include "workers/delivery/verdict.h"

#include <gtest/gtest.h>

#include "tests/unit/delivery/delivery_fixture.h"

namespace windrow::delivery {
namespace {

using store::AttemptError;
using store::DeliveryState;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

store::Outcome OutcomeWithBody() {
  store::Outcome outcome;
  outcome.request_headers = "content-type: application/json\r\n";
  outcome.request_body = R"({"id":1})";
  return outcome;
}

store::Outcome OutcomeOf(http::Response response, int attempt = 1) {
  store::Outcome outcome = OutcomeWithBody();
  Finish({}, {.attempt = attempt, .now = kNow, .random = 0.5}, std::move(response),
         &outcome);
  return outcome;
}

TEST(VerdictTest, EveryStatusFrom200To299Succeeds) {
  for (const int status : {200, 201, 204, 299}) {
    const store::Outcome outcome = OutcomeOf(Answer(status));
    EXPECT_EQ(outcome.state, DeliveryState::kSucceeded) << status;
    EXPECT_EQ(outcome.attempt->error, AttemptError::kNone);
    EXPECT_EQ(outcome.attempt->error_detail, "");
    EXPECT_EQ(outcome.reason, "");
  }
}

TEST(VerdictTest, KeepsWhatTheEndpointAnswered) {
  const store::Outcome outcome = OutcomeOf(Answer(200, absl::Milliseconds(120)), 3);
  EXPECT_EQ(outcome.attempt->attempt, 3);
  EXPECT_EQ(outcome.attempt->status_code, 200);
  EXPECT_EQ(outcome.attempt->duration, absl::Milliseconds(120));
  EXPECT_EQ(outcome.attempt->remote_address, "203.0.113.7:443");
  EXPECT_EQ(outcome.attempt->request_bytes, 8);
  EXPECT_EQ(outcome.attempt->response_bytes, 6);
  EXPECT_EQ(outcome.attempt->response_headers, "content-type: text/plain\r\n");
  EXPECT_EQ(outcome.attempt->response_body, "thanks");
  EXPECT_EQ(outcome.request_body, R"({"id":1})");
}

TEST(VerdictTest, OtherStatusesAreTriedAgainBySchedule) {
  const store::Outcome outcome = OutcomeOf(Answer(503));
  EXPECT_EQ(outcome.state, DeliveryState::kRetrying);
  EXPECT_EQ(outcome.retry_after, absl::Seconds(5));
  EXPECT_EQ(outcome.attempt->error, AttemptError::kHttp);
  EXPECT_EQ(outcome.attempt->error_detail, "the endpoint answered 503");
}

TEST(VerdictTest, SaysThatRedirectsAreNotFollowed) {
  for (const int status : {301, 302, 307, 308}) {
    EXPECT_EQ(OutcomeOf(Answer(status)).attempt->error_detail,
              "the endpoint answered " + std::to_string(status) +
                  "; redirects are not followed");
  }
  EXPECT_EQ(OutcomeOf(Answer(304)).attempt->error_detail, "the endpoint answered 304");
}

TEST(VerdictTest, ObeysRetryAfter) {
  http::Response response = Answer(429);
  response.retry_after = "120";
  EXPECT_EQ(OutcomeOf(response).retry_after, absl::Seconds(120));
}

TEST(VerdictTest, GoneFailsAtOnce) {
  const store::Outcome outcome = OutcomeOf(Answer(410));
  EXPECT_EQ(outcome.state, DeliveryState::kFailed);
  EXPECT_EQ(outcome.reason, "the endpoint answered 410 (gone)");
  EXPECT_EQ(outcome.attempt->error, AttemptError::kHttp);
}

TEST(VerdictTest, TheLastAttemptOfTheScheduleFails) {
  EXPECT_EQ(OutcomeOf(Answer(500), 9).state, DeliveryState::kRetrying);
  const store::Outcome outcome = OutcomeOf(Answer(500), 10);
  EXPECT_EQ(outcome.state, DeliveryState::kFailed);
  EXPECT_EQ(outcome.reason, "attempt 10 was the last of the schedule");
}

TEST(VerdictTest, ErrorsOfTheSenderKeepTheirKindAndAreTriedAgain) {
  const std::pair<http::ErrorKind, AttemptError> kinds[] = {
      {http::ErrorKind::kDns, AttemptError::kDns},
      {http::ErrorKind::kRefusedAddress, AttemptError::kRefusedAddress},
      {http::ErrorKind::kConnect, AttemptError::kConnect},
      {http::ErrorKind::kTls, AttemptError::kTls},
      {http::ErrorKind::kTimeout, AttemptError::kTimeout},
      {http::ErrorKind::kReset, AttemptError::kReset},
      {http::ErrorKind::kTooLarge, AttemptError::kTooLarge},
      {http::ErrorKind::kProtocol, AttemptError::kProtocol},
      {http::ErrorKind::kInternal, AttemptError::kInternal},
      {http::ErrorKind::kToken, AttemptError::kToken}};
  for (const auto& [kind, error] : kinds) {
    const store::Outcome outcome = OutcomeOf(Failure(kind, "why"));
    EXPECT_EQ(outcome.state, DeliveryState::kRetrying);
    EXPECT_EQ(outcome.attempt->error, error);
    EXPECT_EQ(outcome.attempt->error_detail, "why");
    EXPECT_EQ(outcome.attempt->status_code, 0);
  }
}

TEST(VerdictTest, ALateStatusIsNoSuccess) {
  http::Response response = Failure(http::ErrorKind::kTimeout);
  response.status = 200;
  EXPECT_EQ(OutcomeOf(response).state, DeliveryState::kRetrying);
}

TEST(VerdictTest, LightweightLogsKeepSizesOnly) {
  store::Outcome outcome = OutcomeWithBody();
  outcome.keep_bodies = false;
  Finish({}, {.now = kNow}, Answer(200), &outcome);
  EXPECT_EQ(outcome.request_headers, "");
  EXPECT_EQ(outcome.request_body, "");
  EXPECT_EQ(outcome.attempt->response_headers, "");
  EXPECT_EQ(outcome.attempt->response_body, "");
  EXPECT_EQ(outcome.attempt->request_bytes, 8);
  EXPECT_EQ(outcome.attempt->response_bytes, 6);
}

TEST(VerdictTest, WhatCannotBeSentIsTriedAgainAndSaysWhyInTheEnd) {
  store::Outcome outcome;
  FinishUnsendable({}, {.attempt = 1, .now = kNow, .random = 0.5}, "no key 7", &outcome);
  EXPECT_EQ(outcome.state, DeliveryState::kRetrying);
  EXPECT_EQ(outcome.retry_after, absl::Seconds(5));
  EXPECT_EQ(outcome.attempt->error, AttemptError::kInternal);
  EXPECT_EQ(outcome.attempt->error_detail, "no key 7");

  FinishUnsendable({}, {.attempt = 10, .now = kNow, .random = 0.5}, "no key 7", &outcome);
  EXPECT_EQ(outcome.state, DeliveryState::kFailed);
  EXPECT_EQ(outcome.reason, "no key 7");
}

TEST(VerdictTest, PoisonFailsWithoutARequest) {
  store::Outcome outcome;
  FinishAsPoison({.attempt = 2, .now = kNow}, 5, &outcome);
  EXPECT_EQ(outcome.state, DeliveryState::kFailed);
  EXPECT_EQ(outcome.attempt->error, AttemptError::kPoison);
  EXPECT_EQ(outcome.attempt->attempt, 2);
  EXPECT_EQ(outcome.attempt->request_bytes, 0);
  EXPECT_EQ(outcome.reason,
            "5 leases in a row ended without an outcome: it may have ended the workers "
            "that took it");
}

}  // namespace
}  // namespace windrow::delivery
