// What endpoints do once they answer.
#include "tests/unit/http/sender_fixture.h"

namespace windrow::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::OkResponse;
using testing_support::RawConnection;
using testing_support::RawReceiver;

class SenderResponseTest : public SenderTest {
 protected:
  // The outcome where the endpoint sends these bytes, then does the rest.
  Response AnsweredWith(
      std::string bytes, RawReceiver::Script rest = [](RawConnection&) {}) {
    RawReceiver receiver([&](RawConnection& peer) {
      if (!peer.ReadRequest()) return;
      peer.Send(bytes);
      rest(peer);
    });
    return Exchange(PostTo(receiver.Url()));
  }
};

TEST_F(SenderResponseTest, RecordsStatusHeadersAndBody) {
  const Response response = AnsweredWith(
      "HTTP/1.1 503 Busy\r\nX-Request-Id: 7\r\nRetry-After:  120 \r\n"
      "Content-Length: 4\r\n\r\nbusy");
  EXPECT_EQ(response.error, ErrorKind::kNone);
  EXPECT_EQ(response.error_detail, "");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers,
            "X-Request-Id: 7\r\nRetry-After:  120 \r\nContent-Length: 4\r\n");
  EXPECT_EQ(response.retry_after, "120");
  EXPECT_EQ(response.body, "busy");
  EXPECT_EQ(response.body_bytes, 4);
  EXPECT_THAT(response.remote_address, HasSubstr("127.0.0.1:"));
}

TEST_F(SenderResponseTest, TimingsGrowStepByStep) {
  const absl::Time before = absl::Now();
  const Response response = AnsweredWith(OkResponse("x"));
  EXPECT_GE(response.started_at, before);
  EXPECT_GT(response.connect, absl::ZeroDuration());
  EXPECT_EQ(response.tls, absl::ZeroDuration());
  EXPECT_GE(response.first_byte, response.connect);
  EXPECT_GE(response.total, response.first_byte);
  EXPECT_LT(response.total, absl::Seconds(10));
}

TEST_F(SenderResponseTest, EveryStatusIsAnAnswer) {
  for (int status : {200, 201, 204, 299, 301, 302, 307, 308, 401, 410, 429, 500, 599}) {
    const Response response =
        AnsweredWith(fmt::format("HTTP/1.1 {} X\r\ncontent-length: 0\r\n\r\n", status));
    EXPECT_EQ(response.error, ErrorKind::kNone) << status;
    EXPECT_EQ(response.status, status);
  }
}

TEST_F(SenderResponseTest, ARedirectIsNotFollowed) {
  RawReceiver elsewhere(Answering(OkResponse()));
  const Response response = AnsweredWith(fmt::format(
      "HTTP/1.1 307 Go\r\nLocation: {}\r\ncontent-length: 0\r\n\r\n", elsewhere.Url()));
  EXPECT_EQ(response.status, 307);
  EXPECT_THAT(response.headers, HasSubstr("Location: http://127.0.0.1:"));
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(SenderResponseTest, InterimResponsesAreDropped) {
  const Response response = AnsweredWith(
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nRetry-After: 9\r\n\r\n"
      "HTTP/1.1 200 OK\r\nx: final\r\ncontent-length: 2\r\n\r\nok");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers, "x: final\r\ncontent-length: 2\r\n");
  EXPECT_EQ(response.retry_after, std::nullopt);
  EXPECT_EQ(response.body, "ok");
}

