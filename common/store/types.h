// The plain structs that storage takes and gives.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/uuid.h"
#include "common/domain/event.h"
#include "common/domain/key_fields.h"
#include "common/domain/webhook.h"

namespace windrow::store {

using TenantId = std::int32_t;
inline constexpr TenantId kDefaultTenant = 1;

// A saved profile. `version` grows by one with every change.
struct StoredWebhook {
  TenantId tenant_id = 0;
  Uuid webhook_id;
  std::int32_t version = 0;
  domain::WebhookSpec spec;
  domain::WebhookSecrets secrets;
  // Not OK where `secrets` is empty because the stored ones could not be opened, and why:
  // FAILED_PRECONDITION (SECRETS_KEY_MISSING) names the key that the key ring lacks.
  absl::Status secrets_status;
  absl::Time created_at;
  absl::Time updated_at;
  std::optional<absl::Time> failing_since;  // the first failed request since a success
  int failures = 0;                         // since then
  std::string disable_reason;               // where Windrow disabled it
};

// Word for a tenant that a webhook of it was disabled by Windrow.
struct Notice {
  std::int64_t notice_id = 0;
  TenantId tenant_id = 0;
  Uuid webhook_id;
  std::int32_t webhook_version = 0;
  std::string webhook_name;
  std::string reason;
  absl::Time created_at;
};

struct StoredEvent {
  TenantId tenant_id = 0;
  std::int64_t escmsg_id = 0;
  absl::Time received_at;
  domain::Event event;  // occurred_at is set
  // Of its type when it was published; null: none.
  std::shared_ptr<const domain::KeyFields> key_fields;
};

// The numbers are stored and sent: never change one.
enum class DeliveryState : std::int16_t {
  kOpen = 1,
  kPending = 2,
  kInFlight = 3,
  kRetrying = 4,
  kSucceeded = 5,
  kFailed = 6,
  kCancelled = 7,
};

// http::ErrorKind and two of storage's own, as stored.
enum class AttemptError : std::int16_t {
  kNone = 0,
  kDns = 1,
  kRefusedAddress = 2,
  kConnect = 3,
  kTls = 4,
  kTimeout = 5,
  kReset = 6,
  kTooLarge = 7,
  kProtocol = 8,
  kInternal = 9,
  kHttp = 10,    // a status outside 200–299
  kPoison = 11,  // ended several workers without an outcome
  kToken = 12,   // no access token
};

struct ItemRef {
  std::int64_t escmsg_id = 0;
  std::int32_t notification_id = 0;

  bool operator==(const ItemRef&) const = default;
};

struct Attempt {
  int attempt = 0;  // counts from 1
  bool late = false;
  absl::Time started_at;
  absl::Duration duration;
  absl::Duration name_lookup, connect, tls, first_byte;  // zero: not reached
  std::string remote_address;
  int status_code = 0;
  AttemptError error = AttemptError::kNone;
  std::string error_detail;
  std::int64_t request_bytes = 0;
  std::int64_t response_bytes = 0;
  std::string response_headers;  // empty for lightweight logs
  std::string response_body;     // likewise
};

}  // namespace windrow::store
