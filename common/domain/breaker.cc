#include "common/domain/breaker.h"

#include <algorithm>
#include <bit>

namespace windrow::domain {
namespace {

// Twice as long each time, up to the longest, less a share by chance: workers that met
// the same outage do not come back in one moment.
absl::Duration OpenFor(int times, const BreakerPolicy& policy, double random) {
  absl::Duration wait = policy.first_open;
  for (int i = 1; i < times && wait < policy.longest_open; ++i) wait *= 2;
  return std::min(wait, policy.longest_open) * (1 - policy.jitter * random);
}

}  // namespace

const char* ToString(BreakerState state) {
  switch (state) {
    case BreakerState::kClosed:
      return "closed";
    case BreakerState::kOpen:
      return "open";
    case BreakerState::kHalfOpen:
      return "half_open";
    case BreakerState::kRecovering:
      return "recovering";
  }
  return "closed";
}

int Breaker::Allowed(const BreakerPolicy& policy, absl::Time now) {
  if (state_ == BreakerState::kOpen) {
    if (now < until_) {
      until_ = std::min(until_, now + open_for_);
      return 0;
    }
    state_ = BreakerState::kHalfOpen;
  }
  switch (state_) {
    case BreakerState::kHalfOpen:
      return 1;
    case BreakerState::kRecovering:
      return std::min(allowed_, policy.concurrency);
    default:
      return policy.concurrency;
  }
}

void Breaker::Open(absl::Duration retry_after, const BreakerPolicy& policy,
                   absl::Time now, double random) {
  state_ = BreakerState::kOpen;
  ++opened_;
  ++times_;
  recent_ = 0;
  open_for_ = std::max(OpenFor(times_, policy, random),
                       std::min(retry_after, policy.retry_after_cap));
  until_ = now + open_for_;
}

void Breaker::Close() {
  state_ = BreakerState::kClosed;
  times_ = 0;
}

void Breaker::Retry() {
  if (state_ == BreakerState::kOpen) state_ = BreakerState::kHalfOpen;
}

bool Breaker::OpensBy(const BreakerPolicy& policy) const {
  if (policy.failures == 0) return false;
  if (state_ == BreakerState::kHalfOpen) return true;
  const bool recovering = state_ == BreakerState::kRecovering;
  const int in_a_row = recovering ? policy.failures_recovering : policy.failures;
  return failures_ >= in_a_row || std::popcount(recent_) >= policy.failures_of_32;
}

void Breaker::CountWell(const BreakerPolicy& policy, absl::Time now) {
  failures_ = 0;
  recent_ <<= 1;
  if (state_ == BreakerState::kHalfOpen) {
    state_ = BreakerState::kRecovering;
    allowed_ = 1;
  } else if (state_ != BreakerState::kRecovering) {
    return;
  } else if (now >= doubled_at_ && now - doubled_at_ < policy.double_every) {
    return;
  }
  allowed_ *= 2;
  doubled_at_ = now;
  if (allowed_ >= policy.concurrency) Close();
}

void Breaker::End(Ticket ticket, const EndpointReport& report,
                  const BreakerPolicy& policy, absl::Time now, double random) {
  const bool before = ticket != opened_ || state_ == BreakerState::kOpen;
  if (before || report.sign == EndpointSign::kNothing) return;
  if (report.sign == EndpointSign::kWell) {
    CountWell(policy, now);
    return;
  }
  failures_ = std::min(failures_ + 1, 1'000'000);
  recent_ = recent_ << 1 | 1U;
  if (!OpensBy(policy)) return;
  Open(report.retry_after, policy, now, random);
}

}  // namespace windrow::domain
