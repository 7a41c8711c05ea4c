#include "common/domain/access.h"

#include <absl/strings/ascii.h>

#include "common/domain/text.h"

namespace windrow::domain {
namespace {

constexpr std::size_t kMaxNameCharacters = 128;

bool IsCertificateName(std::string_view name) {
  for (const std::string_view kind : {"dns:", "uri:", "cn:"}) {
    if (name.starts_with(kind)) return name.size() > kind.size();
  }
  return false;
}

}  // namespace

std::string_view ScopeText(Scope scope) {
  switch (scope) {
    case Scope::kRead:
      return "read";
    case Scope::kPublish:
      return "publish";
    case Scope::kAdmin:
      return "admin";
  }
  return "unknown";
}

std::optional<Scope> ParseScope(std::string_view text) {
  for (const Scope scope : {Scope::kRead, Scope::kPublish, Scope::kAdmin}) {
    if (text == ScopeText(scope)) return scope;
  }
  return std::nullopt;
}

void CheckApiKey(ApiKeySpec* spec, absl::Time now, Violations* violations) {
  spec->name = std::string(Trim(spec->name));
  CheckText(spec->name,
            {.min = 1,
             .max = kMaxNameCharacters,
             .unit = Unit::kCharacters,
             .refuse_controls = true},
            "api_key.name", violations);
  const double rate = spec->requests_per_second;
  if (rate != 0 && !(rate >= kMinKeyRate && rate <= kMaxKeyRate)) {
    violations->Add("api_key.requests_per_second",
                    "must be 0.1–1,000,000, or 0 for no limit");
  }
  if (spec->expires_at && *spec->expires_at <= now) {
    violations->Add("api_key.expire_time", "is past: the key would never be of use");
  }
  if (spec->kind != KeyKind::kCertificate) return;
  // The names of hosts are of any case.
  if (spec->certificate_name.starts_with("dns:")) {
    absl::AsciiStrToLower(&spec->certificate_name);
  }
  const bool fits =
      CheckText(spec->certificate_name,
                {.min = 1, .max = kMaxCertificateNameBytes, .refuse_controls = true},
                "api_key.certificate_name", violations);
  if (fits && !IsCertificateName(spec->certificate_name)) {
    violations->Add("api_key.certificate_name",
                    "must say which name of the certificate it is: dns:NAME, uri:URI or "
                    "cn:NAME");
  }
}

absl::Status CheckTenantName(std::string_view name) {
  Violations violations;
  if (CheckText(name,
                {.min = 1,
                 .max = kMaxNameCharacters,
                 .unit = Unit::kCharacters,
                 .refuse_controls = true},
                "name", &violations) &&
      Trim(name) != name) {
    violations.Add("name", "has white space at an end");
  }
  return violations.ToStatus();
}

}  // namespace windrow::domain
