#include "common/crypto/request_signer.h"

#include <utility>

#include "common/base/status.h"

namespace windrow::crypto {

absl::StatusOr<RequestSigner> RequestSigner::Of(
    const std::vector<domain::KeyInForce>& keys) {
  RequestSigner signer;
  for (const domain::KeyInForce& key : keys) {
    if (key.text.starts_with("whsk_")) {
      WINDROW_ASSIGN_OR_RETURN(Ed25519Key parsed, Ed25519Key::Parse(key.text));
      signer.entries_.push_back({std::move(parsed), key.until});
    } else {
      WINDROW_ASSIGN_OR_RETURN(SigningKey parsed, SigningKey::Parse(key.text));
      signer.entries_.push_back({std::move(parsed), key.until});
    }
  }
  return signer;
}

std::string RequestSigner::Sign(std::string_view id, absl::Time now,
                                std::string_view body) const {
  const std::int64_t seconds = absl::ToUnixSeconds(now);
  std::string signatures;
  for (const Entry& entry : entries_) {
    if (now >= entry.until) continue;
    if (!signatures.empty()) signatures += ' ';
    signatures += std::visit([&](const auto& key) { return key.Sign(id, seconds, body); },
                             entry.key);
  }
  return signatures;
}

}  // namespace windrow::crypto
