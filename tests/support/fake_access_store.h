// Tenants and API keys in memory, for tests: passes the contract tests that PostgreSQL
// passes. The clock is the database's. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/store/access_store.h"

namespace windrow::testing {

class FakeAccessStore final : public store::AccessStore {
 public:
  // With the tenant `default`.
  explicit FakeAccessStore(const Clock& clock);

  // Hooks for tests. Every call answers this status from now on; OK: works again.
  void SetDown(absl::Status status);
  // How often LoadAccess was called.
  int loads() const;

  absl::StatusOr<store::Tenant> CreateTenant(const std::string& name) override;
  absl::StatusOr<std::vector<store::Tenant>> ListTenants() override;
  absl::StatusOr<store::Tenant> FindTenant(const std::string& name) override;
  absl::StatusOr<store::StoredApiKey> CreateApiKey(
      store::TenantId tenant, const std::string& key_id,
      const domain::ApiKeySpec& spec) override;
  absl::StatusOr<store::StoredApiKey> GetApiKey(store::TenantId tenant,
                                                const std::string& key_id) override;
  absl::StatusOr<store::ApiKeyPage> ListApiKeys(store::TenantId tenant,
                                                std::optional<std::int64_t> before,
                                                int limit) override;
  absl::StatusOr<store::StoredApiKey> RevokeApiKey(const store::Author& author,
                                                   const std::string& key_id) override;
  absl::StatusOr<std::optional<store::AccessKeys>> LoadAccess(
      std::optional<std::int64_t> known) override;
  absl::Status MarkApiKeysUsed(const std::vector<std::string>& key_ids) override;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  absl::Status down_;
  int loads_ = 0;
  std::int64_t version_ = 1;
  std::vector<store::Tenant> tenants_;
  std::map<std::string, store::StoredApiKey> keys_;  // by id
};

}  // namespace windrow::testing