TEST_F(SenderResponseTest, AnInterimResponseAloneIsNoAnswer) {
  const Response response = AnsweredWith("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(response.error, ErrorKind::kReset);
  EXPECT_EQ(response.status, 0);
}

TEST_F(SenderResponseTest, BodyBytesAreKeptAsTheyCame) {
  std::string body;
  for (int i = 0; i < 256; ++i) body.push_back(static_cast<char>(i));
  EXPECT_EQ(AnsweredWith(OkResponse(body)).body, body);
}

TEST_F(SenderResponseTest, AGzipBodyIsNotUnpacked) {
  const std::string gzip("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", 20);
  const Response response = AnsweredWith(
      "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 20\r\n\r\n" + gzip);
  EXPECT_EQ(response.body, gzip);
  EXPECT_EQ(response.body_bytes, 20);
}

TEST_F(SenderResponseTest, AChunkedBodyIsJoinedAndItsTrailerLeftOut) {
  const Response response = AnsweredWith(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: retry-after\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\nretry-after: 5\r\n\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "abcde");
  EXPECT_THAT(response.headers, Not(HasSubstr("retry-after: 5")));
  EXPECT_EQ(response.retry_after, std::nullopt);
}

TEST_F(SenderResponseTest, OfALongBodyTheFirst16KiBAreKept) {
  const std::string body(100'000, 'x');
  const Response response = AnsweredWith(OkResponse(body));
  EXPECT_EQ(response.body, std::string(16 * 1024, 'x'));
  EXPECT_EQ(response.body_bytes, 100'000);
}

TEST_F(SenderResponseTest, AnEndlessBodyIsReadUpToALimitAndIsASuccess) {
  for (const char* framing :
       {"content-length: 1073741824\r\n", "", "transfer-encoding: chunked\r\n"}) {
    const bool chunked = std::string_view(framing).starts_with("transfer");
    const std::string piece =
        chunked ? "1000\r\n" + std::string(4096, 'x') + "\r\n" : std::string(4096, 'x');
    const Response response = AnsweredWith(
        fmt::format("HTTP/1.1 200 OK\r\n{}\r\n", framing), [&](RawConnection& peer) {
          while (peer.Send(piece)) {
          }
        });
    EXPECT_EQ(response.error, ErrorKind::kNone) << framing;
    EXPECT_EQ(response.error_detail, "");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body.size(), 16u * 1024);
    EXPECT_GE(response.body_bytes, 1 << 20);
    EXPECT_LT(response.body_bytes, 2 << 20);
  }
}

TEST_F(SenderResponseTest, ASlowBodyIsReadForALimitedTimeAndIsASuccess) {
  options_.max_body_time = absl::Milliseconds(200);
  const Response response =
      AnsweredWith("HTTP/1.1 200 OK\r\n\r\n", [](RawConnection& peer) {
        peer.SendSlowly(std::string(10'000, 'x'), milliseconds(20));
      });
  EXPECT_EQ(response.error, ErrorKind::kNone);
  EXPECT_EQ(response.status, 200);
  EXPECT_GE(response.total, absl::Milliseconds(200));
  EXPECT_LT(response.total, absl::Seconds(5));
  EXPECT_LT(response.body_bytes, 1000);
}

TEST_F(SenderResponseTest, ABodyThatNeverComesIsWaitedForLikewise) {
  options_.max_body_time = absl::Milliseconds(200);
  const Response response =
      AnsweredWith("HTTP/1.1 201 OK\r\ncontent-length: 5\r\n\r\n",
                   [](RawConnection& peer) { peer.WaitForClose(); });
  EXPECT_EQ(response.error, ErrorKind::kNone);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body_bytes, 0);
}

TEST_F(SenderResponseTest, TheTimeoutWithinTheBodyLeavesASuccess) {
  RawReceiver receiver([](RawConnection& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf");
    peer.WaitForClose();
  });
  const Response response =
      Exchange(Within(absl::Milliseconds(300), PostTo(receiver.Url())));
  EXPECT_EQ(response.error, ErrorKind::kNone);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "half");
}

TEST_F(SenderResponseTest, ABodyCutShortLeavesASuccess) {
  Response response = AnsweredWith("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf");
  EXPECT_EQ(response.error, ErrorKind::kNone);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "half");
  EXPECT_NE(response.error_detail, "");

  response = AnsweredWith("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_EQ(response.error, ErrorKind::kNone);
  EXPECT_EQ(response.status, 200);
}

TEST_F(SenderResponseTest, AHeaderAByteAtATimeIsAHeader) {
  RawReceiver receiver([](RawConnection& peer) {
    peer.ReadRequest();
    peer.SendSlowly("HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 2\r\n\r\nok",
                    milliseconds(1));
  });
  const Response response = Exchange(PostTo(receiver.Url()));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers, "x: y\r\ncontent-length: 2\r\n");
  EXPECT_EQ(response.body, "ok");
}

TEST_F(SenderResponseTest, LineEndsWithoutCrAreRecordedAsLines) {
  const Response response = AnsweredWith("HTTP/1.1 200 OK\nx: y\ncontent-length: 0\n\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers, "x: y\r\ncontent-length: 0\r\n");
}

TEST_F(SenderResponseTest, ClosedBeforeOrWithinTheHeaderIsAReset) {
  for (const char* bytes : {"", "H", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n",
                            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n",
                            "HTTP/1.1 200 OK\r\nx: y", "HTTP/1.1 200 OK\r\nx: y\r\n\r"}) {
    for (bool rst : {false, true}) {
      const Response response = AnsweredWith(bytes, [rst](RawConnection& peer) {
        if (rst) peer.Reset();
      });
      EXPECT_EQ(response.error, ErrorKind::kReset) << bytes << ", RST " << rst;
      EXPECT_EQ(response.status, 0);
      EXPECT_EQ(response.headers, "");
      EXPECT_NE(response.error_detail, "");
    }
  }
}

TEST_F(SenderResponseTest, ClosedWithTheRequestUnreadIsAReset) {
  RawReceiver receiver([](RawConnection& peer) { peer.Reset(); });
  const Response response = Exchange(PostTo(receiver.Url(), std::string(1 << 20, 'x')));
  EXPECT_EQ(response.error, ErrorKind::kReset);
}

TEST_F(SenderResponseTest, AHeaderOf1MiBIsTooLarge) {
  const std::string line = "x: " + std::string(1000, 'y') + "\r\n";
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += line;
  for (const std::string& header :
       {lines, "x: " + std::string(1 << 20, 'y') + "\r\n",
        "HTTP" + std::string(1 << 20, '1'), std::string(1 << 20, 'y')}) {
    const Response response = AnsweredWith("HTTP/1.1 200 OK\r\n" + header + "\r\n");
    EXPECT_EQ(response.error, ErrorKind::kTooLarge) << header.substr(0, 10);
    EXPECT_EQ(response.status, 0);
    EXPECT_EQ(response.headers, "");
  }
}

TEST_F(SenderResponseTest, AHeaderOf10000LinesIsTooLarge) {
  std::string header = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 10'000; ++i) header += "x: y\r\n";
  EXPECT_EQ(AnsweredWith(header + "\r\n").error, ErrorKind::kTooLarge);
}

TEST_F(SenderResponseTest, AnEndlessHeaderIsTooLarge) {
  for (const char* piece :
       {"x: y\r\n", "x", "\r\nHTTP/1.1 103 Early Hints\r\nx: y\r\n"}) {
    std::string many;
    while (many.size() < 4096) many += piece;
    const Response response =
        AnsweredWith("HTTP/1.1 103 Early Hints\r\nx: y\r\n", [&](RawConnection& peer) {
          while (peer.Send(many)) {
          }
        });
    EXPECT_EQ(response.error, ErrorKind::kTooLarge) << piece << response.error_detail;
  }
}

TEST_F(SenderResponseTest, WhatIsNotHttpIsAProtocolError) {
  for (const char* bytes : {"SSH-2.0-OpenSSH_9.2\r\n", "hello, this is not HTTP\r\n\r\n",
                            "\x15\x03\x01\x00\x02\x02\x0a\r\n\r\n"}) {
    const Response response = AnsweredWith(bytes);
    EXPECT_EQ(response.error, ErrorKind::kProtocol) << bytes << response.error_detail;
    EXPECT_EQ(response.status, 0);
  }
}

TEST_F(SenderResponseTest, SwitchingProtocolsIsAnAnswerOfItsOwn) {
  options_.max_body_time = absl::Milliseconds(200);
  const Response response =
      AnsweredWith("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
                   [](RawConnection& peer) { peer.WaitForClose(); });
  EXPECT_NE(response.status, 200);
  EXPECT_LT(response.total, absl::Seconds(8));
}

TEST_F(SenderResponseTest, ErrorDetailsAreOneLine) {
  const Response response = AnsweredWith("nonsense\x1b[31m\r\n");
  for (char c : response.error_detail) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
}

}  // namespace
}  // namespace windrow::http
