// A webhook that is well, and what Validate says of one that is not.
#pragma once

#include <string>
#include <vector>

#include "common/domain/webhook.h"

namespace windrow::domain {

inline WebhookSpec Spec() {
  WebhookSpec spec;
  spec.name = "Tickets to Example";
  spec.url = "https://example.com/hook";
  spec.triggers = {{0, "ticket.created"}};
  return spec;
}

inline std::vector<Violation> Check(const WebhookSpec& spec,
                                    const WebhookSecrets& secrets = {}) {
  Violations violations;
  Validate(spec, secrets, "webhook", &violations);
  return violations.list();
}

inline std::vector<std::string> BrokenFields(const WebhookSpec& spec,
                                             const WebhookSecrets& secrets = {}) {
  std::vector<std::string> fields;
  for (const Violation& violation : Check(spec, secrets))
    fields.push_back(violation.field);
  return fields;
}

inline std::string RuleFor(const WebhookSpec& spec, const WebhookSecrets& secrets = {}) {
  const std::vector<Violation> violations = Check(spec, secrets);
  return violations.size() == 1 ? violations[0].rule : "not one violation";
}

}  // namespace windrow::domain
