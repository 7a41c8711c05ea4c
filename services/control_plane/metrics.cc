#include "services/control_plane/metrics.h"

#include <string>

namespace windrow::control_plane {

PublishMetrics PublishMetrics::In(metrics::Registry& registry) {
  return {
      .published = registry.AddCounter("windrow_published_events_total",
                                       "Events that were committed."),
      .refused = registry.AddCounter("windrow_refused_events_total",
                                     "Events that were answered with an error."),
      .duplicates = registry.AddCounter("windrow_duplicate_events_total",
                                        "Events whose event_id was known."),
      .matched = registry.AddCounter("windrow_matched_items_total",
                                     "Items: triggers that matched committed events."),
      .batch_events = registry.AddHistogram("windrow_publish_batch_events",
                                            "Events in one publish transaction.",
                                            metrics::CountBounds(500)),
      .commit_seconds = registry.AddHistogram(
          "windrow_publish_commit_seconds",
          "From taking a batch to its commit, with retries.", metrics::LatencyBounds()),
      .streams =
          registry.AddGauge("windrow_publish_streams", "Open PublishEvent streams."),
  };
}

OperationMetrics OperationMetrics::In(metrics::Registry& registry) {
  return {
      .steps = registry.AddCounter("windrow_operation_steps_total",
                                   "Steps of long-running operations that were done."),
      .failed_steps =
          registry.AddCounter("windrow_operation_failed_steps_total",
                              "Steps of long-running operations that met an error."),
      .redelivered =
          registry.AddCounter("windrow_operation_redelivered_deliveries_total",
                              "Deliveries that operations put into the queue."),
      .skipped = registry.AddCounter(
          "windrow_operation_skipped_deliveries_total",
          "Deliveries that operations wanted and that could not be redelivered."),
  };
}

void RpcMetrics::Count(const char* method, int code) const {
  if (registry_ == nullptr) return;
  registry_
      ->AddCounter("windrow_rpc_total", "Answered calls.",
                   {{"method", method}, {"code", std::to_string(code)}})
      .Increment();
}

}  // namespace windrow::control_plane
