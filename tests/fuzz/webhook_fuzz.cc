// Profiles: whatever is stored is read or refused, checked without harm, and stored again
// as itself.
#include "common/domain/webhook.h"
#include "tests/fuzz/json_check.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {

WINDROW_FUZZ_TARGET(webhook) {
  auto spec = domain::SpecFromJson(std::string(input));
  const auto secrets = domain::SecretsFromJson(std::string(input));
  if (secrets.ok()) {
    const std::string json = domain::SecretsToJson(*secrets);
    Require(IsJson(json), "stored secrets are JSON");
    const auto back = domain::SecretsFromJson(json);
    Require(back.ok() && domain::SecretsToJson(*back) == json, "and stored as the same");
  } else {
    Require(absl::IsDataLoss(secrets.status()), "what cannot be read is damaged");
  }
  if (!spec.ok()) {
    Require(absl::IsDataLoss(spec.status()), "what cannot be read is damaged");
    return;
  }
  domain::Normalize(&*spec);
  Violations violations;
  domain::Validate(*spec, {}, "webhook", &violations);
  for (const Violation& violation : violations.list()) {
    Require(violation.field.starts_with("webhook") && !violation.rule.empty(),
            "a violation has its field and its rule");
  }
  if (!violations.empty()) return;
  const std::string json = domain::SpecToJson(*spec);
  Require(IsJson(json), "a stored profile is JSON");
  const auto back = domain::SpecFromJson(json);
  Require(back.ok() && *back == *spec, "a profile is read as itself");
  Require(!domain::ClosesOpenWindows(*spec, *back), "and is the same");
}

}  // namespace windrow::fuzz
