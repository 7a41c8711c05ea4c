// What the control plane counts.
#pragma once

#include "common/base/metrics.h"

namespace windrow::control_plane {

struct PublishMetrics {
  metrics::Counter published;
  metrics::Counter refused;
  metrics::Counter duplicates;
  metrics::Counter matched;  // items
  metrics::Histogram batch_events;
  metrics::Histogram commit_seconds;
  metrics::Gauge streams;

  static PublishMetrics In(metrics::Registry& registry);
};

struct OperationMetrics {
  metrics::Counter steps;
  metrics::Counter failed_steps;
  metrics::Counter redelivered;  // deliveries
  metrics::Counter skipped;      // likewise

  static OperationMetrics In(metrics::Registry& registry);
};

// One answered call; a stream counts when it ends.
class RpcMetrics {
 public:
  RpcMetrics() = default;
  explicit RpcMetrics(metrics::Registry& registry) : registry_(&registry) {}
  void Count(const char* method, int code) const;

 private:
  metrics::Registry* registry_ = nullptr;
};

}  // namespace windrow::control_plane
