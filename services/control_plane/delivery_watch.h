// Who watches deliveries, and what they are told: one reader of the log of changes for
// all streams of a process.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/base/metrics.h"
#include "common/filter/filter.h"
#include "common/store/change_store.h"

namespace windrow::control_plane {

// What was read at once, shared by all who stand at the same place.
struct WatchPage {
  std::vector<store::Change> changes;
  std::unordered_map<Uuid, store::DeliveryRecord> records;
  store::ChangeCursor next = 0;
};

// Where and what a watcher wants to be told.
struct WatchStart {
  store::TenantId tenant = 0;
  std::optional<store::ChangeCursor> after;  // else `since`, else from now on
  std::optional<absl::Time> since;
};

// One who watches. Told from the watch's thread, one thing at a time.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // Where it stands, once that is found out.
  virtual void Begins(store::ChangeCursor at) = 0;
  // It gets no further page until it has asked for one (DeliveryWatch::WantsMore).
  virtual void Tell(std::shared_ptr<const WatchPage> page) = 0;
  // Nothing is told after it.
  virtual void Ends(const absl::Status& status) = 0;
};

struct WatchLimits {
  std::size_t watchers = 64;
  absl::Duration interval = absl::Milliseconds(250);  // between looks at the log
};

struct WatchMetrics {
  metrics::Gauge watchers;
  metrics::Counter told;  // changes, to each of them
  static WatchMetrics In(metrics::Registry& registry);
};

// Thread-safe. While nobody watches, nothing is read. Those who keep up are read for
// once; one who does not holds a page, and is read for when it is through with it.
class DeliveryWatch {
 public:
  DeliveryWatch(store::ChangeStore& changes, WatchLimits limits, WatchMetrics metrics)
      : changes_(changes), limits_(limits), metrics_(metrics) {}
  ~DeliveryWatch() { Stop(); }

  void Start();
  // Ends every watcher, and those that come later, with UNAVAILABLE.
  void Stop();

  // RESOURCE_EXHAUSTED (TOO_MANY_WATCHES). `watcher` is told until it is removed or
  // ended.
  absl::Status Add(const std::shared_ptr<Watcher>& watcher, const WatchStart& start);
  void Remove(const Watcher* watcher);
  void WantsMore(const Watcher* watcher);

  // Looks once for all who want more; how long to wait for the next look.
  absl::Duration RunOnce();

 private:
  struct Entry {
    std::shared_ptr<Watcher> watcher;
    WatchStart start;
    std::optional<store::ChangeCursor> at;
    bool wants = true;
    bool more = false;  // there is more to read behind `at`
  };
  using Place = std::pair<store::TenantId, store::ChangeCursor>;

  void Run();
  std::map<Place, std::vector<std::shared_ptr<Watcher>>> Waiting();
  void FindPlaces();
  absl::StatusOr<store::ChangeCursor> PlaceOf(const WatchStart& start);
  // True where there is more to read at once.
  bool Read(const Place& place, const std::vector<std::shared_ptr<Watcher>>& watchers);
  void End(const std::shared_ptr<Watcher>& watcher, const absl::Status& status);
  // False where it was removed meanwhile.
  bool Move(const Watcher* watcher, store::ChangeCursor at, bool wants, bool more);

  store::ChangeStore& changes_;
  const WatchLimits limits_;
  const WatchMetrics metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool hurry_ = false;  // somebody wants more now
  std::unordered_map<const Watcher*, Entry> entries_;
  std::thread thread_;
};

}  // namespace windrow::control_plane
