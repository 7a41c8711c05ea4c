// Secrets as texts: signing keys, base64, key files, and client certificates.
//
//   one text %% private key
#include <algorithm>

#include "common/crypto/base64.h"
#include "common/crypto/client_certificate.h"
#include "common/crypto/key_ring.h"
#include "common/crypto/standard_webhooks.h"
#include "common/domain/webhook.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'795'600'800);

// Behind what is given, so that a text that shows it is one that quotes.
constexpr char kMarker[] = "hunter2hunter2";

template <typename Text>
bool Shows(const Text& text) {
  return std::string(text).find(kMarker) != std::string::npos;
}

void CheckSigningKey(std::string_view secret) {
  const auto marked = crypto::SigningKey::Parse(std::string(secret).append(kMarker));
  Require(!Shows(marked.status().message()), "no error shows a secret");
  const auto key = crypto::SigningKey::Parse(secret);
  if (!key.ok()) return;
  Require(key->ToSecret() == secret, "a key has one spelling");
  const std::string signature = key->Sign("msg_1", 1'795'600'800, "{}");
  const auto mac = crypto::DecodeBase64(signature.substr(3));
  Require(signature.starts_with("v1,") && mac && mac->size() == 32,
          "a signature is v1 and 32 bytes");
}

// What may be saved is what can sign.
void CheckProfile(const std::string& secret) {
  Violations violations;
  domain::Validate(domain::WebhookSpec(), {.signing_secret = secret}, "webhook",
                   &violations);
  const bool accepted = std::ranges::none_of(violations.list(), [](const Violation& v) {
    return v.field == "webhook.signing_secret";
  });
  Require(secret.empty() || accepted == crypto::SigningKey::Parse(secret).ok(),
          "a webhook takes the secrets that sign");
}

void CheckBase64(std::string_view text) {
  const auto bytes = crypto::DecodeBase64(text);
  Require(!bytes || crypto::EncodeBase64(*bytes) == text, "base64 has one spelling");
  const auto back = crypto::DecodeBase64(crypto::EncodeBase64(text));
  Require(back && *back == text, "base64 keeps bytes");
}

void CheckKeyRing(std::string_view text) {
  const auto ring = crypto::KeyRing::Parse(text);
  if (!ring.ok()) return;
  const auto opened = ring->Open(ring->Seal("plain", "place"), "place");
  Require(opened.ok() && *opened == "plain", "a ring opens what it sealed");
}

void CheckCertificate(const std::string& chain, const std::string& key) {
  Violations violations;
  const auto facts = crypto::ReadClientCertificate(
      chain, key, kNow, "webhook.auth.client_certificate", &violations);
  Require(facts.has_value() == violations.empty(), "facts, or what is wrong");
  Violations marked;
  crypto::ReadClientCertificate(chain + kMarker, key + kMarker, kNow, "c", &marked);
  Require(std::ranges::none_of(marked.list(),
                               [](const Violation& v) { return Shows(v.rule); }),
          "no rule shows a key");
}

}  // namespace

WINDROW_FUZZ_TARGET(secret) {
  const std::vector<std::string> parts = Parts(input, 2);
  CheckSigningKey(parts[0]);
  CheckProfile(parts[0]);
  CheckBase64(parts[0]);
  CheckKeyRing(parts[0]);
  CheckCertificate(parts[0], parts[1]);
}

}  // namespace windrow::fuzz
