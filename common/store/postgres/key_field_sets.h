// The lists of key fields that events name. They never change, so each is read once.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "common/domain/key_fields.h"
#include "common/store/postgres/connection.h"
#include "common/store/types.h"

namespace windrow::store::postgres {

// Thread-safe.
class KeyFieldSets {
 public:
  using Set = std::shared_ptr<const domain::KeyFields>;
  // Whose list it is, and its id.
  using Key = std::pair<TenantId, std::int32_t>;

  // These lists, parallel; null for the id 0. A statement only where one is not known
  // yet. DATA_LOSS where one is not stored.
  absl::StatusOr<std::vector<Set>> Find(Connection* connection,
                                        std::span<const Key> keys);

 private:
  using Sets = std::map<Key, Set>;
  // Far more than are in use at a time; each holds some hundred bytes a field.
  static constexpr std::size_t kMost = 10'000;

  static absl::StatusOr<Sets> Load(Connection* connection, const std::vector<Key>& keys);

  std::mutex mutex_;
  Sets sets_;
};

// Of columns with an id and with its fields; null where the id is. DATA_LOSS where they
// do not compile, which is checked when they are saved.
absl::StatusOr<KeyFieldSets::Set> ReadKeyFields(const Result& rows, int row, int id,
                                                int fields);

}  // namespace windrow::store::postgres
