#include "common/http/client_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/sender.h"

namespace windrow::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ClientCredentials Credentials() {
  return {.owner = "w",
          .token_url = "https://id.example/token",
          .client_id = "windrow id:1",
          .client_secret = "s&cret+ü"};
}

TEST(TokenRequestTest, IdAndSecretStandInTheHeaderFormEncoded) {
  const Request request = TokenRequest(Credentials(), absl::Seconds(7));
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://id.example/token");
  EXPECT_EQ(request.timeout, absl::Seconds(7));
  EXPECT_THAT(request.headers,
              ElementsAre("content-type: application/x-www-form-urlencoded",
                          "accept: application/json"));
  EXPECT_EQ(*request.body, "grant_type=client_credentials");
  // RFC 6749, 2.3.1: encoded before they are joined, so that a colon separates.
  EXPECT_TRUE(request.has_auth);
  EXPECT_EQ(request.user, "windrow+id%3A1");
  EXPECT_EQ(request.password, "s%26cret%2B%C3%BC");
}

TEST(TokenRequestTest, OrInTheBody) {
  ClientCredentials credentials = Credentials();
  credentials.secret_in_body = true;
  credentials.scope = "hooks.send hooks:x";
  credentials.audience = "https://api.example/";
  const Request request = TokenRequest(credentials, absl::Seconds(7));
  EXPECT_FALSE(request.has_auth);
  EXPECT_EQ(*request.body,
            "grant_type=client_credentials&scope=hooks.send+hooks%3Ax"
            "&audience=https%3A%2F%2Fapi.example%2F&client_id=windrow+id%3A1"
            "&client_secret=s%26cret%2B%C3%BC");
}

Response Answer(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  response.body_bytes = static_cast<std::int64_t>(response.body.size());
  return response;
}

absl::Duration LifeIn(const std::string& expires_in) {
  const auto token = ReadToken(Answer(
      R"({"access_token":"t","token_type":"Bearer","expires_in":)" + expires_in + "}"));
  EXPECT_TRUE(token.ok()) << token.status();
  return token.ok() ? token->lasts : absl::InfiniteDuration();
}

std::string RefusalOf(const Response& response) {
  const auto token = ReadToken(response);
  EXPECT_EQ(token.status().code(), absl::StatusCode::kUnavailable);
  return std::string(token.status().message());
}

TEST(ReadTokenTest, TakesTheTokenAndItsLife) {
  const auto token = ReadToken(Answer(
      R"({"access_token":"ab.c-_~+/=","token_type":"bearer","expires_in":3600,"x":1})"));
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->value, "ab.c-_~+/=");
  EXPECT_EQ(token->lasts, absl::Hours(1));
}

TEST(ReadTokenTest, ALifeIsANumberOfSecondsOrAGuess) {
  EXPECT_EQ(LifeIn("60"), absl::Seconds(60));
  EXPECT_EQ(LifeIn("\"60\""), absl::Seconds(60));
  EXPECT_EQ(LifeIn("60.5"), absl::Seconds(60));
  EXPECT_EQ(LifeIn("0"), absl::ZeroDuration());
  EXPECT_EQ(LifeIn("-5"), absl::ZeroDuration());
  EXPECT_EQ(LifeIn("null"), absl::Minutes(10));
  EXPECT_EQ(LifeIn("99999999"), absl::Hours(24));
  EXPECT_EQ(LifeIn("99999999999999999999999"), absl::Hours(24));
  EXPECT_EQ(ReadToken(Answer(R"({"access_token":"t"})"))->lasts, absl::Minutes(10));
  EXPECT_THAT(RefusalOf(Answer(R"({"access_token":"t","expires_in":"soon"})")),
              HasSubstr("expires_in"));
  EXPECT_THAT(RefusalOf(Answer(R"({"access_token":"t","expires_in":[]})")),
              HasSubstr("expires_in"));
}

TEST(ReadTokenTest, ARefusalHasItsStatusAndKnownCode) {
  EXPECT_EQ(RefusalOf(Answer(R"({"error":"invalid_client"})", 401)),
            "no access token: the token server answered 401: invalid_client");
  EXPECT_EQ(RefusalOf(Answer("<html>", 503)),
            "no access token: the token server answered 503");
  EXPECT_EQ(RefusalOf(Answer("", 302)),
            "no access token: the token server answered 302; redirects are not followed");
}

TEST(ReadTokenTest, NothingElseOfTheAnswerIsShown) {
  const std::string hostile =
      R"({"error":"hunter2","error_description":"hunter2","access_token":"hunter2 "})";
  EXPECT_THAT(RefusalOf(Answer(hostile, 400)), Not(HasSubstr("hunter2")));
  EXPECT_THAT(RefusalOf(Answer(hostile, 200)), Not(HasSubstr("hunter2")));
  EXPECT_THAT(RefusalOf(Answer("hunter2", 200)), Not(HasSubstr("hunter2")));
}

TEST(ReadTokenTest, WhatIsNoBearerTokenIsRefused) {
  for (const char* body :
       {"", "[]", "{", "null", "{}", R"({"access_token":1})", R"({"access_token":""})",
        R"({"access_token":"a b"})", R"({"access_token":"a\r\nx-evil: 1"})",
        R"({"access_token":"\u00fc"})", R"({"access_token":"a\u0000"})",
        R"({"access_token":"t","token_type":"mac"})",
        R"({"access_token":"t","token_type":7})"}) {
    EXPECT_THAT(RefusalOf(Answer(body)), StartsWith("no access token: the token server"))
        << body;
  }
  EXPECT_TRUE(
      ReadToken(Answer("{\"access_token\":\"" + std::string(8'192, 'a') + "\"}")).ok());
  EXPECT_THAT(RefusalOf(Answer("{\"access_token\":\"" + std::string(8'193, 'a') + "\"}")),
              HasSubstr("8193 bytes"));
}

TEST(ReadTokenTest, AnAnswerThatWasCutIsRefused) {
  Response response = Answer(R"({"access_token":"t"})");
  response.body_bytes = 1'000'000;
  EXPECT_THAT(RefusalOf(response), HasSubstr("more than 20 bytes"));
}

TEST(ReadTokenTest, AServerThatCannotBeAskedIsNamedByItsError) {
  Response response;
  response.error = ErrorKind::kRefusedAddress;
  response.error_detail = "127.0.0.1 is loopback";
  EXPECT_EQ(RefusalOf(response),
            "no access token: the token server could not be asked: refused address: "
            "127.0.0.1 is loopback");
}

}  // namespace
}  // namespace windrow::http
