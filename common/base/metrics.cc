#include "common/base/metrics.h"

#include <dirent.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <exception>
#include <fstream>
#include <mutex>
#include <utility>

#include "common/base/log.h"

namespace windrow::metrics {
namespace {

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double all = 0;
  double resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double OpenDescriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"),
                                                   &::closedir);
  if (folder == nullptr) return 0;
  double count = 0;
  while (::readdir(folder.get()) != nullptr) ++count;
  return count - 3;  // ".", ".." and the folder itself
}

// Runs what prometheus-cpp may throw from; null where it does.
template <typename Add>
auto OrNull(const std::string& name, Add add) -> decltype(add()) {
  try {
    return add();
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "metric_refused", {{"metric", name}, {"error", error.what()}});
    return nullptr;
  }
}

}  // namespace

void Counter::Increment(double by) const {
  if (counter_ != nullptr) counter_->Increment(by);
}

void Gauge::Set(double value) const {
  if (gauge_ != nullptr) gauge_->Set(value);
}

void Gauge::Add(double by) const {
  if (gauge_ != nullptr) gauge_->Increment(by);
}

void Histogram::Observe(double value) const {
  if (histogram_ != nullptr) histogram_->Observe(value);
}

void Histogram::Observe(absl::Duration duration) const {
  Observe(absl::ToDoubleSeconds(duration));
}

std::vector<double> LatencyBounds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
          0.5,   1,      2.5,   5,    10,    20,   30,  60};
}

std::vector<double> CountBounds(double most) {
  std::vector<double> bounds;
  for (double decade = 1; decade <= most; decade *= 10) {
    for (const double step : {1.0, 2.0, 5.0}) {
      if (decade * step <= most) bounds.push_back(decade * step);
    }
  }
  return bounds;
}

struct Registry::State {
  struct Source {
    prometheus::Gauge* gauge;
    std::function<double()> value;
  };
  prometheus::Registry registry;
  mutable std::mutex mutex;
  std::vector<Source> sources;  // guarded by mutex
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

Counter Registry::AddCounter(const std::string& name, const std::string& help,
                             const Labels& labels) {
  Counter handle;
  handle.counter_ = OrNull(name, [&] {
    auto& family =
        prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
    return &family.Add(labels);
  });
  return handle;
}

Gauge Registry::AddGauge(const std::string& name, const std::string& help,
                         const Labels& labels) {
  Gauge handle;
  handle.gauge_ = OrNull(name, [&] {
    auto& family =
        prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
    return &family.Add(labels);
  });
  return handle;
}

Histogram Registry::AddHistogram(const std::string& name, const std::string& help,
                                 const std::vector<double>& bounds,
                                 const Labels& labels) {
  Histogram handle;
  handle.histogram_ = OrNull(name, [&] {
    auto& family =
        prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
    return &family.Add(labels, bounds);
  });
  return handle;
}

void Registry::AddGaugeSource(const std::string& name, const std::string& help,
                              const Labels& labels, std::function<double()> value) {
  const Gauge handle = AddGauge(name, help, labels);
  if (handle.gauge_ == nullptr) return;
  std::lock_guard lock(state_->mutex);
  state_->sources.push_back({handle.gauge_, std::move(value)});
}

void Registry::AddProcessMetrics(const std::string& program, const std::string& version) {
  AddGaugeSource("process_resident_memory_bytes", "Resident memory.", {}, ResidentBytes);
  AddGaugeSource("process_cpu_seconds", "CPU time used, user and system.", {},
                 CpuSeconds);
  AddGaugeSource("process_open_fds", "Open file descriptors.", {}, OpenDescriptors);
  AddGauge("windrow_build_info", "1; the labels tell which build runs.",
           {{"program", program}, {"version", version}})
      .Set(1);
}

std::string Registry::Render() const {
  {
    std::lock_guard lock(state_->mutex);
    for (const State::Source& source : state_->sources) source.gauge->Set(source.value());
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace windrow::metrics
