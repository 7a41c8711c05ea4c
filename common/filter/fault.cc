#include "common/filter/fault.h"

#include <fmt/format.h>

#include "common/base/status.h"

namespace windrow::filter {

absl::Status FaultAt(std::size_t at, std::string_view rule) {
  Violations violations;
  violations.Add("filter", fmt::format("at position {}: {}", at + 1, rule));
  return violations.ToStatus();
}

}  // namespace windrow::filter
