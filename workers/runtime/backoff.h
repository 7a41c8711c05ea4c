// How long to wait after the database failed, growing and jittered.
#pragma once

#include <absl/time/time.h>

#include <functional>

namespace windrow::worker {

// In [0, 1). Injected, so that tests choose it; thread-safe where several threads ask.
using Random = std::function<double()>;
// Each thread has a generator of its own.
Random ThreadRandom();

// Not thread-safe.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration longest, Random random);

  // Between half of the current wait and all of it; the next one is twice as long.
  absl::Duration Next();
  void Reset() { wait_ = first_; }

 private:
  absl::Duration first_;
  absl::Duration longest_;
  absl::Duration wait_;
  Random random_;
};

}  // namespace windrow::worker
