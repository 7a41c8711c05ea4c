// Time as a dependency, so that tests move it.
#pragma once

#include <absl/time/time.h>

#include <mutex>

namespace windrow {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's clock. Lives for the whole process.
const Clock& SystemClock();

// A clock that moves when told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time start) : now_(start) {}
  absl::Time Now() const override;
  void Advance(absl::Duration by);

 private:
  mutable std::mutex mutex_;
  absl::Time now_;
};

}  // namespace windrow
