// Webhook messages that tests change in one place each.
#pragma once

#include <string>
#include <vector>

#include "common/base/status.h"
#include "services/control_plane/webhook_mapping.h"
#include "windrow/v1/webhook.pb.h"

namespace windrow::control_plane {

inline constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

// Only what a webhook cannot do without.
inline v1::Webhook MinimalWebhook() {
  v1::Webhook webhook;
  webhook.set_name("Helpdesk");
  webhook.set_url("https://example.com/hook");
  webhook.add_triggers()->set_event_type("ticket.created");
  return webhook;
}

// What a creation would answer about it.
inline std::vector<Violation> ViolationsOfNew(const v1::Webhook& webhook,
                                              const UrlPolicy& policy = {}) {
  Violations violations;
  Profile profile = NewProfile(webhook, policy, &violations);
  CheckProfile(&profile, &violations);
  return violations.list();
}

inline std::vector<std::string> FieldsOf(const std::vector<Violation>& violations) {
  std::vector<std::string> fields;
  for (const Violation& violation : violations) fields.push_back(violation.field);
  return fields;
}

}  // namespace windrow::control_plane
