// Certificates made while a test runs: good ones, and each kind of bad one.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace windrow::testing_support {

class Certificate {
 public:
  struct Options {
    std::string name = "localhost";          // the DNS name it is for
    std::chrono::seconds valid_from{-3600};  // from now
    std::chrono::seconds valid_until{3600};
    bool signs = false;  // may sign others; a self-signed one always may
  };

  // Signed by its own key, and fit to sign others.
  static Certificate SelfSigned(Options options);
  Certificate Issue(Options options) const;

  // Makes a server show it.
  void Install(SSL_CTX* context) const;
  // Makes a server want a client certificate that this one, or one that it issued,
  // signed.
  void WantClients(SSL_CTX* context) const;
  // In PEM: without and with the line of those that signed it, which `chain` lists from
  // the nearest on.
  std::string Pem(const std::vector<const Certificate*>& chain = {}) const;
  std::string KeyPem() const;
  // Writes it, without its key, to a new file below the test's temporary folder.
  std::string WritePem() const;

 private:
  using Key = std::shared_ptr<EVP_PKEY>;
  using Body = std::shared_ptr<X509>;

  Certificate(Key key, Body body) : key_(std::move(key)), body_(std::move(body)) {}
  static Certificate Make(const Options& options, const Certificate* issuer);

  Key key_;
  Body body_;
};

}  // namespace windrow::testing_support
