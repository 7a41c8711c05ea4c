// One delivery worker: its loops, each on a thread of its own.
//
//   listen   what was published           → claim
//   claim    due windows, rendered, signed → dispatcher → the HTTP sender's thread
//   record   outcomes                     → database
//   upkeep   leases, webhooks' state
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/http/sender.h"
#include "common/store/delivery_queue.h"
#include "workers/delivery/claim_loop.h"
#include "workers/delivery/database_clock.h"
#include "workers/delivery/dispatcher.h"
#include "workers/delivery/listen_loop.h"
#include "workers/delivery/metrics.h"
#include "workers/delivery/options.h"
#include "workers/delivery/outcome_queue.h"
#include "workers/delivery/profile_cache.h"
#include "workers/delivery/record_loop.h"
#include "workers/delivery/upkeep_loop.h"
#include "workers/runtime/loop_thread.h"
#include "workers/runtime/wake_signal.h"

namespace windrow::delivery {

// Start and Stop once each, from one thread.
class DeliveryWorker {
 public:
  // `queue` and `clock` must outlive the worker.
  DeliveryWorker(const DeliveryOptions& options, store::DeliveryQueue* queue,
                 std::unique_ptr<store::QueueListener> listener,
                 std::unique_ptr<http::HttpSender> sender, const Clock* clock,
                 const DeliveryMetrics& metrics);
  // Stops, where Stop was not called.
  ~DeliveryWorker();

  void Start();
  // Claims nothing more, gives back what has not started, lets requests finish up to the
  // shutdown timeout, cuts the rest, and records all. False where the database could not
  // be reached to record something: that is sent again by whoever claims it then.
  bool Stop();
  // OK while the database answers. From any thread.
  absl::Status Health() const { return claim_.Health(); }

 private:
  using Told = std::function<void(std::vector<Uuid> webhooks)>;

  // What other loops tell the claim loop: these may have due windows; these have ended
  // something that others wait for.
  Told WakesClaims();
  Told FreesClaims();
  void AwaitRequests(absl::Time deadline);
  bool AwaitRecords(absl::Time deadline);

  DeliveryOptions options_;
  const Clock* clock_;
  worker::WakeSignal claim_wake_, record_wake_, upkeep_wake_, listen_wake_, stopped_;
  DatabaseClock database_clock_;
  OutcomeQueue outcomes_;
  ProfileCache profiles_;
  std::unique_ptr<store::QueueListener> listener_;
  std::unique_ptr<http::HttpSender> sender_;
  Dispatcher dispatcher_;
  ClaimLoop claim_;
  RecordLoop record_;
  UpkeepLoop upkeep_;
  ListenLoop listen_;
  std::optional<worker::LoopThread> claim_thread_, record_thread_, upkeep_thread_,
      listen_thread_;
};

}  // namespace windrow::delivery
