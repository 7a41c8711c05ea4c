#include "workers/delivery/profile_cache.h"

#include "common/base/status.h"

namespace windrow::delivery {

ProfileCache::ProfileCache(store::DeliveryQueue* queue, bool allow_http,
                           std::size_t capacity)
    : queue_(queue), allow_http_(allow_http), profiles_(capacity), contents_(capacity) {}

std::shared_ptr<const Profile> ProfileCache::FindCurrent(const Uuid& webhook,
                                                         std::int32_t at_least) {
  std::lock_guard lock(mutex_);
  const auto* found = profiles_.Find(webhook);
  return found != nullptr && (*found)->version >= at_least ? *found : nullptr;
}

absl::StatusOr<std::shared_ptr<const Profile>> ProfileCache::Current(
    const Uuid& webhook, std::int32_t at_least) {
  if (auto found = FindCurrent(webhook, at_least)) return found;
  WINDROW_ASSIGN_OR_RETURN(store::StoredWebhook stored, queue_->LoadWebhook(webhook));
  WINDROW_ASSIGN_OR_RETURN(auto profile, MakeProfile(std::move(stored), allow_http_));
  std::lock_guard lock(mutex_);
  // Another thread may have loaded a newer one meanwhile.
  const auto* found = profiles_.Find(webhook);
  if (found != nullptr && (*found)->version > profile->version) return *found;
  profiles_.Put(webhook, profile);
  contents_.Put({webhook, profile->version}, profile->contents);
  return profile;
}

absl::StatusOr<Contents> ProfileCache::ContentsOf(const Uuid& webhook,
                                                  std::int32_t version) {
  {
    std::lock_guard lock(mutex_);
    if (const Contents* found = contents_.Find({webhook, version})) return *found;
  }
  WINDROW_ASSIGN_OR_RETURN(const domain::WebhookSpec spec,
                           queue_->LoadVersion(webhook, version));
  WINDROW_ASSIGN_OR_RETURN(Contents contents, Contents::Of(spec));
  std::lock_guard lock(mutex_);
  contents_.Put({webhook, version}, contents);
  return contents;
}

domain::RetryPolicy ProfileCache::RetryPolicyOf(const Uuid& webhook,
                                                std::int32_t version) {
  absl::StatusOr<domain::WebhookSpec> spec = queue_->LoadVersion(webhook, version);
  return spec.ok() ? std::move(spec->retry) : domain::RetryPolicy{};
}

}  // namespace windrow::delivery
