// What `windrow apply` is about to do to one webhook, and its text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/profile_diff.h"
#include "cli/profile_yaml.h"
#include "windrow/v1/webhook.pb.h"

namespace windrow::cli {

enum class ApplyAction : std::uint8_t { kCreate, kUpdate, kNothing };

struct PlannedSecret {
  GivenSecret given;
  bool differs = true;  // from what is stored
};

struct ApplyPlan {
  ApplyAction action = ApplyAction::kNothing;
  // As it is sent: with the stored webhook's id, etag and notification ids.
  v1::Webhook webhook;
  std::vector<FieldChange> changes;
  std::vector<PlannedSecret> secrets;
};

// The plan for a webhook that is not there yet. `checked` is the server's answer to a
// CreateWebhook with validate_only.
ApplyPlan PlanCreate(const ProfileDocument& document, const v1::Webhook& checked);

// `sent` has the stored webhook's etag; `checked` is the answer to an UpdateWebhook of it
// with validate_only. The secrets of the plan are taken for different.
ApplyPlan PlanUpdate(const ProfileDocument& document, const v1::Webhook& stored,
                     const v1::Webhook& sent, const v1::Webhook& checked);

// An update with validate_only that tells whether the write-only fields in `field`
// ("signing_secret", or one such as "basic_auth") are as stored: its answer has an etag
// then. None where the stored webhook has no such field, so that they cannot be.
std::optional<v1::UpdateWebhookRequest> ProbeSecrets(const v1::Webhook& stored,
                                                     const v1::Webhook& wanted,
                                                     const std::string& field);

// "  ~ name: "a" → "b"", one line, ended by a line feed; harmless to a terminal.
std::string ChangeText(const FieldChange& change);
// "tickets: update" and a line for each change, each ended by a line feed; harmless to a
// terminal.
std::string PlanText(const ApplyPlan& plan);
// {"name":…,"action":"create|update|nothing","webhook_id":…,"changes":[{"field":…,
// "before":…,"after":…}],"write_only":[{"field":…,"differs":…}],"applied":…}. The ids and
// a secret that was made are those of `applied`, where it is not null.
std::string PlanJson(const ApplyPlan& plan, const v1::Webhook* applied);

}  // namespace windrow::cli
