// What waits in the sender: for its host's addresses, for a free connection, for its
// turn.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/http/curl_sender.h"

namespace windrow::http {
namespace {

// How late the end of a wait, for an address or for a free connection, may be noticed.
constexpr std::chrono::milliseconds kWaitCheck{20};

// To hosts that may not be there, before new requests are looked for.
constexpr int kQueuedAtOnce = 8;

}  // namespace

bool CurlSender::MayStart(const Origin& origin, SteadyTime now) const {
  const auto limit = static_cast<std::size_t>(options_.max_connections_per_host);
  return !origin.waiting.empty() && origin.in_flight < limit && origin.HasAddresses(now);
}

void CurlSender::StartWaiting(Origin* origin, SteadyTime now) {
  while (origin->answers && MayStart(*origin, now)) StartFirst(origin, now);
  if (!MayStart(*origin, now) || std::exchange(origin->in_queue, true)) return;
  queued_.push_back(origin);
}

// A few at once of those that may not be there: whatever their number, others are started
// in between.
void CurlSender::StartQueued(SteadyTime now) {
  for (int left = kQueuedAtOnce; left > 0 && !queued_.empty(); --left) {
    Origin* origin = queued_.front();
    queued_.pop_front();
    origin->in_queue = false;
    if (MayStart(*origin, now)) StartFirst(origin, now);
    StartWaiting(origin, now);
  }
}

void CurlSender::StartFirst(Origin* origin, SteadyTime now) {
  PendingRequest pending = std::move(origin->waiting.front());
  origin->waiting.pop_front();
  --waiting_;
  Start(std::move(pending), origin, now);
}

void CurlSender::TakeAnswer(LookupAnswer answer, SteadyTime now) {
  Origin* origin = origins_.Find(answer.key);
  if (origin == nullptr) return;
  origin->TakeAnswer(std::move(answer.addresses), options_.address_rules, now);
  if (!origin->HasAddresses(now)) {
    waiting_ -= origin->waiting.size();
    for (PendingRequest& pending : std::exchange(origin->waiting, {})) {
      RejectUnreachable(std::move(pending), *origin, now);
    }
    return;
  }
  for (PendingRequest& pending : origin->waiting) {
    if (pending.name_lookup == absl::ZeroDuration()) {
      pending.name_lookup = absl::FromChrono(now - pending.started);
    }
  }
  StartWaiting(origin, now);
}

void CurlSender::ExpireWaiting(SteadyTime now) {
  next_wait_check_ = now + kWaitCheck;
  origins_.ForEach([&](Origin& origin) {
    if (!origin.waiting.empty()) ExpireWaiting(&origin, now);
  });
}

void CurlSender::ExpireWaiting(Origin* origin, SteadyTime now) {
  const bool for_addresses = !origin->HasAddresses(now);
  std::deque<PendingRequest> kept;
  for (PendingRequest& pending : origin->waiting) {
    const absl::Duration waited = absl::FromChrono(now - pending.started);
    if (for_addresses &&
        waited >= std::min(options_.connect_timeout, pending.request.timeout)) {
      --waiting_;
      Reject(std::move(pending), ErrorKind::kDns,
             fmt::format("no answer for {} within {} ms", origin->url.host,
                         absl::ToInt64Milliseconds(waited)),
             now);
    } else if (!for_addresses && waited >= pending.request.timeout) {
      --waiting_;
      Reject(std::move(pending), ErrorKind::kTimeout, WhyItWaited(*origin), now);
    } else {
      kept.push_back(std::move(pending));
    }
  }
  origin->waiting = std::move(kept);
}

std::string CurlSender::WhyItWaited(const Origin& origin) const {
  if (origin.in_queue) {
    return fmt::format("its turn did not come among {} hosts that did not answer",
                       queued_.size());
  }
  return fmt::format("all {} connections to {} were in use",
                     options_.max_connections_per_host, origin.key);
}

void CurlSender::RejectUnreachable(PendingRequest pending, const Origin& origin,
                                   SteadyTime now) {
  const bool refused = absl::IsPermissionDenied(origin.failure);
  Reject(std::move(pending), refused ? ErrorKind::kRefusedAddress : ErrorKind::kDns,
         std::string(origin.failure.message()), now);
}

}  // namespace windrow::http
