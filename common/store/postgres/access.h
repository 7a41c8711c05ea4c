// Tenants and API keys in PostgreSQL: apart from the rest of storage, since it needs no
// key ring, and must answer while the other connections are all in use.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/store/access_store.h"
#include "common/store/postgres/pool.h"

namespace windrow::store::postgres {

// Thread-safe. A lost database is UNAVAILABLE until it is back; nothing needs a restart.
class PostgresAccess final : public AccessStore {
 public:
  // Connects once, to check the schema (SCHEMA_MISMATCH where it does not fit). Two
  // connections at most.
  static absl::StatusOr<std::unique_ptr<PostgresAccess>> Open(
      const std::string& url, const std::string& application_name);

  absl::StatusOr<Tenant> CreateTenant(const std::string& name) override;
  absl::StatusOr<std::vector<Tenant>> ListTenants() override;
  absl::StatusOr<Tenant> FindTenant(const std::string& name) override;
  absl::StatusOr<StoredApiKey> CreateApiKey(TenantId tenant, const std::string& key_id,
                                            const domain::ApiKeySpec& spec) override;
  absl::StatusOr<StoredApiKey> GetApiKey(TenantId tenant,
                                         const std::string& key_id) override;
  absl::StatusOr<ApiKeyPage> ListApiKeys(TenantId tenant,
                                         std::optional<std::int64_t> before,
                                         int limit) override;
  absl::StatusOr<StoredApiKey> RevokeApiKey(const Author& author,
                                            const std::string& key_id) override;
  absl::StatusOr<std::optional<AccessKeys>> LoadAccess(
      std::optional<std::int64_t> known) override;
  absl::Status MarkApiKeysUsed(const std::vector<std::string>& key_ids) override;

 private:
  explicit PostgresAccess(ConnectOptions options) : pool_(std::move(options), 2) {}

  Pool pool_;
};

}  // namespace windrow::store::postgres
