// Metrics for Prometheus. A module has one struct of handles, filled once at its start
// and used from any thread; a handle that was never filled counts nothing, so tests need
// no registry.
//
//   struct ClaimMetrics {
//     Counter claimed;
//     Histogram latency;
//   };
//   metrics.claimed = registry.AddCounter("windrow_claimed_total", "Windows claimed.");
//   metrics.claimed.Increment();
#pragma once

#include <absl/time/time.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace windrow::metrics {

using Labels = std::map<std::string, std::string>;

// Handles are pointers to what the registry owns: cheap to copy, thread-safe, and not to
// be used after it.
class Counter {
 public:
  // `by` is not negative. One atomic addition.
  void Increment(double by = 1) const;

 private:
  friend class Registry;
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  void Set(double value) const;
  // `by` may be negative.
  void Add(double by) const;

 private:
  friend class Registry;
  prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
 public:
  // One short lock.
  void Observe(double value) const;
  // In seconds.
  void Observe(absl::Duration duration) const;

 private:
  friend class Registry;
  prometheus::Histogram* histogram_ = nullptr;
};

// Upper bounds in seconds, 1 ms to 60 s: of requests, statements, waits.
std::vector<double> LatencyBounds();
// Upper bounds 1, 2, 5, 10, … up to `most`: of batches and counts.
std::vector<double> CountBounds(double most);

// Thread-safe. A name that is not a Prometheus name, or that was added as another kind,
// is a mistake in the program: it is logged, and the handle counts nothing. The same name
// and labels give the same metric.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // `help` is one sentence. Names: "windrow_…_total", "windrow_…_seconds".
  Counter AddCounter(const std::string& name, const std::string& help,
                     const Labels& labels = {});
  Gauge AddGauge(const std::string& name, const std::string& help,
                 const Labels& labels = {});
  Histogram AddHistogram(const std::string& name, const std::string& help,
                         const std::vector<double>& bounds, const Labels& labels = {});
  // A gauge that is asked when it is scraped; `value` is called on the scraper's thread,
  // must not block, and lives as long as the registry.
  void AddGaugeSource(const std::string& name, const std::string& help,
                      const Labels& labels, std::function<double()> value);
  // process_resident_memory_bytes, process_cpu_seconds, process_open_fds, and
  // windrow_build_info{program, version}.
  void AddProcessMetrics(const std::string& program, const std::string& version);

  // Prometheus' text format 0.0.4.
  std::string Render() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace windrow::metrics
