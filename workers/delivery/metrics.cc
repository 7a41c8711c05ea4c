#include "workers/delivery/metrics.h"

namespace windrow::delivery {
namespace {

constexpr const char* kErrorNames[] = {
    "none",      "dns",      "refused_address", "connect", "tls",    "timeout", "reset",
    "too_large", "protocol", "internal",        "http",    "poison", "token"};

void AddResults(metrics::Registry* registry, DeliveryMetrics* m) {
  for (std::size_t i = 0; i < m->attempts.size(); ++i) {
    m->attempts[i] =
        registry->AddCounter("windrow_attempts_total", "Attempts that ended, by error.",
                             {{"error", kErrorNames[i]}});
  }
  const auto outcome = [&](store::DeliveryState state, const char* name) {
    m->outcomes[static_cast<std::size_t>(state)] = registry->AddCounter(
        "windrow_outcomes_total", "Outcomes recorded, by what became of the delivery.",
        {{"state", name}});
  };
  outcome(store::DeliveryState::kRetrying, "retrying");
  outcome(store::DeliveryState::kSucceeded, "succeeded");
  outcome(store::DeliveryState::kFailed, "failed");
  outcome(store::DeliveryState::kCancelled, "cancelled");
}

void AddBreakers(metrics::Registry* registry, DeliveryMetrics* m) {
  m->open_breakers = registry->AddGauge(
      "windrow_worker_breaker_open",
      "Webhooks that are sent nothing, or one request, since their endpoints fail.");
  for (const auto state :
       {domain::BreakerState::kClosed, domain::BreakerState::kOpen,
        domain::BreakerState::kHalfOpen, domain::BreakerState::kRecovering}) {
    m->breakers[static_cast<std::size_t>(state)] =
        registry->AddCounter("windrow_worker_breaker_transitions_total",
                             "Changes of webhooks' breakers, by what they became.",
                             {{"to", domain::ToString(state)}});
  }
}

}  // namespace

DeliveryMetrics::DeliveryMetrics(metrics::Registry* registry) {
  claims = registry->AddCounter("windrow_claims_total", "Claims made.");
  claimed_windows =
      registry->AddCounter("windrow_claimed_windows_total", "Windows claimed.");
  held_back = registry->AddCounter(
      "windrow_held_back_total",
      "Times that a webhook's rate, or its order, let in less than was due.");
  parked_windows = registry->AddCounter(
      "windrow_parked_windows_total",
      "Windows that were due before their turn, and wait for one before them.");
  claim_seconds = registry->AddHistogram("windrow_claim_seconds", "Time of a claim.",
                                         metrics::LatencyBounds());
  wait_seconds = registry->AddHistogram("windrow_claim_wait_seconds",
                                        "From a window's opening to its first claim.",
                                        metrics::LatencyBounds());
  ready_webhooks =
      registry->AddGauge("windrow_ready_webhooks", "Webhooks that may have due windows.");
  held = registry->AddGauge("windrow_held_deliveries",
                            "Deliveries held, running or waiting to start.");
  in_flight = registry->AddGauge("windrow_requests_in_flight", "Requests that run.");
  bytes = registry->AddGauge("windrow_held_bytes", "Bytes of held deliveries.");
  request_seconds = registry->AddHistogram(
      "windrow_request_seconds", "Time of a request.", metrics::LatencyBounds());
  unrecorded = registry->AddGauge("windrow_unrecorded_outcomes",
                                  "Outcomes that wait to be recorded.");
  record_batch =
      registry->AddHistogram("windrow_record_batch_outcomes",
                             "Outcomes in one transaction.", metrics::CountBounds(500));
  record_seconds = registry->AddHistogram("windrow_record_seconds", "Time of a record.",
                                          metrics::LatencyBounds());
  late_outcomes =
      registry->AddCounter("windrow_late_outcomes_total",
                           "Outcomes whose lease was another worker's by then.");
  refused_outcomes = registry->AddCounter(
      "windrow_refused_outcomes_total",
      "Outcomes that the database did not take and that were dropped.");
  renewed_leases =
      registry->AddCounter("windrow_renewed_leases_total", "Leases renewed.");
  lost_leases = registry->AddCounter("windrow_lost_leases_total",
                                     "Leases found to be another worker's.");
  released_windows = registry->AddCounter("windrow_released_windows_total",
                                          "Windows given back unstarted.");
  queue_errors = registry->AddCounter("windrow_queue_errors_total",
                                      "Calls to the database that failed.");
  AddResults(registry, this);
  AddBreakers(registry, this);
}

}  // namespace windrow::delivery
