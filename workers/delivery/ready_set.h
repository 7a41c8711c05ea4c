// The webhooks that may have due windows, each to be asked for in its turn.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <list>
#include <vector>

#include "common/base/uuid.h"

namespace windrow::delivery {

// Not thread-safe.
class ReadySet {
 public:
  // Goes to the end of the row; one that is there already keeps its place.
  void Add(const Uuid& webhook);
  void Remove(const Uuid& webhook);

  // The first `most` of the row.
  std::vector<Uuid> Front(std::size_t most) const;
  // Moves the first `count` to the end: they had their turn.
  void Rotate(std::size_t count);

  std::size_t size() const { return row_.size(); }
  bool empty() const { return row_.empty(); }

 private:
  std::list<Uuid> row_;
  absl::flat_hash_map<Uuid, std::list<Uuid>::iterator> places_;
};

}  // namespace windrow::delivery
