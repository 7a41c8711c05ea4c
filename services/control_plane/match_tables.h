// The match tables of tenants, kept between publish transactions.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <unordered_map>

#include "common/base/log.h"
#include "common/store/webhook_store.h"

namespace windrow::control_plane {

// Not thread-safe: the committer's own. A table may be older than the database's; the
// publish transaction says so, and Forget makes the next Get load it anew.
class MatchTables {
 public:
  using Table = std::shared_ptr<const domain::MatchTable>;

  explicit MatchTables(store::WebhookStore& webhooks) : webhooks_(webhooks) {}

  absl::StatusOr<Table> Get(store::TenantId tenant) {
    const auto found = tables_.find(tenant);
    if (found != tables_.end()) return found->second;
    auto loaded = webhooks_.LoadMatchTable(tenant);
    if (loaded.ok()) {
      tables_[tenant] = *loaded;
      for (const domain::Match& broken : (*loaded)->broken()) {
        Log(LogLevel::kError, "condition_does_not_compile",
            {{"webhook_id", broken.webhook->webhook_id.ToString()},
             {"notification_id", broken.notification_id}});
      }
    }
    return loaded;
  }
  void Forget(store::TenantId tenant) { tables_.erase(tenant); }

 private:
  store::WebhookStore& webhooks_;
  std::unordered_map<store::TenantId, Table> tables_;
};

}  // namespace windrow::control_plane
