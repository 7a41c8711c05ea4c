// Transactions that lost against others are run again.
#pragma once

#include <absl/status/status.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <random>

#include "common/base/status.h"

namespace windrow::control_plane {

inline constexpr int kMostConflicts = 5;
inline constexpr absl::Duration kConflictPause = absl::Milliseconds(5);

// The answer of `use_case`, an absl::Status() that is one transaction. A deadlock or a
// serialization failure undid all of it: it is run again, up to four times, after 5 ms,
// 10 ms, … spread by half either way. ABORTED
// (DATABASE_CONFLICT) where the last one failed so as well.
template <typename UseCase>
absl::Status RunDespiteConflicts(const UseCase& use_case) {
  thread_local std::mt19937 random{std::random_device{}()};
  for (int tries = 1;; ++tries) {
    const absl::Status status = use_case();
    if (!absl::IsAborted(status) || ReasonOf(status) != "DATABASE_CONFLICT" ||
        tries == kMostConflicts) {
      return status;
    }
    absl::SleepFor(kConflictPause * (1 << (tries - 1)) *
                   std::uniform_real_distribution<double>(0.5, 1.5)(random));
  }
}

}  // namespace windrow::control_plane
