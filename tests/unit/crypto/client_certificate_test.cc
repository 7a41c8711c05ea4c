#include "common/crypto/client_certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <vector>

#include "tests/support/certificates.h"

namespace windrow::crypto {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;
using testing_support::Certificate;

struct Reading {
  std::optional<CertificateFacts> facts;
  std::vector<std::pair<std::string, std::string>> violations;
};

Reading Read(std::string_view chain, std::string_view key, absl::Time now = absl::Now()) {
  Violations violations;
  Reading reading{.facts = ReadClientCertificate(chain, key, now, "w.cc", &violations)};
  for (const Violation& violation : violations.list()) {
    EXPECT_THAT(violation.rule, Not(HasSubstr("hunter2")));
    reading.violations.emplace_back(violation.field, violation.rule);
  }
  EXPECT_EQ(reading.facts.has_value(), reading.violations.empty());
  return reading;
}

const Certificate kAuthority = Certificate::SelfSigned({.name = "Authority"});

TEST(ClientCertificateTest, TellsWhoseItIsAndHowLong) {
  const absl::Time before = absl::Now();
  const Certificate own = kAuthority.Issue({.name = "Zoë+1"});
  const Reading reading = Read(own.Pem(), own.KeyPem());
  ASSERT_TRUE(reading.facts) << reading.violations.front().second;
  EXPECT_EQ(reading.facts->subject, "CN=Zoë\\+1");
  EXPECT_GE(reading.facts->expires_at, before + absl::Seconds(3'598));
  EXPECT_LE(reading.facts->expires_at, absl::Now() + absl::Seconds(3'601));
}

TEST(ClientCertificateTest, AChainIsTheCertificatesOwnAndItsSigners) {
  const Certificate own = kAuthority.Issue({.name = "windrow"});
  const Reading reading = Read("A note.\n" + own.Pem({&kAuthority}) + "\n", own.KeyPem());
  ASSERT_TRUE(reading.facts);
  EXPECT_EQ(reading.facts->subject, "CN=windrow");
  // The other way round the key is not the first one's.
  EXPECT_THAT(
      Read(kAuthority.Pem({&own}), own.KeyPem()).violations,
      ElementsAre(Pair("w.cc.private_key", HasSubstr("is not the key of the first"))));
}

TEST(ClientCertificateTest, BothAreWanted) {
  const Certificate own = kAuthority.Issue({.name = "windrow"});
  EXPECT_THAT(Read(own.Pem(), "").violations,
              ElementsAre(Pair("w.cc.private_key", StartsWith("is required"))));
  EXPECT_THAT(Read("", own.KeyPem()).violations,
              ElementsAre(Pair("w.cc.certificate_chain", StartsWith("is required"))));
  EXPECT_THAT(Read("", "").violations,
              ElementsAre(Pair("w.cc.certificate_chain", StartsWith("is required")),
                          Pair("w.cc.private_key", StartsWith("is required"))));
}

TEST(ClientCertificateTest, WhatIsNoPemIsRefused) {
  const Certificate own = kAuthority.Issue({.name = "windrow"});
  std::string broken = own.Pem();
  broken[100] = '!';
  for (const std::string& chain :
       {std::string("hunter2"), own.KeyPem(), broken, std::string(100, '\0'),
        std::string(
            "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n")}) {
    EXPECT_THAT(Read(chain, own.KeyPem()).violations,
                ElementsAre(Pair("w.cc.certificate_chain", HasSubstr("PEM form"))));
  }
  EXPECT_THAT(
      Read(own.Pem() + broken, own.KeyPem()).violations,
      ElementsAre(Pair("w.cc.certificate_chain", "certificate 2 cannot be read")));
  for (const std::string& key : {std::string("hunter2"), own.Pem()}) {
    EXPECT_THAT(Read(own.Pem(), key).violations,
                ElementsAre(Pair("w.cc.private_key", HasSubstr("PEM form"))));
  }
}

TEST(ClientCertificateTest, AnExpiredOneIsRefusedWithItsEnd) {
  const Certificate own = kAuthority.Issue({.name = "windrow"});
  EXPECT_THAT(Read(own.Pem(), own.KeyPem(), absl::Now() + absl::Hours(2)).violations,
              ElementsAre(Pair("w.cc.certificate_chain", StartsWith("expired at 20"))));
}

TEST(ClientCertificateTest, ASizeOverItsLimitIsRefusedUnread) {
  const Certificate own = kAuthority.Issue({.name = "windrow"});
  EXPECT_THAT(Read(std::string((64u << 10) + 1, 'a'), std::string((16u << 10) + 1, 'a'))
                  .violations,
              ElementsAre(Pair("w.cc.certificate_chain", HasSubstr("at most 65536")),
                          Pair("w.cc.private_key", HasSubstr("at most 16384"))));
  const std::vector<const Certificate*> signers(10, &kAuthority);
  EXPECT_THAT(Read(own.Pem(signers), own.KeyPem()).violations,
              ElementsAre(Pair("w.cc.certificate_chain", HasSubstr("11 certificates"))));
}

using Bio = std::unique_ptr<BIO, int (*)(BIO*)>;
using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

std::string PemOf(EVP_PKEY* key, const char* passphrase) {
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_PrivateKey(bio.get(), key, passphrase ? EVP_aes_256_cbc() : nullptr,
                           nullptr, 0, nullptr, const_cast<char*>(passphrase));
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST(ClientCertificateTest, AnEncryptedKeyIsRefusedAsThat) {
  const Certificate own = kAuthority.Issue({.name = "windrow"});
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  EXPECT_THAT(Read(own.Pem(), PemOf(key.get(), "hunter2")).violations,
              ElementsAre(Pair("w.cc.private_key", StartsWith("is encrypted"))));
}

TEST(ClientCertificateTest, AWeakKeyIsRefused) {
  const Certificate own = kAuthority.Issue({.name = "windrow"});
  const Key key(EVP_RSA_gen(1'024), &EVP_PKEY_free);
  EXPECT_THAT(Read(own.Pem(), PemOf(key.get(), nullptr)).violations,
              ElementsAre(Pair("w.cc.private_key", HasSubstr("is not the key")),
                          Pair("w.cc.private_key", HasSubstr("RSA of 2,048 bits"))));
}

}  // namespace
}  // namespace windrow::crypto
