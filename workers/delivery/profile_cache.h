// Profiles by webhook and version, so that most claims read none.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "common/store/delivery_queue.h"
#include "workers/delivery/profile.h"

namespace windrow::delivery {

// A map that forgets what was longest not asked for. Not thread-safe.
template <typename Key, typename Value>
class LruMap {
 public:
  explicit LruMap(std::size_t capacity) : capacity_(capacity) {}

  const Value* Find(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }
  void Put(const Key& key, Value value) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      entries_.erase(found->second);
      places_.erase(found);
    }
    entries_.emplace_front(key, std::move(value));
    places_.emplace(key, entries_.begin());
    if (entries_.size() > capacity_) {
      places_.erase(entries_.back().first);
      entries_.pop_back();
    }
  }

 private:
  std::size_t capacity_;
  std::list<std::pair<Key, Value>> entries_;  // the last one asked for is in front
  absl::flat_hash_map<Key, typename std::list<std::pair<Key, Value>>::iterator> places_;
};

// Thread-safe. Errors are the queue's, and MakeProfile's.
class ProfileCache {
 public:
  // `queue` must outlive the cache.
  ProfileCache(store::DeliveryQueue* queue, bool allow_http,
               std::size_t capacity = 10'000);

  // The webhook's profile, of version `at_least` or newer.
  absl::StatusOr<std::shared_ptr<const Profile>> Current(const Uuid& webhook,
                                                         std::int32_t at_least);
  // How to render windows that froze `version`; needs no secret.
  absl::StatusOr<Contents> ContentsOf(const Uuid& webhook, std::int32_t version);
  // For webhooks that cannot be sent to: of `version`, or the default where it cannot be
  // read. Not cached.
  domain::RetryPolicy RetryPolicyOf(const Uuid& webhook, std::int32_t version);

 private:
  std::shared_ptr<const Profile> FindCurrent(const Uuid& webhook, std::int32_t at_least);

  store::DeliveryQueue* queue_;
  bool allow_http_;
  std::mutex mutex_;
  LruMap<Uuid, std::shared_ptr<const Profile>> profiles_;
  LruMap<std::pair<Uuid, std::int32_t>, Contents> contents_;
};

}  // namespace windrow::delivery
