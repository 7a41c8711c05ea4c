#include "cli/dev/verifier.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <charconv>
#include <optional>
#include <sstream>

#include "common/base/status.h"

namespace windrow::cli {
namespace {

constexpr absl::Duration kTolerance = absl::Minutes(5);

std::optional<std::int64_t> ParseSeconds(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds;
}

absl::StatusOr<std::vector<Verifier::Key>> ParseAll(
    const std::vector<std::string>& secrets) {
  std::vector<Verifier::Key> keys;
  for (const std::string& secret : secrets) {
    if (secret.starts_with("whpk_")) {
      WINDROW_ASSIGN_OR_RETURN(auto key, crypto::Ed25519PublicKey::Parse(secret));
      keys.emplace_back(std::move(key));
    } else {
      WINDROW_ASSIGN_OR_RETURN(auto key, crypto::SigningKey::Parse(secret));
      keys.emplace_back(std::move(key));
    }
  }
  return keys;
}

// Whether `key` made the one signature.
bool Fits(const crypto::SigningKey& key, const SignedHeaders& headers,
          std::int64_t timestamp, std::string_view body, const std::string& one) {
  const std::string expected = key.Sign(headers.id, timestamp, body);
  // In constant time: how much of it fits must not show.
  return one.size() == expected.size() &&
         CRYPTO_memcmp(one.data(), expected.data(), one.size()) == 0;
}

bool Fits(const crypto::Ed25519PublicKey& key, const SignedHeaders& headers,
          std::int64_t timestamp, std::string_view body, const std::string& one) {
  return key.Verify(headers.id, timestamp, body, one);
}

}  // namespace

absl::StatusOr<Verifier> Verifier::Make(const std::vector<std::string>& secrets,
                                        Source source) {
  WINDROW_ASSIGN_OR_RETURN(auto keys, ParseAll(secrets));
  return Verifier(std::move(keys), std::move(source));
}

absl::Status Verifier::Verify(const SignedHeaders& headers, std::string_view body,
                              absl::Time now) {
  if (headers.id.empty() || headers.timestamp.empty() || headers.signature.empty()) {
    return absl::UnauthenticatedError(
        "webhook-id, webhook-timestamp or webhook-signature is missing");
  }
  const std::optional<std::int64_t> timestamp = ParseSeconds(headers.timestamp);
  if (!timestamp) return absl::UnauthenticatedError("webhook-timestamp is not a number");
  const absl::Duration age = now - absl::FromUnixSeconds(*timestamp);
  if (absl::AbsDuration(age) > kTolerance) {
    return absl::UnauthenticatedError("webhook-timestamp is over 5 minutes from now");
  }
  if (AnyFits(headers, *timestamp, body)) return absl::OkStatus();
  if (source_ != nullptr) {
    WINDROW_RETURN_IF_ERROR(Refresh());
    if (AnyFits(headers, *timestamp, body)) return absl::OkStatus();
  }
  return absl::UnauthenticatedError("no known secret or key made this signature");
}

bool Verifier::AnyFits(const SignedHeaders& headers, std::int64_t timestamp,
                       std::string_view body) const {
  std::istringstream given(headers.signature);
  for (std::string one; given >> one;) {
    for (const Key& key : keys_) {
      const bool fits = std::visit(
          [&](const auto& of_scheme) {
            return Fits(of_scheme, headers, timestamp, body, one);
          },
          key);
      if (fits) return true;
    }
  }
  return false;
}

absl::Status Verifier::Refresh() {
  WINDROW_ASSIGN_OR_RETURN(const std::vector<std::string> secrets, source_());
  WINDROW_ASSIGN_OR_RETURN(keys_, ParseAll(secrets));
  return absl::OkStatus();
}

}  // namespace windrow::cli
