// TLS and client certificates of the gRPC port, with real certificates.
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/api_fixture.h"
#include "tests/integration/wait_for.h"
#include "tests/support/certificates.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::integration {
namespace {

using domain::KeyKind;
using domain::Scope;
using grpc::StatusCode;
using ::testing::HasSubstr;
using testing_support::Certificate;

class TlsTest : public ApiTest {
 protected:
  TlsTest() : folder_(::testing::TempDir() + "windrow-tls-XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    WriteServer(authority_.Issue({.name = "localhost"}));
    Write("clients.pem", clients_.Pem());
  }
  ~TlsTest() override { std::filesystem::remove_all(folder_); }

  // As one replaces them: beside, then renamed over.
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    return path;
  }
  void WriteServer(const Certificate& certificate) {
    Write("server.key", certificate.KeyPem());
    Write("server.pem", certificate.Pem());
  }
  std::vector<std::string> Flags(bool clients) const {
    std::vector<std::string> flags = {"--tls-certificate-file", folder_ + "/server.pem",
                                      "--tls-key-file", folder_ + "/server.key"};
    if (clients) {
      flags.insert(flags.end(), {"--tls-client-ca-file", folder_ + "/clients.pem"});
    }
    return flags;
  }
  std::shared_ptr<grpc::Channel> ConnectTls(const Certificate& authority,
                                            const Certificate* client = nullptr) const {
    grpc::SslCredentialsOptions options{.pem_root_certs = authority.Pem()};
    if (client != nullptr) {
      options.pem_private_key = client->KeyPem();
      options.pem_cert_chain = client->Pem();
    }
    return Connect(grpc::SslCredentials(options), "localhost");
  }
  // What one call of it came to, and how the channel fares. A channel that does not come
  // to be answers UNAVAILABLE in a while.
  grpc::Status Try(const std::shared_ptr<grpc::Channel>& channel,
                   const std::string& key = "") const {
    grpc::ClientContext context;
    if (!key.empty()) context.AddMetadata("authorization", "Bearer " + key);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::ListWebhooksResponse response;
    return v1::WebhookService::NewStub(channel)->ListWebhooks(&context, {}, &response);
  }
  void AwaitServer() {
    ASSERT_TRUE(WaitFor(
        [&] {
          return Try(ConnectTls(authority_)).error_code() != StatusCode::UNAVAILABLE;
        },
        absl::Seconds(60)));
  }

  std::string folder_;
  const Certificate authority_ = Certificate::SelfSigned({.name = "authority"});
  const Certificate clients_ = Certificate::SelfSigned({.name = "clients"});
};

TEST_F(TlsTest, KeysGoOverTlsAndOtherAuthoritiesOrPlainTextDoNot) {
  const Key key = MakeKey(kTenant, Scope::kRead);
  StartServer(Flags(false));
  AwaitServer();
  EXPECT_TRUE(Try(ConnectTls(authority_), key.text).ok());
  EXPECT_EQ(Try(ConnectTls(authority_)).error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Try(ConnectTls(clients_), key.text).error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Try(Connect(), key.text).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, AClientCertificateIsTheCallerThatItsKeySays) {
  const Certificate known = clients_.Issue({.name = "publisher.example"});
  const Certificate unknown = clients_.Issue({.name = "stranger.example"});
  const Certificate foreign = authority_.Issue({.name = "publisher.example"});
  const Certificate late = clients_.Issue({.name = "publisher.example",
                                           .valid_from = std::chrono::seconds(-7200),
                                           .valid_until = std::chrono::seconds(-3600)});
  const auto other = access_->CreateTenant("other")->tenant_id;
  MakeKey(other, domain::ApiKeySpec{.kind = KeyKind::kCertificate,
                                    .scope = Scope::kRead,
                                    .certificate_name = "dns:publisher.example"});
  const Key secret = MakeKey(kTenant, Scope::kRead);
  StartServer(Flags(true));
  AwaitServer();
  EXPECT_TRUE(Try(ConnectTls(authority_, &known)).ok());
  const ApiAnswer refused =
      Call(*ConnectTls(authority_, &known), MethodNamed("DeleteWebhook"), "", "");
  EXPECT_EQ(refused.reason, "SCOPE_NEEDED");
  const ApiAnswer stranger =
      Call(*ConnectTls(authority_, &unknown), MethodNamed("ListWebhooks"), "", "");
  EXPECT_EQ(stranger.reason, "CERTIFICATE_UNKNOWN");
  EXPECT_TRUE(Try(ConnectTls(authority_, &unknown), secret.text).ok());
  EXPECT_TRUE(Try(ConnectTls(authority_), secret.text).ok());
  EXPECT_EQ(Try(ConnectTls(authority_)).error_code(), StatusCode::UNAUTHENTICATED);
  for (const Certificate* bad : {&foreign, &late}) {
    EXPECT_EQ(Try(ConnectTls(authority_, bad)).error_code(), StatusCode::UNAVAILABLE);
  }
}

TEST_F(TlsTest, WhereCertificatesAreWantedLoopbackIsNotLetInWithout) {
  StartServer(Flags(true));
  AwaitServer();
  EXPECT_EQ(Try(ConnectTls(authority_)).error_code(), StatusCode::UNAUTHENTICATED);
}

TEST_F(TlsTest, AChangedCertificateIsUsedWithoutARestart) {
  StartServer(Flags(false));
  AwaitServer();
  const Certificate next = Certificate::SelfSigned({.name = "next"});
  WriteServer(next.Issue({.name = "localhost"}));
  EXPECT_TRUE(WaitFor([&] { return Try(ConnectTls(next)).ok(); }, absl::Seconds(60)));
  EXPECT_EQ(Try(ConnectTls(authority_)).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, FilesThatDoNotFitAreNamedAtStart) {
  const auto fails = [&](const std::string& what) {
    StartServer(Flags(true));
    EXPECT_EQ(server_->Wait(), 1);
    EXPECT_THAT(Logs(), HasSubstr(what));
  };
  Write("server.key", Certificate::SelfSigned({}).KeyPem());
  fails("tls_key_file: " + folder_ + "/server.key is not the key of the certificate");
  WriteServer(authority_.Issue({}));
  Write("clients.pem", "nothing");
  fails("tls_client_ca_file: " + folder_ + "/clients.pem holds no PEM certificate");
  std::filesystem::remove(folder_ + "/server.pem");
  fails("tls_certificate_file: " + folder_ + "/server.pem cannot be read");
}

}  // namespace
}  // namespace windrow::integration
