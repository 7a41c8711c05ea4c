// Reads filters: AIP-160's grammar without functions and without literals that stand
// alone.
//
//   webhook_id = "0192f0c4-…" AND (state = FAILED OR status_code >= 500)
//   -labels.env:prod create_time >= 2026-11-25T10:00:00Z
//
// OR binds tighter than AND, and two comparisons in a row are joined by AND: `a AND b OR
// c` and `a b OR c` are both `a AND (b OR c)`. NOT and - negate one comparison, or what
// is in parentheses. `state = (FAILED OR CANCELLED)` compares with each.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string_view>

#include "common/filter/expression.h"

namespace windrow::filter {

inline constexpr std::size_t kMaxFilterBytes = 2'048;
inline constexpr int kMaxFilterDepth = 16;  // parentheses within each other
inline constexpr int kMaxComparisons = 64;

// Any bytes may be given. INVALID_ARGUMENT (fault.h) names the first fault.
absl::StatusOr<Expression> Parse(std::string_view text);

}  // namespace windrow::filter
