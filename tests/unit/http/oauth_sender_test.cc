// Access tokens over real connections: a token server, an endpoint, and the sender.
#include "common/http/oauth_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>

#include "tests/unit/http/sender_fixture.h"

namespace windrow::http {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using testing_support::OkResponse;
using testing_support::RawConnection;
using testing_support::RawReceiver;

std::string Json(std::string_view body, int status = 200) {
  return fmt::format(
      "HTTP/1.1 {} X\r\ncontent-type: application/json\r\n"
      "content-length: {}\r\n\r\n{}",
      status, body.size(), body);
}

std::string TokenAnswer(std::string_view token, int expires_in = 3'600) {
  return Json(
      fmt::format(R"({{"access_token":"{}","token_type":"Bearer","expires_in":{}}})",
                  token, expires_in));
}

// Gives the token "token-1", then "token-2", and so on.
class TokenServer {
 public:
  explicit TokenServer(int expires_in = 3'600)
      : receiver_([this, expires_in](RawConnection& peer) {
          while (peer.ReadRequest()) {
            Wait();
            const int number = ++given_;
            if (!peer.Send(TokenAnswer(fmt::format("token-{}", number), expires_in))) {
              return;
            }
          }
        }) {}
  ~TokenServer() { Release(); }

  std::string Url() const { return receiver_.Url("/token"); }
  int asked() const { return static_cast<int>(receiver_.requests().size()); }
  std::vector<std::string> requests() const { return receiver_.requests(); }
  bool WaitForRequests(int count) const {
    return receiver_.WaitForRequests(static_cast<std::size_t>(count));
  }

  // Answers nothing until Release.
  void Hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void Release() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }

 private:
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::atomic<int> given_{0};
  RawReceiver receiver_;
};

// Answers 200 to the tokens that it takes, 401 to all others.
class Endpoint {
 public:
  explicit Endpoint(std::vector<std::string> taken = {"token-1", "token-2"})
      : receiver_([taken = std::move(taken)](RawConnection& peer) {
          while (const auto request = peer.ReadRequest()) {
            const bool known = std::ranges::any_of(taken, [&](const std::string& token) {
              return request->find("authorization: Bearer " + token + "\r\n") !=
                     request->npos;
            });
            if (!peer.Send(known ? OkResponse("fine") : Json("{}", 401))) return;
          }
        }) {}

  std::string Url() const { return receiver_.Url("/hook"); }
  std::vector<std::string> requests() const { return receiver_.requests(); }

 private:
  RawReceiver receiver_;
};

class OAuthSenderTest : public SenderTest {
 protected:
  ~OAuthSenderTest() override {
    names_->Release();
    sender_.reset();  // before the clock
  }

  HttpSender& oauth() {
    if (!sender_) {
      options_.name_lookup = names_;
      sender_ = std::make_unique<OAuthSender>(MakeCurlSender(options_), &clock_);
    }
    return *sender_;
  }

  Request RequestFor(const std::string& url, const std::string& token_url,
                     const std::string& owner = "webhook") {
    Request request = PostTo(url, R"({"id":1})");
    request.oauth = std::make_shared<const ClientCredentials>(
        ClientCredentials{.owner = owner,
                          .token_url = token_url,
                          .client_id = "windrow",
                          .client_secret = "hunter2"});
    return request;
  }

