#include "workers/delivery/claim_loop.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <utility>

#include "common/base/fault_point.h"
#include "common/base/log.h"
#include "common/base/status.h"

namespace windrow::delivery {
namespace {

// More names than this are not kept between two looks: a scan finds them all.
constexpr std::size_t kMaxWoken = 10'000;
constexpr std::size_t kMaxCandidates = 4'096;
constexpr absl::Duration kLookAgain = absl::Milliseconds(100);
constexpr absl::Duration kPace = absl::Milliseconds(10);
constexpr double kBytesAClaim = 64 * 1024 * 1024;

}  // namespace

ClaimLoop::ClaimLoop(const DeliveryOptions& options, ClaimLoopParts parts)
    : options_(options),
      parts_(std::move(parts)),
      local_(parts_.clock->local()),
      preparation_(options, parts_.profiles, parts_.clock, parts_.random),
      due_(parts_.queue, parts_.clock),
      backoff_(absl::Milliseconds(100), absl::Seconds(5), parts_.random) {}

void ClaimLoop::Wake(std::vector<Uuid> webhooks, bool scan) {
  {
    std::lock_guard lock(mutex_);
    woken_scan_ |= scan;
    if (woken_.size() + webhooks.size() > kMaxWoken) {
      woken_scan_ = true;
      woken_.clear();
    } else {
      woken_.insert(woken_.end(), webhooks.begin(), webhooks.end());
    }
  }
  parts_.wake->Set();
}

void ClaimLoop::Freed(std::vector<Uuid> webhooks) {
  {
    std::lock_guard lock(mutex_);
    // What is not named is free when its time is over.
    if (freed_.size() + webhooks.size() > kMaxWoken) freed_.clear();
    if (webhooks.size() > kMaxWoken) webhooks.resize(kMaxWoken);
    freed_.insert(freed_.end(), webhooks.begin(), webhooks.end());
  }
  parts_.wake->Set();
}

void ClaimLoop::TakeWakes() {
  std::vector<Uuid> woken, freed;
  {
    std::lock_guard lock(mutex_);
    woken.swap(woken_);
    freed.swap(freed_);
    if (std::exchange(woken_scan_, false)) due_.ScanAll();
  }
  for (const Uuid& webhook : woken) ready_.Add(webhook);
  for (const Uuid& webhook : freed) ready_.Freed(webhook);
  ready_.AddHeldBack(local_.Now());
}

absl::Duration ClaimLoop::RunOnce() {
  const absl::StatusOr<absl::Duration> wait = TryOnce();
  parts_.metrics.ready_webhooks.Set(static_cast<double>(ready_.size()));
  {
    std::lock_guard lock(mutex_);
    health_ = wait.status();
  }
  if (wait.ok()) {
    backoff_.Reset();
    return *wait;
  }
  parts_.metrics.queue_errors.Increment();
  const absl::Duration pause = backoff_.Next();
  Log(LogLevel::kWarn, "claim_failed",
      {{"error", wait.status().message()}, {"again_in_s", absl::ToDoubleSeconds(pause)}});
  return pause;
}

absl::Status ClaimLoop::Health() const {
  std::lock_guard lock(mutex_);
  return health_;
}

absl::StatusOr<absl::Duration> ClaimLoop::TryOnce() {
  WINDROW_RETURN_IF_ERROR(Register());
  WINDROW_RETURN_IF_ERROR(GiveBack());
  TakeWakes();
  WINDROW_RETURN_IF_ERROR(due_.Run(&ready_));
  return ClaimSome();
}

absl::Status ClaimLoop::Register() {
  if (worker_id_) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(worker_id_,
                           parts_.queue->RegisterWorker(options_.worker_name));
  Log(LogLevel::kInfo, "worker_registered",
      {{"worker", *worker_id_}, {"name", options_.worker_name}});
  return absl::OkStatus();
}

absl::Status ClaimLoop::GiveBack() {
  if (give_back_.empty()) return absl::OkStatus();
  WINDROW_RETURN_IF_ERROR(parts_.queue->Release(give_back_));
  for (const store::HeldWindow& held : give_back_) ready_.Add(held.webhook_id);
  parts_.metrics.released_windows.Increment(static_cast<double>(give_back_.size()));
  give_back_.clear();
  return absl::OkStatus();
}

// What is out or not on record is sent again where this worker dies: all of it together
// is bounded.
int ClaimLoop::Places() const {
  return options_.max_in_flight - parts_.dispatcher->held() -
         static_cast<int>(parts_.outcomes->size());
}

bool ClaimLoop::TooMuchUnrecorded() const {
  return (parts_.outcomes->size() > 0 && Places() <= 0) ||
         parts_.outcomes->bytes() + parts_.dispatcher->bytes() >= options_.max_bytes;
}

// As many windows as there are places for, and as, by the size of the latest ones, the
// room in bytes allows.
int ClaimLoop::MostToClaim() const {
  const double room = static_cast<double>(options_.max_bytes) -
                      static_cast<double>(parts_.outcomes->bytes()) -
                      static_cast<double>(parts_.dispatcher->bytes());
  const double windows =
      std::min<double>(std::min(room, kBytesAClaim) / bytes_a_window_, Places());
  return static_cast<int>(std::clamp(windows, 1.0, double{kMaxWindowsPerClaim}));
}

absl::Duration ClaimLoop::NextIn() const {
  absl::Duration wait = due_.NextIn();
  if (const auto held_back = ready_.NextHeldBack()) {
    wait = std::clamp(*held_back - local_.Now(), absl::ZeroDuration(), wait);
  }
  return wait;
}

absl::StatusOr<absl::Duration> ClaimLoop::ClaimSome() {
  if (ready_.empty()) return NextIn();
  const absl::Duration at_most = std::min(NextIn(), kLookAgain);
  if (TooMuchUnrecorded()) return std::min(at_most, kPace);

  const std::vector<Uuid> candidates = ready_.Front(kMaxCandidates);
  const Wanted wanted = parts_.dispatcher->Want(candidates, MostToClaim());
  ready_.Rotate(wanted.examined);
  for (const auto& [webhook, until] : wanted.barred) {
    ready_.HoldBack(webhook, until, /*until_freed=*/true);
  }
  if (wanted.webhooks.empty()) return wanted.paced ? std::min(at_most, kPace) : at_most;

  const absl::Time asked_at = local_.Now();
  WINDROW_ASSIGN_OR_RETURN(
      store::Claim claim,
      parts_.queue->ClaimWindows(*worker_id_, wanted.webhooks, options_.lease_slack));
  NoteShort(wanted.webhooks, claim, local_.Now());
  if (claim.windows.empty()) return ready_.empty() ? NextIn() : absl::ZeroDuration();
  WINDROW_FAULT_POINT_OR_RETURN("worker.after_claim");
  parts_.clock->Learn(claim.now, asked_at);
  Observe(claim, local_.Now() - asked_at);
  WINDROW_RETURN_IF_ERROR(HandOver(preparation_.Prepare(std::move(claim), asked_at)));
  return absl::ZeroDuration();
}

absl::Status ClaimLoop::HandOver(PreparedClaim claim) {
  double bytes = 0;
  for (const Delivery& delivery : claim.prepared.deliveries) {
    bytes += static_cast<double>(delivery.bytes);
  }
  if (!claim.prepared.deliveries.empty()) {
    // Grows at once, shrinks slowly.
    const double mean = bytes / static_cast<double>(claim.prepared.deliveries.size());
    bytes_a_window_ = std::max(mean, (bytes_a_window_ + mean) / 2);
  }
  parts_.dispatcher->Submit(std::move(claim.prepared));
  parts_.outcomes->Push(std::move(claim.ended));
  give_back_ = std::move(claim.give_back);
  return claim.error;
}

// A webhook that gave fewer windows than wanted has no more, unless it is held back or
// the claim was full.
void ClaimLoop::NoteShort(const std::vector<store::WantedWebhook>& wanted,
                          const store::Claim& claim, absl::Time now) {
  absl::flat_hash_map<Uuid, int> got;
  for (const store::ClaimedWindow& window : claim.windows) ++got[window.webhook_id];
  for (const store::WantedWebhook& webhook : wanted) {
    const auto count = got.find(webhook.webhook_id);
    const bool short_of = count == got.end() || count->second < webhook.room;
    if (short_of && !claim.cut) {
      ready_.Remove(webhook.webhook_id);
    }
  }
  for (const store::HeldBack& held : claim.held_back) {
    if (held.again_after == absl::ZeroDuration()) {
      ready_.Add(held.webhook_id);
    } else {
      ready_.HoldBack(held.webhook_id, now + held.again_after, held.until_freed);
    }
  }
  parts_.metrics.held_back.Increment(static_cast<double>(claim.held_back.size()));
  parts_.metrics.parked_windows.Increment(claim.parked);
}

void ClaimLoop::Observe(const store::Claim& claim, absl::Duration took) {
  parts_.metrics.claims.Increment();
  parts_.metrics.claim_seconds.Observe(took);
  parts_.metrics.claimed_windows.Increment(static_cast<double>(claim.windows.size()));
  for (const store::ClaimedWindow& window : claim.windows) {
    if (window.lease_seq > 1) continue;
    parts_.metrics.wait_seconds.Observe(claim.now - window.window_id.time());
  }
}

}  // namespace windrow::delivery
