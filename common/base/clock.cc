#include "common/base/clock.h"

#include <absl/time/clock.h>

namespace windrow {
namespace {

class MachineClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace

const Clock& SystemClock() {
  static const MachineClock clock;
  return clock;
}

absl::Time ManualClock::Now() const {
  std::lock_guard lock(mutex_);
  return now_;
}

void ManualClock::Advance(absl::Duration by) {
  std::lock_guard lock(mutex_);
  now_ += by;
}

}  // namespace windrow
