// The flags that describe a webhook, the same for `create` and `update`.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/signing_flags.h"
#include "cli/webhook_auth_flags.h"
#include "windrow/v1/webhook.pb.h"

namespace CLI {
class App;
}

namespace windrow::cli {

struct WebhookFlags {
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<std::string> url;
  std::optional<std::string> type;     // standard, slack, teams, discord
  std::optional<std::string> message;  // its template
  std::optional<std::string> message_file;
  std::optional<std::string> method;   // post, get, put, patch
  std::optional<std::string> payload;  // small, full, event-only, custom
  std::vector<std::string> fields;     // "KEY=PATH" or "KEY=id:PATH"
  std::optional<std::string> template_file;
  std::vector<std::string> events;
  std::vector<std::string> conditions;  // "TYPE={json}" or "TYPE=@file"
  std::optional<std::string> batch;     // none, same-event, same-event-type, any
  std::optional<absl::Duration> batch_wait;
  std::optional<int> batch_max_items;
  std::vector<std::string> headers;  // "N: V"
  AuthFlags auth;
  std::optional<absl::Duration> timeout;
  std::optional<double> rate_per_second;
  std::optional<int> max_concurrent;
  std::optional<std::string> ordering;  // none, per-object, per-webhook
  std::optional<absl::Duration> disable_after;
  std::optional<int> disable_after_failures;
  std::optional<int> max_hops;
  std::vector<absl::Duration> retry_delays;
  bool lightweight_logs = false;
  bool full_logs = false;
  std::vector<std::string> labels;  // "k=v"
  SigningFlags signing;
  bool enabled = false;
  bool disabled = false;

  // Fields of the stored webhook that an update must read first: triggers keep their
  // notification ids, a batching or OAuth flag leaves the other settings alone, and
  // another payload takes the place of a custom one.
  bool NeedsCurrent() const;
};

void AddWebhookFlags(CLI::App* app, WebhookFlags* flags);

// Puts what was given into `webhook`, and the names of its fields into `mask`. `current`
// is the stored webhook, or null when creating. `in` is read for --password-stdin. Errors
// name the flag. Rules of fields are the server's to check.
absl::Status ApplyWebhookFlags(const WebhookFlags& flags, const v1::Webhook* current,
                               std::istream& in, v1::Webhook* webhook,
                               google::protobuf::FieldMask* mask);

}  // namespace windrow::cli