  std::future<Response> StartOAuth(Request request) {
    oauth();
    return Start(std::move(request));
  }
  Response Get(Request request) {
    std::future<Response> future = StartOAuth(std::move(request));
    return Await(future);
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
};

TEST_F(OAuthSenderTest, ATokenIsFetchedAndSentAndKept) {
  TokenServer tokens;
  Endpoint endpoint;
  for (int i = 0; i < 3; ++i) {
    const Response response = Get(RequestFor(endpoint.Url(), tokens.Url()));
    EXPECT_EQ(response.status, 200) << response.error_detail;
    EXPECT_EQ(response.body, "fine");
  }
  EXPECT_EQ(tokens.asked(), 1);
  // printf 'windrow:hunter2' | base64
  EXPECT_THAT(tokens.requests().front(),
              AllOf(HasSubstr("POST /token HTTP/1.1"),
                    HasSubstr("Authorization: Basic d2luZHJvdzpodW50ZXIy\r\n"),
                    HasSubstr("content-type: application/x-www-form-urlencoded\r\n"),
                    HasSubstr("\r\n\r\ngrant_type=client_credentials")));
  EXPECT_THAT(endpoint.requests(), SizeIs(3));
  EXPECT_THAT(endpoint.requests(),
              Each(AllOf(HasSubstr("authorization: Bearer token-1\r\n"),
                         HasSubstr("\r\n\r\n{\"id\":1}"))));
}

TEST_F(OAuthSenderTest, RequestsWithoutCredentialsPassAsTheyAre) {
  RawReceiver plain(Answering(OkResponse()));
  oauth();
  EXPECT_EQ(Exchange(PostTo(plain.Url())).status, 200);
  EXPECT_THAT(plain.requests(), Each(Not(HasSubstr("uthorization"))));
}

TEST_F(OAuthSenderTest, OneTokenIsFetchedForAllThatWait) {
  TokenServer tokens;
  tokens.Hold();
  Endpoint endpoint;
  std::vector<std::future<Response>> responses;
  for (int i = 0; i < 20; ++i) {
    responses.push_back(StartOAuth(RequestFor(endpoint.Url(), tokens.Url())));
  }
  ASSERT_TRUE(tokens.WaitForRequests(1));
  EXPECT_EQ(oauth().in_flight(), 21u);  // twenty that wait, and the one for the token
  EXPECT_THAT(endpoint.requests(), SizeIs(0));
  tokens.Release();
  for (auto& response : responses) EXPECT_EQ(Await(response).status, 200);
  EXPECT_EQ(tokens.asked(), 1);
  EXPECT_EQ(oauth().in_flight(), 0u);
}

TEST_F(OAuthSenderTest, ATokenIsRenewedShortlyBeforeItExpires) {
  TokenServer tokens(/*expires_in=*/300);
  Endpoint endpoint;
  Get(RequestFor(endpoint.Url(), tokens.Url()));
  clock_.Advance(absl::Seconds(269));
  Get(RequestFor(endpoint.Url(), tokens.Url()));
  EXPECT_EQ(tokens.asked(), 1);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Get(RequestFor(endpoint.Url(), tokens.Url())).status, 200);
  EXPECT_EQ(tokens.asked(), 2);
  EXPECT_THAT(endpoint.requests().back(), HasSubstr("Bearer token-2\r\n"));
}

TEST_F(OAuthSenderTest, ATokenThatDoesNotLastIsUsedOnce) {
  TokenServer tokens(/*expires_in=*/0);
  Endpoint endpoint;
  EXPECT_EQ(Get(RequestFor(endpoint.Url(), tokens.Url())).status, 200);
  EXPECT_EQ(Get(RequestFor(endpoint.Url(), tokens.Url())).status, 200);
  EXPECT_EQ(tokens.asked(), 2);
}

TEST_F(OAuthSenderTest, AfterA401TheRequestIsSentOnceMoreWithANewToken) {
  TokenServer tokens;
  Endpoint endpoint({"token-2"});
  const Response response = Get(RequestFor(endpoint.Url(), tokens.Url()));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(tokens.asked(), 2);
  ASSERT_THAT(endpoint.requests(), SizeIs(2));
  EXPECT_THAT(endpoint.requests()[1],
              AllOf(HasSubstr("Bearer token-2\r\n"), HasSubstr("\r\n\r\n{\"id\":1}")));
  // The new one is kept.
  EXPECT_EQ(Get(RequestFor(endpoint.Url(), tokens.Url())).status, 200);
  EXPECT_EQ(tokens.asked(), 2);
}

TEST_F(OAuthSenderTest, ASecond401IsTheAnswer) {
  TokenServer tokens;
  Endpoint endpoint({"none"});
  const Response response = Get(RequestFor(endpoint.Url(), tokens.Url()));
  EXPECT_EQ(response.error, ErrorKind::kNone);
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(tokens.asked(), 2);
  EXPECT_THAT(endpoint.requests(), SizeIs(2));
}

TEST_F(OAuthSenderTest, ManyThatGetA401FetchOneTokenTogether) {
  TokenServer tokens;
  Endpoint endpoint({"token-2"});
  std::vector<std::future<Response>> responses;
  for (int i = 0; i < 20; ++i) {
    responses.push_back(StartOAuth(RequestFor(endpoint.Url(), tokens.Url())));
  }
  for (auto& response : responses) EXPECT_EQ(Await(response).status, 200);
  EXPECT_EQ(tokens.asked(), 2);
}

TEST_F(OAuthSenderTest, WithoutATokenNothingIsSent) {
  RawReceiver tokens(Answering(
      Json(R"({"error":"invalid_client","error_description":"hunter2?"})", 401)));
  Endpoint endpoint;
  const Response response = Get(RequestFor(endpoint.Url(), tokens.Url()));
  EXPECT_EQ(response.error, ErrorKind::kToken);
  EXPECT_EQ(response.error_detail,
            "no access token: the token server answered 401: invalid_client");
  EXPECT_EQ(response.status, 0);
  EXPECT_THAT(endpoint.requests(), SizeIs(0));
  // The next one asks again.
  EXPECT_EQ(Get(RequestFor(endpoint.Url(), tokens.Url())).error, ErrorKind::kToken);
  EXPECT_THAT(tokens.requests(), SizeIs(2));
}

TEST_F(OAuthSenderTest, AFailedRenewalAfterA401IsATokenError) {
  RawReceiver tokens([](RawConnection& peer) {
    if (peer.ReadRequest()) peer.Send(TokenAnswer("stale"));
    if (peer.ReadRequest()) peer.Send(Json("{}", 500));
    peer.WaitForClose();
  });
  Endpoint endpoint;
  const Response response = Get(RequestFor(endpoint.Url(), tokens.Url()));
  EXPECT_EQ(response.error, ErrorKind::kToken);
  EXPECT_THAT(response.error_detail, HasSubstr("answered 500"));
  EXPECT_THAT(endpoint.requests(), SizeIs(1));
}

TEST_F(OAuthSenderTest, ATokenServerThatIsNotThereIsATokenError) {
  std::string gone;
  {
    RawReceiver closed([](RawConnection&) {});
    gone = closed.Url("/token");
  }
  Endpoint endpoint;
  const Response response = Get(RequestFor(endpoint.Url(), gone));
  EXPECT_EQ(response.error, ErrorKind::kToken);
  EXPECT_THAT(response.error_detail, HasSubstr("could not be asked: connect"));
}

TEST_F(OAuthSenderTest, ATokenServerThatHangsEndsWithTheRequestsTime) {
  TokenServer tokens;
  tokens.Hold();
  Endpoint endpoint;
  Request request = RequestFor(endpoint.Url(), tokens.Url());
  request.timeout = absl::Milliseconds(300);
  const Response response = Get(std::move(request));
  EXPECT_EQ(response.error, ErrorKind::kToken);
  EXPECT_THAT(response.error_detail, HasSubstr("timeout"));
}

TEST_F(OAuthSenderTest, TheTimeThatATokenTookIsTheRequestsToo) {
  // The clock of the test moves by 20 s while the token is on its way, of 10 s in all.
  RawReceiver tokens([this](RawConnection& peer) {
    if (!peer.ReadRequest()) return;
    clock_.Advance(absl::Seconds(20));
    peer.Send(TokenAnswer("token-1"));
    peer.WaitForClose();
  });
  Endpoint endpoint;
  const Response response = Get(RequestFor(endpoint.Url(), tokens.Url()));
  EXPECT_EQ(response.error, ErrorKind::kTimeout);
  EXPECT_EQ(response.total, absl::Seconds(20));
  EXPECT_THAT(endpoint.requests(), SizeIs(0));
}

TEST_F(OAuthSenderTest, TimesCountFromTheStartOfTheAttempt) {
  RawReceiver tokens([this](RawConnection& peer) {
    if (!peer.ReadRequest()) return;
    clock_.Advance(absl::Seconds(3));
    peer.Send(TokenAnswer("token-1"));
    peer.WaitForClose();
  });
  Endpoint endpoint;
  const Response response = Get(RequestFor(endpoint.Url(), tokens.Url()));
  EXPECT_EQ(response.status, 200);
  EXPECT_GE(response.first_byte, absl::Seconds(3));
  EXPECT_GE(response.total, response.first_byte);
  EXPECT_EQ(response.tls, absl::ZeroDuration());
}

TEST_F(OAuthSenderTest, WhatMustNotStartAnyMoreDoesNot) {
  TokenServer tokens;
  tokens.Hold();
  Endpoint endpoint;
  std::atomic<bool> enabled{true};
  Request request = RequestFor(endpoint.Url(), tokens.Url());
  request.may_start = [&enabled] { return enabled.load(); };
  std::future<Response> response = StartOAuth(request);
  ASSERT_TRUE(tokens.WaitForRequests(1));
  enabled = false;
  tokens.Release();
  const Response ended = Await(response);
  EXPECT_EQ(ended.error, ErrorKind::kToken);
  EXPECT_THAT(ended.error_detail, HasSubstr("disabled"));
  EXPECT_THAT(endpoint.requests(), SizeIs(0));
  enabled = true;
  EXPECT_EQ(Get(request).status, 200);
}

TEST_F(OAuthSenderTest, NothingIsSentAgainThatMustNotStartAnyMore) {
  TokenServer tokens;
  Endpoint endpoint({"token-2"});
  std::atomic<int> asked{0};
  Request request = RequestFor(endpoint.Url(), tokens.Url());
  request.may_start = [&asked] { return ++asked == 1; };
  EXPECT_EQ(Get(std::move(request)).error, ErrorKind::kToken);
  EXPECT_THAT(endpoint.requests(), SizeIs(1));
}

TEST_F(OAuthSenderTest, AddressRulesHoldForTheTokenServer) {
  RawReceiver tokens(Answering(TokenAnswer("token-1")));
  Endpoint endpoint;
  Allow({endpoint.Url().substr(7, endpoint.Url().find('/', 7) - 7)});
  const Response response = Get(RequestFor(endpoint.Url(), tokens.Url()));
  EXPECT_EQ(response.error, ErrorKind::kToken);
  EXPECT_THAT(response.error_detail, HasSubstr("refused address"));
  EXPECT_EQ(tokens.connections(), 0);
}

TEST_F(OAuthSenderTest, TokensAreTheirOwnersAndTheirCredentials) {
  TokenServer tokens;
  Endpoint endpoint({"token-1", "token-2", "token-3"});
  Get(RequestFor(endpoint.Url(), tokens.Url(), "one"));
  Get(RequestFor(endpoint.Url(), tokens.Url(), "two"));
  EXPECT_EQ(tokens.asked(), 2);
  Request changed = RequestFor(endpoint.Url(), tokens.Url(), "one");
  ClientCredentials other = *changed.oauth;
  other.client_secret = "changed";
  changed.oauth = std::make_shared<const ClientCredentials>(other);
  EXPECT_EQ(Get(std::move(changed)).status, 200);
  EXPECT_EQ(tokens.asked(), 3);
  Get(RequestFor(endpoint.Url(), tokens.Url(), "two"));
  EXPECT_EQ(tokens.asked(), 3);
}

TEST_F(OAuthSenderTest, ATokenThatNobodyAskedForInAnHourIsForgotten) {
  TokenServer tokens(/*expires_in=*/86'400);
  Endpoint endpoint({"token-1", "token-2", "token-3"});
  Get(RequestFor(endpoint.Url(), tokens.Url(), "one"));
  clock_.Advance(absl::Minutes(61));
  Get(RequestFor(endpoint.Url(), tokens.Url(), "two"));
  Get(RequestFor(endpoint.Url(), tokens.Url(), "one"));
  EXPECT_EQ(tokens.asked(), 3);
}

TEST_F(OAuthSenderTest, TheEndOfTheSenderEndsWhatWaits) {
  TokenServer tokens;
  tokens.Hold();
  Endpoint endpoint;
  std::vector<std::future<Response>> responses;
  for (int i = 0; i < 3; ++i) {
    responses.push_back(StartOAuth(RequestFor(endpoint.Url(), tokens.Url())));
  }
  ASSERT_TRUE(tokens.WaitForRequests(1));
  sender_.reset();
  for (auto& response : responses) {
    const Response ended = Await(response);
    EXPECT_EQ(ended.error, ErrorKind::kToken);
    EXPECT_THAT(ended.error_detail, HasSubstr("shutting down"));
  }
}

TEST_F(OAuthSenderTest, A401InTheMiddleOfTheEndIsEndedToo) {
  TokenServer tokens;
  RawReceiver endpoint([&tokens](RawConnection& peer) {
    if (!peer.ReadRequest()) return;
    tokens.Hold();
    peer.Send(Json("{}", 401));
    peer.WaitForClose();
  });
  auto response = StartOAuth(RequestFor(endpoint.Url(), tokens.Url()));
  ASSERT_TRUE(tokens.WaitForRequests(2));
  sender_.reset();
  EXPECT_EQ(Await(response).error, ErrorKind::kToken);
}

}  // namespace
}  // namespace windrow::http
