// Finds webhooks with due windows: what the clock made due, and what nobody told of.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "common/store/delivery_queue.h"
#include "workers/delivery/database_clock.h"
#include "workers/delivery/ready_set.h"

namespace windrow::delivery {

// Not thread-safe.
class DueFinder {
 public:
  static constexpr int kBuckets = 1024;

  // All must outlive this.
  DueFinder(store::DeliveryQueue* queue, DatabaseClock* clock);

  // All buckets are to be scanned at the next Run. So it is at first.
  void ScanAll() { scan_all_ = true; }
  // Does what is due by now, and adds what it finds. After an error, it is due again.
  absl::Status Run(ReadySet* ready);
  // How long until there is something to do.
  absl::Duration NextIn() const;

 private:
  absl::Status FindDue(ReadySet* ready);
  absl::Status ScanSlice(ReadySet* ready);
  absl::Status ScanBuckets(int from, int to, ReadySet* ready);

  store::DeliveryQueue* queue_;
  DatabaseClock* clock_;
  bool scan_all_ = true;
  int slice_from_ = 0;
  int slice_size_ = kBuckets;
  absl::Time cursor_ = absl::InfinitePast();  // the database's clock
  // The local clock's.
  absl::Time next_find_ = absl::InfinitePast();
  absl::Time next_slice_ = absl::InfinitePast();
  absl::Time next_scan_all_ = absl::InfinitePast();
};

}  // namespace windrow::delivery
