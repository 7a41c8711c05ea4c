// Certificates: nothing is sent to an endpoint that does not prove its name.
#include <openssl/ssl.h>

#include <cstdio>

#include "tests/support/certificates.h"
#include "tests/unit/http/sender_fixture.h"

namespace windrow::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing_support::Certificate;
using testing_support::OkResponse;
using testing_support::RawConnection;
using testing_support::RawReceiver;

class SenderTlsTest : public SenderTest {
 protected:
  SenderTlsTest() : bundle_(authority_.WritePem()) {
    names_->Set("hooks.test", {"127.0.0.1"});
    options_.ca_bundle = bundle_;
  }
  ~SenderTlsTest() override { std::remove(bundle_.c_str()); }

  void ExpectRefused(const Certificate& certificate, const std::string& why) {
    RawReceiver receiver(Answering(OkResponse()), {.certificate = &certificate});
    const Response response = Exchange(PostTo(receiver.UrlOf("hooks.test")));
    EXPECT_EQ(response.error, ErrorKind::kTls);
    EXPECT_THAT(response.error_detail, HasSubstr(why));
    EXPECT_EQ(response.status, 0);
    EXPECT_THAT(receiver.requests(), ElementsAre());
  }

  const Certificate authority_ = Certificate::SelfSigned({.name = "Test authority"});
  const std::string bundle_;
};

TEST_F(SenderTlsTest, AGoodCertificateIsTrustedThroughTheBundle) {
  const Certificate good = authority_.Issue({.name = "hooks.test"});
  RawReceiver receiver(Answering(OkResponse("x")), {.certificate = &good});
  const Response first = Exchange(PostTo(receiver.UrlOf("hooks.test")));
  EXPECT_EQ(first.status, 200) << first.error_detail;
  EXPECT_GT(first.tls, first.connect);
  EXPECT_EQ(Exchange(PostTo(receiver.UrlOf("hooks.test"))).status, 200);
  EXPECT_EQ(receiver.connections(), 1);
  EXPECT_THAT(receiver.requests(), SizeIs(2));
}

TEST_F(SenderTlsTest, WithoutTheBundleItIsNot) {
  options_.ca_bundle.clear();
  ExpectRefused(authority_.Issue({.name = "hooks.test"}), "unable to get local issuer");
}

TEST_F(SenderTlsTest, ABundleThatCannotBeReadOpensNothing) {
  options_.ca_bundle = "/nonexistent/bundle.pem";
  ExpectRefused(authority_.Issue({.name = "hooks.test"}), "unable to get local issuer");
}

TEST_F(SenderTlsTest, ASelfSignedCertificateIsRefused) {
  ExpectRefused(Certificate::SelfSigned({.name = "hooks.test"}),
                "self-signed certificate");
}

TEST_F(SenderTlsTest, AnExpiredCertificateIsRefused) {
  ExpectRefused(authority_.Issue({.name = "hooks.test",
                                  .valid_from = std::chrono::hours(-48),
                                  .valid_until = std::chrono::hours(-24)}),
                "certificate has expired");
}

TEST_F(SenderTlsTest, ACertificateOfTheFutureIsRefused) {
  ExpectRefused(authority_.Issue({.name = "hooks.test",
                                  .valid_from = std::chrono::hours(24),
                                  .valid_until = std::chrono::hours(48)}),
                "not yet valid");
}

TEST_F(SenderTlsTest, ACertificateOfAnotherNameIsRefused) {
  ExpectRefused(authority_.Issue({.name = "other.test"}),
                "no alternative certificate subject name matches");
}

TEST_F(SenderTlsTest, AnEndpointWithoutTlsIsATlsFailure) {
  RawReceiver receiver([](RawConnection& peer) {
    peer.ReadSome();
    peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const Response response =
      Exchange(PostTo(fmt::format("https://hooks.test:{}/", receiver.port())));
  EXPECT_EQ(response.error, ErrorKind::kTls);
}

TEST_F(SenderTlsTest, NothingIsSentOverLessThanTls12) {
  const Certificate good = authority_.Issue({.name = "hooks.test"});
  for (const auto& [newest, status] :
       {std::pair(TLS1_VERSION, 0), std::pair(TLS1_1_VERSION, 0),
        std::pair(TLS1_2_VERSION, 200), std::pair(TLS1_3_VERSION, 200)}) {
    RawReceiver receiver(Answering(OkResponse()),
                         {.certificate = &good, .newest_tls = newest});
    const Response response = Exchange(PostTo(receiver.UrlOf("hooks.test")));
    EXPECT_EQ(response.status, status) << newest << ": " << response.error_detail;
    EXPECT_EQ(response.error, status == 0 ? ErrorKind::kTls : ErrorKind::kNone);
    EXPECT_THAT(receiver.requests(), SizeIs(status == 0 ? 0 : 1));
  }
}

TEST_F(SenderTlsTest, AHandshakeThatHangsTimesOut) {
  options_.connect_timeout = absl::Milliseconds(300);
  RawReceiver receiver([](RawConnection& peer) { peer.WaitForClose(); });
  const Response response =
      Exchange(PostTo(fmt::format("https://hooks.test:{}/", receiver.port())));
  EXPECT_EQ(response.error, ErrorKind::kTimeout);
  EXPECT_LT(response.total, absl::Seconds(5));
}

TEST_F(SenderTlsTest, ClosedWithinTheHeaderIsAResetOverTlsToo) {
  const Certificate good = authority_.Issue({.name = "hooks.test"});
  RawReceiver receiver(
      [](RawConnection& peer) {
        peer.ReadRequest();
        peer.Send("HTTP/1.1 200 OK\r\nx: y");
      },
      {.certificate = &good});
  EXPECT_EQ(Exchange(PostTo(receiver.UrlOf("hooks.test"))).error, ErrorKind::kReset);
}

TEST_F(SenderTlsTest, TheResendHoldsOverTlsToo) {
  const Certificate good = authority_.Issue({.name = "hooks.test"});
  RawReceiver receiver(
      [](RawConnection& peer) {
        peer.ReadRequest();
        peer.Send(OkResponse());
        peer.ReadRequest();
        if (peer.index() > 0) peer.Send(OkResponse());
      },
      {.certificate = &good});
  EXPECT_EQ(Exchange(PostTo(receiver.UrlOf("hooks.test"))).status, 200);
  const Response second = Exchange(PostTo(receiver.UrlOf("hooks.test")));
  EXPECT_EQ(second.status, 200) << second.error_detail;
  EXPECT_EQ(receiver.connections(), 2);
}

}  // namespace
}  // namespace windrow::http
