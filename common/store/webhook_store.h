// Profiles: what the control plane asks of storage.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <vector>

#include "common/domain/matching.h"
#include "common/filter/filter.h"
#include "common/store/author.h"
#include "common/store/list_fields.h"
#include "common/store/types.h"

namespace windrow::store {

// Newest first.
struct WebhookQuery {
  filter::Filter where;        // of kWebhookFields
  std::optional<Uuid> before;  // continue behind this one
  int limit = 50;
  int examine = kMostExamined;  // look at no more than so many; at least 1
};

struct WebhookPage {
  std::vector<StoredWebhook> webhooks;
  // There may be more: continue with `before` = `position`, which is further on than the
  // query's own, also where nothing was found.
  bool more = false;
  std::optional<Uuid> position;
  int examined = 0;
};

// Thread-safe. Every change raises the tenant's config version in its own transaction,
// and leaves its entry in the audit log (audit_store.h). Errors beside those named:
// UNAVAILABLE where the database cannot be reached.
class WebhookStore {
 public:
  virtual ~WebhookStore() = default;

  // Gives the webhook its id, version 1, and its triggers their notification ids. Event
  // types of its triggers that the catalogue does not hold are added as expected ones, as
  // far as the tenant learns and has room. ALREADY_EXISTS (WEBHOOK_NAME_TAKEN).
  virtual absl::StatusOr<StoredWebhook> Create(const Author& author,
                                               domain::WebhookSpec spec,
                                               domain::WebhookSecrets secrets) = 0;
  // NOT_FOUND (WEBHOOK_NOT_FOUND), also for another tenant's. A webhook whose secrets
  // cannot be opened is read too, here and in lists: see StoredWebhook::secrets_status.
  virtual absl::StatusOr<StoredWebhook> Get(TenantId tenant, const Uuid& id) = 0;
  virtual absl::StatusOr<WebhookPage> List(TenantId tenant,
                                           const WebhookQuery& query) = 0;
  // Replaces spec and secrets of version `expected`; ABORTED (ETAG_MISMATCH) where it is
  // no longer that. Triggers with notification_id 0 are given one; their event types go
  // into the catalogue as above. Closes the open windows where domain::ClosesOpenWindows
  // says so; cancels what has not started where the webhook is disabled.
  virtual absl::StatusOr<StoredWebhook> Update(const Author& author, const Uuid& id,
                                               std::int32_t expected,
                                               domain::WebhookSpec spec,
                                               domain::WebhookSecrets secrets) = 0;
  // Cancels what has not started. `expected` as above, where given.
  virtual absl::Status Delete(const Author& author, const Uuid& id,
                              std::optional<std::int32_t> expected) = 0;

  // What is to be published about webhooks and was not yet, oldest first.
  virtual absl::StatusOr<std::vector<Notice>> ListNotices(int limit) = 0;
  virtual absl::Status DeleteNotice(std::int64_t notice_id) = 0;

  // The enabled webhooks of a tenant with their config version, and its catalogue, for
  // matching.
  virtual absl::StatusOr<std::shared_ptr<const domain::MatchTable>> LoadMatchTable(
      TenantId tenant) = 0;
};

}  // namespace windrow::store
