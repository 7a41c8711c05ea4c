#include "common/store/postgres/webhook_tenants.h"

#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {

absl::StatusOr<WebhookTenants::Tenants> WebhookTenants::Load(
    Connection* connection, const std::vector<Uuid>& webhooks) {
  ArrayParam ids(ArrayParam::kUuid, webhooks.size());
  for (const Uuid& id : webhooks) ids.AddUuid(id);
  WINDROW_ASSIGN_OR_RETURN(
      const Result rows,
      connection->Run(kFindWebhookTenants, Params().Array(std::move(ids))));
  Tenants loaded;
  for (int i = 0; i < rows.rows(); ++i) loaded[rows.Id(i, 0)] = rows.Int4(i, 1);
  return loaded;
}

absl::StatusOr<std::vector<TenantId>> WebhookTenants::Find(
    Connection* connection, std::span<const Uuid> webhooks) {
  std::vector<TenantId> found(webhooks.size());
  std::vector<Uuid> missing;
  {
    std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < webhooks.size(); ++i) {
      const auto known = tenants_.find(webhooks[i]);
      if (known != tenants_.end()) {
        found[i] = known->second;
      } else {
        missing.push_back(webhooks[i]);
      }
    }
  }
  if (missing.empty()) return found;
  WINDROW_ASSIGN_OR_RETURN(const Tenants loaded, Load(connection, missing));
  for (std::size_t i = 0; i < webhooks.size(); ++i) {
    const auto now = loaded.find(webhooks[i]);
    if (now != loaded.end()) found[i] = now->second;
  }
  std::lock_guard lock(mutex_);
  if (tenants_.size() + loaded.size() > kMost) tenants_.clear();
  tenants_.insert(loaded.begin(), loaded.end());
  return found;
}

absl::StatusOr<TenantId> WebhookTenants::FindOne(Connection* connection,
                                                 const Uuid& webhook) {
  WINDROW_ASSIGN_OR_RETURN(const std::vector<TenantId> tenants,
                           Find(connection, std::span(&webhook, 1)));
  return tenants.front();
}

}  // namespace windrow::store::postgres
