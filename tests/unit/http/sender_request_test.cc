// What leaves: the bytes of requests.
#include <algorithm>

#include "tests/unit/http/sender_fixture.h"

namespace windrow::http {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing_support::OkResponse;
using testing_support::RawConnection;
using testing_support::RawReceiver;

std::string HeaderOf(const std::string& request) {
  std::string header = request.substr(0, request.find("\r\n\r\n") + 2);
  std::transform(header.begin(), header.end(), header.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return header;
}

class SenderRequestTest : public SenderTest {
 protected:
  std::string Sent(Request request) {
    const Response response = Exchange(std::move(request));
    EXPECT_EQ(response.error, ErrorKind::kNone) << response.error_detail;
    EXPECT_EQ(response.status, 200);
    return receiver_.requests().back();
  }

  RawReceiver receiver_{Answering(OkResponse())};
};

TEST_F(SenderRequestTest, PostsHeadersAndBodyAsGiven) {
  Request request = PostTo(receiver_.Url("/hook?a=b"), "{\"n\":1.10}");
  request.headers.push_back("webhook-id: msg_1");
  request.headers.push_back("X-Empty:");
  request.headers.push_back("X-Blank:  ");
  const std::string sent = Sent(request);
  EXPECT_THAT(sent, StartsWith("POST /hook?a=b HTTP/1.1\r\n"));
  EXPECT_THAT(sent, EndsWith("\r\n\r\n{\"n\":1.10}"));
  EXPECT_THAT(sent, HasSubstr("\r\nwebhook-id: msg_1\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nX-Blank:\r\n"));
  const std::string header = HeaderOf(sent);
  EXPECT_THAT(header, HasSubstr("\r\ncontent-type: application/json\r\n"));
  EXPECT_THAT(header, HasSubstr("\r\ncontent-length: 10\r\n"));
  EXPECT_THAT(header, HasSubstr("\r\nuser-agent: windrow/0.1\r\n"));
  EXPECT_THAT(header,
              HasSubstr(fmt::format("\r\nhost: 127.0.0.1:{}\r\n", receiver_.port())));
  EXPECT_THAT(header, Not(HasSubstr("authorization")));
}

TEST_F(SenderRequestTest, BodiesOfAnyBytesAndSizeArrive) {
  const std::string binary("\0\xff\r\n\r\n\0", 7);
  EXPECT_THAT(Sent(PostTo(receiver_.Url(), binary)), EndsWith(binary));
  EXPECT_THAT(Sent(PostTo(receiver_.Url(), "")), EndsWith("\r\n\r\n"));
  const std::string large(3 << 20, 'x');
  const std::string sent = Sent(PostTo(receiver_.Url(), large));
  EXPECT_EQ(sent.size() - sent.find("\r\n\r\n") - 4, large.size());
  EXPECT_THAT(HeaderOf(sent), Not(HasSubstr("expect")));
}

TEST_F(SenderRequestTest, EachMethodGoesOverOneHandleInTurn) {
  for (const char* method : {"POST", "GET", "PUT", "GET", "PATCH", "POST"}) {
    Request request = PostTo(receiver_.Url(), "body");
    request.method = method;
    const std::string sent = Sent(request);
    EXPECT_THAT(sent, StartsWith(std::string(method) + " / HTTP/1.1\r\n"));
    const bool get = request.method == "GET";
    EXPECT_THAT(sent, EndsWith(get ? "\r\n\r\n" : "\r\n\r\nbody"));
    EXPECT_EQ(HeaderOf(sent).find("content-length") == std::string::npos, get);
  }
}

TEST_F(SenderRequestTest, NothingOfOneRequestIsInTheNext) {
  Request first = PostTo(receiver_.Url("/first"), "long body of the first");
  first.headers.push_back("x-first: 1");
  first.has_auth = true;
  first.user = "user";
  first.password = "p@ss:w\"rd";
  EXPECT_THAT(Sent(first),
              HasSubstr("\r\nAuthorization: Basic dXNlcjpwQHNzOncicmQ=\r\n"));
  const std::string second = Sent(PostTo(receiver_.Url("/second"), "2"));
  EXPECT_THAT(second, StartsWith("POST /second "));
  EXPECT_THAT(second, Not(HasSubstr("x-first")));
  EXPECT_THAT(second, Not(HasSubstr("Authorization")));
  EXPECT_THAT(second, EndsWith("\r\n\r\n2"));
  EXPECT_EQ(receiver_.connections(), 1);
}

TEST_F(SenderRequestTest, NoContentTypeOfCurlsOwnGoesOut) {
  Request request = PostTo(receiver_.Url());
  request.headers.clear();
  EXPECT_THAT(HeaderOf(Sent(request)), Not(HasSubstr("content-type")));
}

TEST_F(SenderRequestTest, TheEnvironmentsProxyIsNotAsked) {
  for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"}) {
    setenv(name, "http://127.0.0.1:1", 1);
  }
  EXPECT_THAT(Sent(PostTo(receiver_.Url())), StartsWith("POST / HTTP/1.1"));
  for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"}) {
    unsetenv(name);
  }
}

TEST_F(SenderRequestTest, ManyAtOnceAllArriveAndEachGetsItsOwnOutcome) {
  std::vector<std::future<Response>> futures;
  for (int i = 0; i < 500; ++i) {
    futures.push_back(Start(PostTo(receiver_.Url(fmt::format("/{}", i)))));
  }
  for (auto& future : futures) EXPECT_EQ(Await(future).status, 200);
  EXPECT_EQ(receiver_.requests().size(), 500u);
  EXPECT_LE(receiver_.connections(), 256);
  EXPECT_EQ(sender().in_flight(), 0u);
}

TEST_F(SenderRequestTest, WhatIsNoUrlIsAnErrorOfOurs) {
  for (const std::string& url :
       {std::string(), std::string("nonsense"), std::string("ftp://127.0.0.1/"),
        std::string("http://127.0.0.1:99999/"), receiver_.Url("/a b\r\nx: y"),
        receiver_.Url("/" + std::string(10'000'000, 'a'))}) {
    const Response response = Exchange(PostTo(url));
    EXPECT_EQ(response.error, ErrorKind::kInternal) << url.substr(0, 50);
    EXPECT_NE(response.error_detail, "");
  }
  EXPECT_THAT(receiver_.requests(), ElementsAre());
}

}  // namespace
}  // namespace windrow::http
