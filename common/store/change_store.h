// What changed, in the order in which it was recorded: for those who watch.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <vector>

#include "common/store/delivery_store.h"
#include "common/store/types.h"

namespace windrow::store {

// A place in the log of changes; grows.
using ChangeCursor = std::int64_t;

struct Change {
  ChangeCursor place = 0;
  absl::Time changed_at;
  Uuid delivery_id;
};

struct ChangePage {
  std::vector<Change> changes;  // of the tenant, in order
  ChangeCursor next = 0;        // continue behind it
  bool more = false;            // there are more by now
};

// Changes are kept for at least this long.
inline constexpr absl::Duration kChangesKept = absl::Hours(24);

// An attempt that ended (whatever came of it), a cancellation, or a redelivery is a
// change. That a delivery was published or that a worker has taken it is none.
//
// Thread-safe. UNAVAILABLE where the database cannot be reached.
class ChangeStore {
 public:
  virtual ~ChangeStore() = default;

  // Behind it is all that is recorded from now on.
  virtual absl::StatusOr<ChangeCursor> LastChange() = 0;
  // Behind it is all that was recorded since `time`; OUT_OF_RANGE (CHANGES_NOT_KEPT)
  // where that is longer ago than changes are kept.
  virtual absl::StatusOr<ChangeCursor> ChangesSince(absl::Time time) = 0;
  // Changes behind `after`, some thousands at most; several of one delivery are told as
  // the last of them. OUT_OF_RANGE as above.
  virtual absl::StatusOr<ChangePage> ReadChanges(TenantId tenant, ChangeCursor after) = 0;
  // As they are now, without bodies, with every item; those that are gone are left out.
  virtual absl::StatusOr<std::vector<DeliveryRecord>> LoadDeliveries(
      TenantId tenant, const std::vector<Uuid>& ids) = 0;
};

}  // namespace windrow::store
