// Whose a webhook is. The queue wakes workers by webhooks alone, and everything that is
// asked of storage names the tenant too (docs/adr/0015); a webhook never changes hands,
// so each is looked up once.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include <mutex>
#include <span>
#include <vector>

#include "common/base/uuid.h"
#include "common/store/postgres/connection.h"
#include "common/store/types.h"

namespace windrow::store::postgres {

// Thread-safe.
class WebhookTenants {
 public:
  // The tenants of these webhooks, parallel; 0 where there is no such webhook. A
  // statement only where one is not known yet.
  absl::StatusOr<std::vector<TenantId>> Find(Connection* connection,
                                             std::span<const Uuid> webhooks);
  absl::StatusOr<TenantId> FindOne(Connection* connection, const Uuid& webhook);

 private:
  using Tenants = absl::flat_hash_map<Uuid, TenantId>;
  // Some 5 MB of them.
  static constexpr std::size_t kMost = 200'000;

  static absl::StatusOr<Tenants> Load(Connection* connection,
                                      const std::vector<Uuid>& webhooks);

  std::mutex mutex_;
  Tenants tenants_;
};

}  // namespace windrow::store::postgres
