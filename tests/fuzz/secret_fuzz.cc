// Secrets as texts: signing keys of both schemes, base64, key files, and client
// certificates.
//
//   one text %% private key, or signature
#include <algorithm>

#include "common/crypto/base64.h"
#include "common/crypto/client_certificate.h"
#include "common/crypto/ed25519_key.h"
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

// A key may be given as its 32 bytes, 42 digits of base64 and what is left of them; it is
// stored with its public half behind.
bool IsSpellingOf(std::string_view given, std::string_view stored) {
  constexpr std::size_t kPrefix = 5, kDigits = 42;
  return given == stored ||
         (given.size() == kPrefix + kDigits + 2 &&
          given.substr(0, kPrefix + kDigits) == stored.substr(0, kPrefix + kDigits));
}

void CheckEd25519Key(std::string_view secret) {
  const auto marked = crypto::Ed25519Key::Parse(std::string(secret).append(kMarker));
  Require(!Shows(marked.status().message()), "no error shows a private key");
  const auto key = crypto::Ed25519Key::Parse(secret);
  if (!key.ok()) return;
  const std::string stored = key->ToSecret();
  Require(IsSpellingOf(secret, stored), "a private key has two spellings");
  const auto again = crypto::Ed25519Key::Parse(stored);
  Require(
      again.ok() && again->ToSecret() == stored && again->PublicKey() == key->PublicKey(),
      "what is stored is the same key");
  const auto verifier = crypto::Ed25519PublicKey::Parse(key->PublicKey());
  Require(verifier.ok(), "a public key is one");
  const std::string signature = key->Sign("msg_1", 1'795'600'800, "{}");
  Require(verifier->Verify("msg_1", 1'795'600'800, "{}", signature),
          "its public half verifies what a key signed");
  Require(!verifier->Verify("msg_1", 1'795'600'800, "{ }", signature),
          "and nothing else");
}

// Signatures of any bytes, also for keys that are no point of the curve. No promise which
// are good: with a key of low order, which only its own user could name, many are.
void CheckVerifying(std::string_view public_key, std::string_view signature) {
  const auto verifier = crypto::Ed25519PublicKey::Parse(public_key);
  if (!verifier.ok()) return;
  verifier->Verify("msg_1", 1'795'600'800, "{}", signature);
  Require(!verifier->Verify("msg_1", 1'795'600'800, "{}", ""), "no signature is none");
}

bool IsTaken(const domain::WebhookSecrets& secrets, std::string_view field) {
  Violations violations;
  domain::Validate(domain::WebhookSpec(), secrets, "webhook", &violations);
  return std::ranges::none_of(violations.list(),
                              [&](const Violation& v) { return v.field == field; });
}

// What may be saved is what can sign; whether a key fits its public half is looked at
// when it is given.
void CheckProfile(const std::string& secret) {
  if (secret.empty()) return;
  Require(IsTaken({.signing_secret = secret}, "webhook.signing_secret") ==
              crypto::SigningKey::Parse(secret).ok(),
          "a webhook takes the secrets that sign");
  const bool taken = IsTaken({.signing_key = secret}, "webhook.signing_key");
  const auto key = crypto::Ed25519Key::Parse(secret);
  Require(!key.ok() || IsTaken({.signing_key = key->ToSecret()}, "webhook.signing_key"),
          "a webhook takes the keys that sign, as they are stored");
  const bool misfits =
      std::string(key.status().message()).find("are not the public key") !=
      std::string::npos;
  Require(!taken || key.ok() || misfits, "what a webhook takes is a key");
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
  CheckEd25519Key(parts[0]);
  CheckVerifying(parts[0], parts[1]);
  CheckProfile(parts[0]);
  CheckBase64(parts[0]);
  CheckKeyRing(parts[0]);
  CheckCertificate(parts[0], parts[1]);
}

}  // namespace windrow::fuzz
