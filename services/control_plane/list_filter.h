// The filters of lists: the part of AIP-160 that every list can answer from an index,
// comparisons joined by AND.
//
//   webhook_id = "0192f0c4-…" AND state = FAILED AND create_time >=
//   "2026-11-25T10:00:00Z"
//
// Errors are INVALID_ARGUMENT for the field "filter" and name the position, counted in
// bytes from 1.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/store/event_store.h"

namespace windrow::control_plane {

inline constexpr std::size_t kMaxFilterBytes = 2'048;

enum class FilterOp : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual
};

struct Comparison {
  std::string field;
  FilterOp op = FilterOp::kEqual;
  std::string value;
  bool quoted = false;       // "text" or 'text', against a bare word
  std::size_t field_at = 0;  // byte offsets in the filter
  std::size_t op_at = 0;
  std::size_t value_at = 0;
};

// Only the grammar; what fields there are, the functions below know.
absl::StatusOr<std::vector<Comparison>> ParseFilter(std::string_view filter);

// Fields type, object_id (=) and receive_time (=, <, <=, >, >=).
absl::Status ApplyFilter(std::string_view filter, store::EventQuery* query);

}  // namespace windrow::control_plane
