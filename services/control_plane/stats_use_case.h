// GetStats: which sums a request wants, and what it is told.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/store/stats_store.h"
#include "windrow/v1/stats.pb.h"

namespace windrow::control_plane {

inline constexpr int kMostStatsBuckets = 1'500;

// INVALID_ARGUMENT with every rule that is broken. `now` stands for what is unset.
absl::StatusOr<store::StatsQuery> StatsQueryOf(const v1::GetStatsRequest& request,
                                               absl::Time now);

// A bucket for each step of the query's span, and their sum.
void StatsToProto(const store::StatsQuery& query, const store::Stats& stats,
                  v1::GetStatsResponse* response);

absl::Status GetStats(store::StatsStore& stats, store::TenantId tenant,
                      const v1::GetStatsRequest& request, absl::Time now,
                      v1::GetStatsResponse* response);

}  // namespace windrow::control_plane
