// Tenants and their API keys: what the control plane and the operator ask of storage.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/access.h"
#include "common/store/author.h"
#include "common/store/types.h"

namespace windrow::store {

inline constexpr int kMostApiKeys = 1'000;  // of a tenant, without revoked ones

struct Tenant {
  TenantId tenant_id = 0;
  std::string name;
  absl::Time created_at;
};

struct StoredApiKey {
  TenantId tenant_id = 0;
  std::string key_id;
  std::int64_t number = 0;  // grows with each key of the installation
  domain::ApiKeySpec spec;
  absl::Time created_at;
  std::optional<absl::Time> last_used_at;  // to the minute
  std::optional<absl::Time> revoked_at;
};

struct ApiKeyPage {
  std::vector<StoredApiKey> keys;  // newest first
  bool more = false;
};

// All keys of all tenants at one time.
struct AccessKeys {
  std::int64_t version = 0;  // raised by every change of keys
  bool any = false;          // whether there is a key, revoked and expired ones included
  // Live ones, and those that ended in the last 30 days.
  std::vector<StoredApiKey> keys;
};

// Thread-safe. UNAVAILABLE where the database cannot be reached.
class AccessStore {
 public:
  virtual ~AccessStore() = default;

  // ALREADY_EXISTS (TENANT_EXISTS).
  virtual absl::StatusOr<Tenant> CreateTenant(const std::string& name) = 0;
  // As they were created.
  virtual absl::StatusOr<std::vector<Tenant>> ListTenants() = 0;
  // NOT_FOUND (TENANT_NOT_FOUND).
  virtual absl::StatusOr<Tenant> FindTenant(const std::string& name) = 0;

  // RESOURCE_EXHAUSTED (TOO_MANY_API_KEYS) beyond kMostApiKeys; ALREADY_EXISTS
  // (CERTIFICATE_NAME_TAKEN) where a key of any tenant that is not revoked has that name,
  // and API_KEY_EXISTS where one has that id.
  virtual absl::StatusOr<StoredApiKey> CreateApiKey(TenantId tenant,
                                                    const std::string& key_id,
                                                    const domain::ApiKeySpec& spec) = 0;
  // NOT_FOUND (API_KEY_NOT_FOUND), also for another tenant's.
  virtual absl::StatusOr<StoredApiKey> GetApiKey(TenantId tenant,
                                                 const std::string& key_id) = 0;
  // Those with a number below `before`, where given; revoked ones included.
  virtual absl::StatusOr<ApiKeyPage> ListApiKeys(TenantId tenant,
                                                 std::optional<std::int64_t> before,
                                                 int limit) = 0;
  // For ever. One that is revoked already keeps its time. NOT_FOUND as above.
  virtual absl::StatusOr<StoredApiKey> RevokeApiKey(const Author& author,
                                                    const std::string& key_id) = 0;

  // None where `known` is the current version still: that is one tiny statement.
  virtual absl::StatusOr<std::optional<AccessKeys>> LoadAccess(
      std::optional<std::int64_t> known) = 0;
  // That these were used just now. Raises no version.
  virtual absl::Status MarkApiKeysUsed(const std::vector<std::string>& key_ids) = 0;
};

}  // namespace windrow::store
