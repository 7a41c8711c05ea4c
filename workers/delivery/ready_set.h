// The webhooks that may have due windows, each to be asked for in its turn.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

#include <cstddef>
#include <list>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/base/uuid.h"

namespace windrow::delivery {

// Not thread-safe. Holds kMost names at most, in the row and held back: what it does not
// take is found again by a scan of its bucket.
class ReadySet {
 public:
  static constexpr std::size_t kMost = 100'000;

  // Goes to the end of the row; one that is there already keeps its place. Nothing where
  // it is held back.
  void Add(const Uuid& webhook);
  void Remove(const Uuid& webhook);

  // Takes one out of the row until then, whatever is added meanwhile.
  void HoldBack(const Uuid& webhook, absl::Time until, bool until_freed);
  // A request of it has ended: is added, unless it is held back for another reason.
  void Freed(const Uuid& webhook);
  // Adds those whose time has come.
  void AddHeldBack(absl::Time now);
  // When that is, of the first of them.
  std::optional<absl::Time> NextHeldBack() const;

  // The first `most` of the row.
  std::vector<Uuid> Front(std::size_t most) const;
  // Moves the first `count` to the end: they had their turn.
  void Rotate(std::size_t count);

  std::size_t size() const { return row_.size(); }
  std::size_t held_back() const { return holds_.size(); }
  bool empty() const { return row_.empty(); }

 private:
  struct Hold {
    absl::Time until;
    bool until_freed = false;
  };
  void EndHold(const Uuid& webhook);

  std::list<Uuid> row_;
  absl::flat_hash_map<Uuid, std::list<Uuid>::iterator> places_;
  absl::flat_hash_map<Uuid, Hold> holds_;
  std::set<std::pair<absl::Time, Uuid>> holds_by_time_;
};

}  // namespace windrow::delivery
