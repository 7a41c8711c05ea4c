// Which failures of the database pass by themselves.
#pragma once

#include <absl/status/status.h>

namespace windrow::delivery {

// True for those that say nothing about what was asked: lost, restarted, overloaded,
// full, read-only. False where the same call would fail the same way.
inline bool IsPassing(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return true;
    default:
      return false;
  }
}

}  // namespace windrow::delivery
