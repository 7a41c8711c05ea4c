// API keys: who may call, and what for (docs/adr/0014).
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace windrow::domain {

// The numbers of both are stored: never change one.
enum class KeyKind : std::int16_t {
  kSecret = 1,       // sent with each call
  kCertificate = 2,  // a client certificate, by one of its names
};
enum class Scope : std::int16_t {
  kRead = 1,     // everything of the tenant may be read
  kPublish = 2,  // events may be published, and nothing be read
  kAdmin = 3,    // everything
};

// "read", "publish", "admin".
std::string_view ScopeText(Scope scope);
std::optional<Scope> ParseScope(std::string_view text);

// Whether a key of scope `has` may call what is for `wanted`.
constexpr bool Allows(Scope has, Scope wanted) {
  return has == Scope::kAdmin || has == wanted;
}

inline constexpr double kMinKeyRate = 0.1;
inline constexpr double kMaxKeyRate = 1'000'000;
inline constexpr std::size_t kMaxCertificateNameBytes = 512;

struct ApiKeySpec {
  KeyKind kind = KeyKind::kSecret;
  Scope scope = Scope::kRead;
  std::string name;                // 1–128 characters, for people; need not be unique
  std::string secret_sha256;       // 32 bytes; of kSecret
  std::string certificate_name;    // "dns:NAME", "uri:URI" or "cn:NAME"; of kCertificate
  double requests_per_second = 0;  // and events; kMinKeyRate–kMaxKeyRate, or 0: no limit
  std::optional<absl::Time> expires_at;  // none: never
  std::string created_by;                // as Caller::name

  bool operator==(const ApiKeySpec&) const = default;
};

// Trims the name, and adds what breaks a rule, under the names of the API's fields.
void CheckApiKey(ApiKeySpec* spec, absl::Time now, Violations* violations);
// A tenant's name: 1–128 characters without white space at its ends, compared by bytes.
absl::Status CheckTenantName(std::string_view name);

}  // namespace windrow::domain
