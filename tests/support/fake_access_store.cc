#include "tests/support/fake_access_store.h"

#include <algorithm>

#include "common/base/status.h"

namespace windrow::testing {
namespace {

constexpr absl::Duration kRemembered = absl::Hours(24 * 30);

absl::Status NoApiKey() {
  return WithReason(absl::NotFoundError("no API key has this id"), "API_KEY_NOT_FOUND");
}

}  // namespace

FakeAccessStore::FakeAccessStore(const Clock& clock) : clock_(clock) {
  tenants_.push_back({store::kDefaultTenant, "default", clock.Now()});
}

void FakeAccessStore::SetDown(absl::Status status) {
  std::lock_guard lock(mutex_);
  down_ = std::move(status);
}

int FakeAccessStore::loads() const {
  std::lock_guard lock(mutex_);
  return loads_;
}

absl::StatusOr<store::Tenant> FakeAccessStore::CreateTenant(const std::string& name) {
  std::lock_guard lock(mutex_);
  WINDROW_RETURN_IF_ERROR(down_);
  for (const store::Tenant& tenant : tenants_) {
    if (tenant.name == name) {
      return WithReason(absl::AlreadyExistsError("there is such a tenant already"),
                        "TENANT_EXISTS");
    }
  }
  tenants_.push_back({tenants_.back().tenant_id + 1, name, clock_.Now()});
  return tenants_.back();
}

absl::StatusOr<std::vector<store::Tenant>> FakeAccessStore::ListTenants() {
  std::lock_guard lock(mutex_);
  WINDROW_RETURN_IF_ERROR(down_);
  return tenants_;
}

absl::StatusOr<store::Tenant> FakeAccessStore::FindTenant(const std::string& name) {
  std::lock_guard lock(mutex_);
  WINDROW_RETURN_IF_ERROR(down_);
  for (const store::Tenant& tenant : tenants_) {
    if (tenant.name == name) return tenant;
  }
  return WithReason(absl::NotFoundError("there is no such tenant"), "TENANT_NOT_FOUND");
}

absl::StatusOr<store::StoredApiKey> FakeAccessStore::CreateApiKey(
    store::TenantId tenant, const std::string& key_id, const domain::ApiKeySpec& spec) {
  std::lock_guard lock(mutex_);
  WINDROW_RETURN_IF_ERROR(down_);
  int live = 0;
  std::int64_t last = 0;
  for (const auto& [id, key] : keys_) {
    last = std::max(last, key.number);
    if (key.revoked_at) continue;
    if (key.tenant_id == tenant) ++live;
    if (!spec.certificate_name.empty() &&
        key.spec.certificate_name == spec.certificate_name) {
      return WithReason(absl::AlreadyExistsError("a key for this name exists already"),
                        "CERTIFICATE_NAME_TAKEN");
    }
  }
  if (keys_.contains(key_id)) {
    return WithReason(absl::AlreadyExistsError("another key has this id"),
                      "API_KEY_EXISTS");
  }
  if (live >= store::kMostApiKeys) {
    return WithReason(absl::ResourceExhaustedError("the tenant has too many API keys"),
                      "TOO_MANY_API_KEYS");
  }
  ++version_;
  return keys_[key_id] = {.tenant_id = tenant,
                          .key_id = key_id,
                          .number = last + 1,
                          .spec = spec,
                          .created_at = clock_.Now()};
}

absl::StatusOr<store::StoredApiKey> FakeAccessStore::GetApiKey(
    store::TenantId tenant, const std::string& key_id) {
  std::lock_guard lock(mutex_);
  WINDROW_RETURN_IF_ERROR(down_);
  const auto found = keys_.find(key_id);
  if (found == keys_.end() || found->second.tenant_id != tenant) return NoApiKey();
  return found->second;
}

absl::StatusOr<store::ApiKeyPage> FakeAccessStore::ListApiKeys(
    store::TenantId tenant, std::optional<std::int64_t> before, int limit) {
  std::lock_guard lock(mutex_);
  WINDROW_RETURN_IF_ERROR(down_);
  store::ApiKeyPage page;
  for (const auto& [id, key] : keys_) {
    if (key.tenant_id == tenant && (!before || key.number < *before)) {
      page.keys.push_back(key);
    }
  }
  std::sort(page.keys.begin(), page.keys.end(),
            [](const auto& a, const auto& b) { return a.number > b.number; });
  page.more = page.keys.size() > static_cast<std::size_t>(limit);
  if (page.more) page.keys.resize(static_cast<std::size_t>(limit));
  return page;
}

absl::StatusOr<store::StoredApiKey> FakeAccessStore::RevokeApiKey(
    const store::Author& author, const std::string& key_id) {
  std::lock_guard lock(mutex_);
  WINDROW_RETURN_IF_ERROR(down_);
  const auto found = keys_.find(key_id);
  if (found == keys_.end() || found->second.tenant_id != author.tenant) return NoApiKey();
  if (!found->second.revoked_at) found->second.revoked_at = clock_.Now();
  ++version_;
  return found->second;
}

absl::StatusOr<std::optional<store::AccessKeys>> FakeAccessStore::LoadAccess(
    std::optional<std::int64_t> known) {
  std::lock_guard lock(mutex_);
  ++loads_;
  WINDROW_RETURN_IF_ERROR(down_);
  if (known == version_) return std::nullopt;
  store::AccessKeys access{.version = version_, .any = !keys_.empty()};
  const absl::Time since = clock_.Now() - kRemembered;
  for (const auto& [id, key] : keys_) {
    const absl::Time ended =
        std::min(key.revoked_at.value_or(absl::InfiniteFuture()),
                 key.spec.expires_at.value_or(absl::InfiniteFuture()));
    if (ended > since) access.keys.push_back(key);
  }
  return access;
}

absl::Status FakeAccessStore::MarkApiKeysUsed(const std::vector<std::string>& key_ids) {
  std::lock_guard lock(mutex_);
  WINDROW_RETURN_IF_ERROR(down_);
  for (const std::string& id : key_ids) {
    if (keys_.contains(id)) keys_[id].last_used_at = clock_.Now();
  }
  return absl::OkStatus();
}

}  // namespace windrow::testing
