// Ids in requests.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "common/base/status.h"
#include "common/base/uuid.h"

namespace windrow::control_plane {

// INVALID_ARGUMENT where it is empty. A text that is no UUID is an id that nobody has:
// NOT_FOUND with `not_found_reason`.
inline absl::StatusOr<Uuid> IdFromRequest(const std::string& text,
                                          const std::string& field,
                                          std::string_view not_found_reason) {
  if (text.empty()) {
    Violations violations;
    violations.Add(field, "is required");
    return violations.ToStatus();
  }
  if (const auto id = Uuid::Parse(text)) return *id;
  return WithReason(absl::NotFoundError("no such " + field), not_found_reason);
}

}  // namespace windrow::control_plane
