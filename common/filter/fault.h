// What is wrong with a filter, and where.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <string_view>

namespace windrow::filter {

// INVALID_ARGUMENT for the field "filter": "at position 7: …", in bytes from 1. `at` is
// the offset.
absl::Status FaultAt(std::size_t at, std::string_view rule);

}  // namespace windrow::filter
