// The rate of one API key, over all of its calls to this server.
#pragma once

#include <absl/time/time.h>

#include <mutex>

#include "common/domain/key_rate.h"

namespace windrow::control_plane {

// Thread-safe.
class KeyPace {
 public:
  explicit KeyPace(double per_second) : per_second_(per_second) {}

  double per_second() const { return per_second_; }
  // How long until something may start; zero: now.
  absl::Duration WaitFor(absl::Time now) const {
    std::lock_guard lock(mutex_);
    return domain::WaitForKeyRate(per_second_, state_, now);
  }
  void Charge(absl::Time now, int count) {
    std::lock_guard lock(mutex_);
    state_ = domain::ChargeKeyRate(per_second_, state_, now, count);
  }
  // Charges for one where it may start; else how long until it may.
  absl::Duration TakeOne(absl::Time now) {
    std::lock_guard lock(mutex_);
    const absl::Duration wait = domain::WaitForKeyRate(per_second_, state_, now);
    if (wait == absl::ZeroDuration()) {
      state_ = domain::ChargeKeyRate(per_second_, state_, now, 1);
    }
    return wait;
  }

 private:
  const double per_second_;
  mutable std::mutex mutex_;
  domain::KeyRateState state_ = domain::kFullKeyRate;
};

}  // namespace windrow::control_plane
