// The database's clock, as far as a worker can tell.
#pragma once

#include <absl/time/time.h>

#include <atomic>
#include <cstdint>

#include "common/base/clock.h"

namespace windrow::delivery {

// The machine's clock plus what it was off when the database last told its time. Before
// that, the machine's clock. Thread-safe.
class DatabaseClock final : public Clock {
 public:
  // `local` must outlive this.
  explicit DatabaseClock(const Clock* local) : local_(local) {}

  absl::Time Now() const override {
    return local_->Now() + absl::Nanoseconds(offset_ns_.load(std::memory_order_relaxed));
  }
  // `database_now` was answered to a statement that was sent at `sent` by the local
  // clock.
  void Learn(absl::Time database_now, absl::Time sent) {
    const absl::Time middle = sent + (local_->Now() - sent) / 2;
    offset_ns_.store(absl::ToInt64Nanoseconds(database_now - middle),
                     std::memory_order_relaxed);
  }
  const Clock& local() const { return *local_; }

 private:
  const Clock* local_;
  std::atomic<std::int64_t> offset_ns_ = 0;
};

}  // namespace windrow::delivery
