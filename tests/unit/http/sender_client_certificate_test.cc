// Client certificates, against endpoints that demand them.
#include <cstdio>
#include <mutex>
#include <set>

#include "tests/support/certificates.h"
#include "tests/unit/http/sender_fixture.h"

namespace windrow::http {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing_support::Certificate;
using testing_support::OkResponse;
using testing_support::RawConnection;
using testing_support::RawReceiver;

std::shared_ptr<const ClientCertificate> ProofOf(
    const Certificate& certificate, const std::vector<const Certificate*>& chain = {}) {
  return std::make_shared<const ClientCertificate>(
      ClientCertificate{certificate.Pem(chain), certificate.KeyPem()});
}

class SenderClientCertificateTest : public SenderTest {
 protected:
  SenderClientCertificateTest() : bundle_(authority_.WritePem()) {
    names_->Set("hooks.test", {"127.0.0.1"});
    options_.ca_bundle = bundle_;
    receiver_ = std::make_unique<RawReceiver>(
        [this](RawConnection& peer) {
          while (peer.ReadRequest()) {
            {
              const std::lock_guard lock(mutex_);
              clients_.push_back(peer.ClientName());
            }
            if (!peer.Send(OkResponse())) return;
          }
        },
        RawReceiver::Options{.certificate = &endpoint_, .clients = &clients_authority_});
  }
  ~SenderClientCertificateTest() override {
    sender_.reset();
    std::remove(bundle_.c_str());
  }

  Response Post(std::shared_ptr<const ClientCertificate> proof) {
    Request request = PostTo(receiver_->UrlOf("hooks.test"));
    request.client_certificate = std::move(proof);
    return Exchange(std::move(request));
  }
  // Whom each request's connection was proved to be.
  std::vector<std::string> clients() {
    const std::lock_guard lock(mutex_);
    return clients_;
  }

  const Certificate authority_ = Certificate::SelfSigned({.name = "Test authority"});
  const Certificate endpoint_ = authority_.Issue({.name = "hooks.test"});
  const Certificate clients_authority_ = Certificate::SelfSigned({.name = "Clients"});
  const std::string bundle_;
  std::mutex mutex_;
  std::vector<std::string> clients_;
  std::unique_ptr<RawReceiver> receiver_;
};

TEST_F(SenderClientCertificateTest, TheCertificateOpensTheDoor) {
  const auto proof = ProofOf(clients_authority_.Issue({.name = "windrow"}));
  const Response response = Post(proof);
  EXPECT_EQ(response.status, 200) << response.error_detail;
  EXPECT_EQ(Post(proof).status, 200);
  EXPECT_THAT(clients(), ElementsAre("windrow", "windrow"));
  EXPECT_EQ(receiver_->connections(), 1);
}

TEST_F(SenderClientCertificateTest, WithoutOneTheEndpointRefusesInTls) {
  const Response response = Post(nullptr);
  EXPECT_EQ(response.error, ErrorKind::kTls) << response.error_detail;
  EXPECT_THAT(response.error_detail, HasSubstr("certificate required"));
  EXPECT_EQ(response.status, 0);
  EXPECT_THAT(clients(), SizeIs(0));
}

TEST_F(SenderClientCertificateTest, OneOfAnotherAuthorityIsRefusedInTls) {
  const Response response = Post(ProofOf(Certificate::SelfSigned({.name = "stranger"})));
  EXPECT_EQ(response.error, ErrorKind::kTls) << response.error_detail;
  EXPECT_THAT(response.error_detail, HasSubstr("alert"));
}

TEST_F(SenderClientCertificateTest, AnExpiredOneIsRefusedInTls) {
  const Response response =
      Post(ProofOf(clients_authority_.Issue({.name = "windrow",
                                             .valid_from = std::chrono::hours(-48),
                                             .valid_until = std::chrono::hours(-24)})));
  EXPECT_EQ(response.error, ErrorKind::kTls) << response.error_detail;
  EXPECT_THAT(response.error_detail, HasSubstr("expired"));
}

TEST_F(SenderClientCertificateTest, ThoseThatSignedItAreShownToo) {
  const Certificate middle = clients_authority_.Issue({.name = "Middle", .signs = true});
  const Certificate own = middle.Issue({.name = "windrow"});
  EXPECT_EQ(Post(ProofOf(own)).error, ErrorKind::kTls);
  const Response response = Post(ProofOf(own, {&middle}));
  EXPECT_EQ(response.status, 200) << response.error_detail;
  EXPECT_THAT(clients(), ElementsAre("windrow"));
}

TEST_F(SenderClientCertificateTest, NoConnectionIsSharedWithAnotherCertificate) {
  const auto one = ProofOf(clients_authority_.Issue({.name = "one"}));
  const auto two = ProofOf(clients_authority_.Issue({.name = "two"}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Post(one).status, 200);
    EXPECT_EQ(Post(two).status, 200);
    // The one for all who have none, on the handle that had one just before.
    EXPECT_EQ(Post(nullptr).error, ErrorKind::kTls);
  }
  EXPECT_THAT(clients(), ElementsAre("one", "two", "one", "two", "one", "two"));
}

TEST_F(SenderClientCertificateTest, AnEqualCertificateSharesTheConnection) {
  const Certificate own = clients_authority_.Issue({.name = "windrow"});
  EXPECT_EQ(Post(ProofOf(own)).status, 200);
  EXPECT_EQ(Post(ProofOf(own)).status, 200);
  EXPECT_EQ(receiver_->connections(), 1);
}

TEST_F(SenderClientCertificateTest, OneThatCannotBeReadIsATlsFailure) {
  const Response response = Post(std::make_shared<const ClientCertificate>(
      ClientCertificate{"no certificate", "no key"}));
  EXPECT_EQ(response.error, ErrorKind::kTls) << response.error_detail;
}

TEST_F(SenderClientCertificateTest, AnEndpointThatAsksForNoneIsShownNone) {
  const auto proof = ProofOf(clients_authority_.Issue({.name = "windrow"}));
  std::string shown = "?";
  RawReceiver open(
      [&](RawConnection& peer) {
        if (!peer.ReadRequest()) return;
        shown = peer.ClientName();
        peer.Send(OkResponse());
      },
      {.certificate = &endpoint_});
  Request request = PostTo(open.UrlOf("hooks.test"));
  request.client_certificate = proof;
  EXPECT_EQ(Exchange(std::move(request)).status, 200);
  EXPECT_EQ(shown, "");
}

}  // namespace
}  // namespace windrow::http
