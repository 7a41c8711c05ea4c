// How long history is kept, as settings say it.
#pragma once

#include <absl/time/time.h>

#include <string>
#include <vector>

#include "common/base/status.h"

namespace windrow {

// Workers make the partitions of yesterday: nothing younger is ever dropped.
inline constexpr absl::Duration kLeastKept = absl::Hours(24);
inline constexpr absl::Duration kMostKept = absl::Hours(24 * 3650);

struct KeepFor {
  absl::Duration bodies = absl::Hours(24 * 7);
  absl::Duration records = absl::Hours(24 * 30);
  absl::Duration events = absl::Hours(24 * 30);
  absl::Duration stats = absl::Hours(24 * 90);
  absl::Duration audit = absl::Hours(24 * 365);

  bool operator==(const KeepFor&) const = default;
};

struct TenantKeep {
  std::string tenant;
  KeepFor keep;

  bool operator==(const TenantKeep&) const = default;
};

// Reads "NAME:KIND=AGE" texts, KIND being bodies, records or events; of what a tenant
// does not say, it keeps as long as `all`. One entry a tenant, in the order of the names.
// Adds a violation of "tenant_retention" for each that cannot be read, that is out of
// range or more than `all`, or that keeps records for less than bodies.
std::vector<TenantKeep> ParseTenantKeeps(const std::vector<std::string>& texts,
                                         const KeepFor& all, Violations* violations);

}  // namespace windrow
