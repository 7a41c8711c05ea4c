// Starts requests and takes their answers: the one place where deliveries change hands
// between the worker's threads.
#pragma once

#include <absl/time/time.h>

#include <atomic>
#include <list>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "common/http/sender.h"
#include "common/store/delivery_queue.h"
#include "workers/delivery/database_clock.h"
#include "workers/delivery/lanes.h"
#include "workers/delivery/metrics.h"
#include "workers/delivery/outcome_queue.h"
#include "workers/runtime/backoff.h"
#include "workers/runtime/wake_signal.h"

namespace windrow::delivery {

// What one claim brought, ready to send.
struct Prepared {
  absl::Time claimed_at;    // when the claim was asked for
  std::vector<Head> heads;  // of every webhook among the deliveries
  std::list<Delivery> deliveries;
};

// Leases that end too soon, all to be moved to `lasts` from now.
struct Renewal {
  absl::Duration lasts;
  std::vector<store::HeldWindow> held;
};

// What others reach through it must outlive it; and it outlives every request.
struct DispatcherParts {
  http::HttpSender* sender;
  const DatabaseClock* clock;
  OutcomeQueue* outcomes;
  worker::WakeSignal* room;     // set when a webhook that had none has room again
  worker::WakeSignal* stopped;  // set when the last request ended, after StopStarting
  DeliveryMetrics metrics;
  worker::Random random;
};

// Thread-safe.
class Dispatcher {
 public:
  Dispatcher(const DeliveryOptions& options, DispatcherParts parts);

  // For the claim loop.
  Wanted Want(std::span<const Uuid> candidates, int most);
  // Starts what may start; the rest waits its turn.
  void Submit(Prepared prepared);

  // For upkeep.
  std::vector<Uuid> StaleHeads();
  // Answers webhooks that were held back since their endpoints failed, and are not now:
  // they were edited.
  std::vector<Uuid> UpdateHeads(const std::vector<Head>& heads, absl::Time asked_at);
  std::vector<Renewal> DueRenewals();
  void Renewed(const Renewal& renewal, const std::vector<bool>& still_held,
               absl::Time asked_at);
  // What a webhook that became slow holds too much of: to be released.
  std::vector<store::HeldWindow> TakeExcess();
  // What waits of one webhook, likewise.
  std::vector<store::HeldWindow> TakeWaiting(const Uuid& webhook);
  // Forgets webhooks that had nothing for long, and shows the gauges.
  void Tidy();

  // Nothing starts from now on. What waited is to be released.
  std::vector<store::HeldWindow> StopStarting();

  // Requests whose outcome is not in the queue yet.
  int running() const { return running_; }
  std::size_t bytes() const;
  int held() const;

 private:
  void Start(Delivery* delivery);
  bool MayStillStart(const Delivery& delivery) const;
  void StartAll(const std::vector<Delivery*>& deliveries);
  void Complete(Delivery* delivery, http::Response response);
  void Conclude(Delivery* delivery, http::Response response);
  void ShowBreakers(const std::vector<BreakerChange>& changes,
                    const std::string& reason) const;
  void CancelAll(std::list<Delivery> deliveries);
  void TakeStartable(Lane* lane, absl::Time now, std::vector<Delivery*>* out);
  bool NeedsRenewal(const Lane& lane, const Delivery& delivery, bool is_started,
                    absl::Time now) const;

  DeliveryOptions options_;
  DispatcherParts parts_;
  const Clock& local_;
  mutable std::mutex mutex_;
  Lanes lanes_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> running_ = 0;
};

}  // namespace windrow::delivery
