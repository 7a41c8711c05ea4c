// What a delivery worker counts. One that was not registered counts nothing.
#pragma once

#include <array>

#include "common/base/metrics.h"
#include "common/domain/breaker.h"
#include "common/store/types.h"

namespace windrow::delivery {

struct DeliveryMetrics {
  DeliveryMetrics() = default;
  explicit DeliveryMetrics(metrics::Registry* registry);

  metrics::Counter claims;
  metrics::Counter claimed_windows;
  metrics::Counter held_back;
  metrics::Counter parked_windows;
  metrics::Histogram claim_seconds;
  metrics::Histogram wait_seconds;  // from a window's opening to its first claim
  metrics::Gauge ready_webhooks;

  metrics::Gauge held;
  metrics::Gauge in_flight;
  metrics::Gauge bytes;
  metrics::Histogram request_seconds;
  metrics::Gauge open_breakers;
  // By domain::BreakerState, that it became.
  std::array<metrics::Counter, 4> breakers;
  // By store::AttemptError.
  std::array<metrics::Counter, 13> attempts;
  // By store::DeliveryState, as recorded.
  std::array<metrics::Counter, 8> outcomes;

  metrics::Gauge unrecorded;
  metrics::Histogram record_batch;
  metrics::Histogram record_seconds;
  metrics::Counter late_outcomes;
  metrics::Counter refused_outcomes;

  metrics::Counter renewed_leases;
  metrics::Counter lost_leases;
  metrics::Counter released_windows;
  metrics::Counter queue_errors;

  const metrics::Counter& AttemptsOf(store::AttemptError error) const {
    return attempts[static_cast<std::size_t>(error)];
  }
  const metrics::Counter& BreakersTo(domain::BreakerState state) const {
    return breakers[static_cast<std::size_t>(state)];
  }
  const metrics::Counter& OutcomesOf(store::DeliveryState state) const {
    return outcomes[static_cast<std::size_t>(state)];
  }
};

}  // namespace windrow::delivery
