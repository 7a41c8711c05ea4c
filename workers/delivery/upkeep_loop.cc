#include "workers/delivery/upkeep_loop.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "workers/delivery/database_errors.h"

namespace windrow::delivery {
namespace {

constexpr absl::Duration kEvery = absl::Milliseconds(250);
constexpr std::size_t kMaxRenewedAtOnce = 2'000;

}  // namespace

UpkeepLoop::UpkeepLoop(UpkeepLoopParts parts)
    : parts_(std::move(parts)),
      backoff_(absl::Milliseconds(250), absl::Seconds(2), parts_.random) {}

absl::Duration UpkeepLoop::RunOnce() {
  const absl::Status status = TryOnce();
  if (status.ok()) {
    backoff_.Reset();
    return kEvery;
  }
  parts_.metrics.queue_errors.Increment();
  const absl::Duration pause = backoff_.Next();
  Log(LogLevel::kWarn, "upkeep_failed",
      {{"error", status.message()}, {"again_in_s", absl::ToDoubleSeconds(pause)}});
  return pause;
}

absl::Status UpkeepLoop::TryOnce() {
  WINDROW_RETURN_IF_ERROR(RenewLeases());
  WINDROW_RETURN_IF_ERROR(RefreshHeads());
  GiveBack(parts_.dispatcher->TakeExcess());
  WINDROW_RETURN_IF_ERROR(Release());
  parts_.dispatcher->Tidy();
  return absl::OkStatus();
}

absl::Status UpkeepLoop::RenewLeases() {
  for (Renewal& renewal : parts_.dispatcher->DueRenewals()) {
    std::vector<store::HeldWindow> all = std::move(renewal.held);
    for (std::size_t first = 0; first < all.size(); first += kMaxRenewedAtOnce) {
      const std::size_t last = std::min(first + kMaxRenewedAtOnce, all.size());
      renewal.held.assign(all.begin() + static_cast<std::ptrdiff_t>(first),
                          all.begin() + static_cast<std::ptrdiff_t>(last));
      const absl::Time asked_at = parts_.local->Now();
      WINDROW_ASSIGN_OR_RETURN(const std::vector<bool> still_held,
                               parts_.queue->Renew(renewal.held, renewal.lasts));
      parts_.dispatcher->Renewed(renewal, still_held, asked_at);
    }
  }
  return absl::OkStatus();
}

absl::Status UpkeepLoop::RefreshHeads() {
  const std::vector<Uuid> stale = parts_.dispatcher->StaleHeads();
  if (stale.empty()) return absl::OkStatus();
  const absl::Time asked_at = parts_.local->Now();
  WINDROW_ASSIGN_OR_RETURN(const std::vector<store::WebhookHead> read,
                           parts_.queue->ReadHeads(stale));
  // Those that are not in the answer are gone, as if deleted.
  absl::flat_hash_map<Uuid, store::WebhookHead> answers;
  for (const store::WebhookHead& head : read) answers[head.webhook_id] = head;
  std::vector<Head> heads;
  for (const Uuid& webhook : stale) {
    Head head{.webhook_id = webhook};
    const auto answer = answers.find(webhook);
    if (answer != answers.end() && answer->second.enabled) {
      auto profile = parts_.profiles->Current(webhook, answer->second.version);
      if (!profile.ok()) {
        if (IsPassing(profile.status())) return profile.status();
        // The next claim puts the reason on record.
        GiveBack(parts_.dispatcher->TakeWaiting(webhook));
        continue;
      }
      head.enabled = true;
      head.profile = *std::move(profile);
    }
    heads.push_back(std::move(head));
  }
  std::vector<Uuid> freed = parts_.dispatcher->UpdateHeads(heads, asked_at);
  if (!freed.empty()) parts_.freed(std::move(freed));
  return absl::OkStatus();
}

void UpkeepLoop::GiveBack(std::vector<store::HeldWindow> held) {
  if (held.empty()) return;
  give_back_.insert(give_back_.end(), held.begin(), held.end());
  all_given_back_ = false;
}

absl::Status UpkeepLoop::Release() {
  if (give_back_.empty()) return absl::OkStatus();
  WINDROW_RETURN_IF_ERROR(parts_.queue->Release(give_back_));
  parts_.metrics.released_windows.Increment(static_cast<double>(give_back_.size()));
  std::vector<Uuid> webhooks;
  for (const store::HeldWindow& held : give_back_) webhooks.push_back(held.webhook_id);
  std::ranges::sort(webhooks);
  const auto repeats = std::ranges::unique(webhooks);
  webhooks.erase(repeats.begin(), repeats.end());
  give_back_.clear();
  all_given_back_ = true;
  parts_.due_again(std::move(webhooks));
  return absl::OkStatus();
}

}  // namespace windrow::delivery
