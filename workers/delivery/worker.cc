#include "workers/delivery/worker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/log.h"

namespace windrow::delivery {
namespace {

// For records, and for giving back, after the last request ended.
constexpr absl::Duration kLastRecords = absl::Seconds(10);

}  // namespace

DeliveryWorker::DeliveryWorker(const DeliveryOptions& options,
                               store::DeliveryQueue* queue,
                               std::unique_ptr<store::QueueListener> listener,
                               std::unique_ptr<http::HttpSender> sender,
                               const Clock* clock, const DeliveryMetrics& metrics)
    : options_(options),
      clock_(clock),
      database_clock_(clock),
      outcomes_(&record_wake_),
      profiles_(queue, options.allow_http),
      listener_(std::move(listener)),
      sender_(std::move(sender)),
      dispatcher_(options, {.sender = sender_.get(),
                            .clock = &database_clock_,
                            .outcomes = &outcomes_,
                            .room = &claim_wake_,
                            .stopped = &stopped_,
                            .metrics = metrics,
                            .random = worker::ThreadRandom()}),
      claim_(options, {.queue = queue,
                       .profiles = &profiles_,
                       .dispatcher = &dispatcher_,
                       .outcomes = &outcomes_,
                       .clock = &database_clock_,
                       .wake = &claim_wake_,
                       .metrics = metrics,
                       .random = worker::ThreadRandom()}),
      record_({.queue = queue,
               .outcomes = &outcomes_,
               .local = clock,
               .due_soon = WakesClaims(),
               .freed = FreesClaims(),
               .metrics = metrics,
               .random = worker::ThreadRandom()}),
      upkeep_({.queue = queue,
               .profiles = &profiles_,
               .dispatcher = &dispatcher_,
               .local = clock,
               .due_again = WakesClaims(),
               .freed = FreesClaims(),
               .metrics = metrics,
               .random = worker::ThreadRandom()}),
      listen_(
          listener_.get(),
          [this](std::vector<Uuid> webhooks, bool scan) {
            claim_.Wake(std::move(webhooks), scan);
          },
          worker::ThreadRandom()) {}

DeliveryWorker::~DeliveryWorker() { Stop(); }

void DeliveryWorker::Start() {
  record_thread_.emplace(
      "record", [this] { return record_.RunOnce(); }, &record_wake_);
  upkeep_thread_.emplace(
      "upkeep", [this] { return upkeep_.RunOnce(); }, &upkeep_wake_);
  claim_thread_.emplace(
      "claim", [this] { return claim_.RunOnce(); }, &claim_wake_);
  listen_thread_.emplace(
      "listen", [this] { return listen_.RunOnce(); }, &listen_wake_);
}

bool DeliveryWorker::Stop() {
  if (!record_thread_) return true;
  const absl::Time deadline = clock_->Now() + options_.shutdown_timeout;
  claim_thread_->RequestStop();
  listen_thread_->RequestStop();
  listener_->Interrupt();
  listen_thread_.reset();
  claim_thread_.reset();
  std::vector<store::HeldWindow> waiting = dispatcher_.StopStarting();
  std::ranges::move(claim_.TakeGiveBack(), std::back_inserter(waiting));
  Log(LogLevel::kInfo, "worker_stopping",
      {{"running", dispatcher_.running()}, {"given_back", waiting.size()}});
  // Upkeep keeps the leases of what still runs; what is given back goes with it.
  upkeep_thread_.reset();
  upkeep_.GiveBack(std::move(waiting));
  upkeep_thread_.emplace(
      "upkeep", [this] { return upkeep_.RunOnce(); }, &upkeep_wake_);

  AwaitRequests(deadline);
  sender_.reset();  // ends what still runs; its outcomes come before this returns
  const bool recorded = AwaitRecords(clock_->Now() + kLastRecords);
  upkeep_thread_.reset();
  record_thread_.reset();
  Log(recorded ? LogLevel::kInfo : LogLevel::kError, "worker_stopped",
      {{"unrecorded", outcomes_.size()}});
  return recorded;
}

DeliveryWorker::Told DeliveryWorker::WakesClaims() {
  return [this](std::vector<Uuid> webhooks) { claim_.Wake(std::move(webhooks), false); };
}

DeliveryWorker::Told DeliveryWorker::FreesClaims() {
  return [this](std::vector<Uuid> webhooks) { claim_.Freed(std::move(webhooks)); };
}

void DeliveryWorker::AwaitRequests(absl::Time deadline) {
  while (dispatcher_.running() > 0) {
    const absl::Duration left = deadline - clock_->Now();
    if (left <= absl::ZeroDuration()) return;
    stopped_.WaitFor(left);
  }
}

bool DeliveryWorker::AwaitRecords(absl::Time deadline) {
  while (outcomes_.size() > 0 || !upkeep_.all_given_back()) {
    if (clock_->Now() >= deadline) return false;
    outcomes_.AwaitEmpty(absl::Milliseconds(20));
  }
  return true;
}

}  // namespace windrow::delivery
