#include "common/store/postgres/key_field_sets.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {

absl::StatusOr<KeyFieldSets::Set> ReadKeyFields(const Result& rows, int row, int id,
                                                int fields) {
  if (rows.IsNull(row, id)) return nullptr;
  auto set = domain::KeyFields::Of(rows.Int4(row, id), rows.Texts(row, fields));
  if (!set.ok()) {
    return absl::DataLossError(fmt::format("stored key fields {}: {}", rows.Int4(row, id),
                                           std::string(set.status().message())));
  }
  return std::make_shared<const domain::KeyFields>(*std::move(set));
}

absl::StatusOr<KeyFieldSets::Sets> KeyFieldSets::Load(Connection* connection,
                                                      const std::vector<Key>& keys) {
  ArrayParam tenants(ArrayParam::kInt4, keys.size()), ids(ArrayParam::kInt4, keys.size());
  for (const auto& [tenant, id] : keys) {
    tenants.AddInt4(tenant);
    ids.AddInt4(id);
  }
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      connection->Run(kLoadKeyFields,
                      Params().Array(std::move(tenants)).Array(std::move(ids))));
  Sets loaded;
  for (int i = 0; i < rows.rows(); ++i) {
    WINDROW_ASSIGN_OR_RETURN(Set set, ReadKeyFields(rows, i, 1, 2));
    loaded.emplace(Key(rows.Int4(i, 0), rows.Int4(i, 1)), std::move(set));
  }
  return loaded;
}

absl::StatusOr<std::vector<KeyFieldSets::Set>> KeyFieldSets::Find(
    Connection* connection, std::span<const Key> keys) {
  std::vector<Set> found(keys.size());
  std::vector<Key> missing;
  {
    std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i].second == 0) continue;
      const auto known = sets_.find(keys[i]);
      if (known != sets_.end()) {
        found[i] = known->second;
      } else {
        missing.push_back(keys[i]);
      }
    }
  }
  if (missing.empty()) return found;
  WINDROW_ASSIGN_OR_RETURN(const Sets loaded, Load(connection, missing));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].second == 0 || found[i] != nullptr) continue;
    const auto now = loaded.find(keys[i]);
    if (now == loaded.end()) {
      return absl::DataLossError(fmt::format(
          "an event names key fields {}, which are not stored", keys[i].second));
    }
    found[i] = now->second;
  }
  std::lock_guard lock(mutex_);
  if (sets_.size() + loaded.size() > kMost) sets_.clear();
  sets_.insert(loaded.begin(), loaded.end());
  return found;
}

}  // namespace windrow::store::postgres
