// What applying a profile changes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "windrow/v1/webhook.pb.h"

namespace windrow::cli {

// One field that is added (no `before`), removed (no `after`) or changed. Texts are as
// JSON has them. Headers and custom fields go by their names, headers[X-Team].value;
// triggers by their place, triggers[0].condition, those of a stored webhook matched by
// notification_id.
struct FieldChange {
  std::string field;
  std::optional<std::string> before;
  std::optional<std::string> after;

  bool operator==(const FieldChange&) const = default;
};

// Of everything that a profile says; write-only fields are never in it.
std::vector<FieldChange> DiffWebhooks(const v1::Webhook& before,
                                      const v1::Webhook& after);
// Likewise of any other message of the API. Times are left out.
std::vector<FieldChange> DiffMessages(const google::protobuf::Message& before,
                                      const google::protobuf::Message& after);

// Lets `wanted` name the stored webhook's triggers, so that they keep their notification
// ids: those that are the same first, then those of the same event type, in order. What a
// file need not say stays as it is stored: `enabled`, of the webhook and of its triggers.
void KeepStored(const v1::Webhook& stored, v1::Webhook* wanted);

}  // namespace windrow::cli
