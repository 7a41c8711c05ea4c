// Waiting on what another process does.
#pragma once

#include <absl/time/clock.h>
#include <absl/time/time.h>

namespace windrow::integration {

// Asks `done` again and again; false where it is not so within the limit.
template <typename Predicate>
bool WaitFor(Predicate done, absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  while (!done()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(20));
  }
  return true;
}

}  // namespace windrow::integration
