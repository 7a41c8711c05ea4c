#include "common/store/postgres/pool.h"

#include <absl/time/clock.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"

namespace windrow::store::postgres {
namespace {

constexpr absl::Duration kAcquireTimeout = absl::Seconds(10);
// Between two tries to connect; doubled each time, and spread over its upper half.
constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(1);
constexpr int kMostDoublings = 5;

}  // namespace

Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      connection_(std::move(other.connection_)) {}

Lease::~Lease() {
  if (pool_ != nullptr) pool_->Return(std::move(connection_));
}

absl::StatusOr<Lease> Pool::Acquire() {
  const absl::Time until = absl::Now() + kAcquireTimeout;
  Lock lock(mutex_);
  const std::uint64_t failures_before = all_failures_;
  while (true) {
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(this, std::move(connection));
    }
    if (open_ < size_ && MayConnect()) {
      absl::StatusOr<std::unique_ptr<Connection>> made = Connect(&lock);
      if (made.ok()) return Lease(this, *std::move(made));
    }
    // Another caller's try counts as this one's.
    const bool others_in_use =
        open_ > 0 && ReasonOf(last_failure_) == "DATABASE_OUT_OF_CONNECTIONS";
    if (all_failures_ > failures_before && !others_in_use) return last_failure_;
    const absl::Time now = absl::Now();
    if (now >= until) return TimedOut();
    const bool waits_for_try = failures_ > 0 && !trying_ && open_ < size_;
    const absl::Time wake = waits_for_try ? std::min(until, next_try_) : until;
    freed_.wait_for(lock, absl::ToChronoNanoseconds(wake - now));
  }
}

bool Pool::MayConnect() const {
  return failures_ == 0 || (!trying_ && absl::Now() >= next_try_);
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::Connect(Lock* lock) {
  ++open_;
  const bool first_again = failures_ > 0;
  if (first_again) trying_ = true;
  const ConnectOptions options = options_;
  lock->unlock();
  absl::StatusOr<std::unique_ptr<Connection>> made = Connection::Open(options);
  lock->lock();
  if (first_again) trying_ = false;
  if (made.ok()) {
    failures_ = 0;
    if ((*made)->pooled() && !std::exchange(options_.pooled, true)) {
      Log(LogLevel::kInfo, "database_pooler",
          {{"application", options_.application_name},
           {"mode", "transaction: statements are parsed in each transaction"}});
    }
  } else {
    --open_;
    ++all_failures_;
    last_failure_ = made.status();
    // Those that were under way with the first one tell nothing new.
    if (first_again || failures_ == 0) PauseTries();
  }
  freed_.notify_all();
  return made;
}

void Pool::PauseTries() {
  const absl::Duration pause =
      std::min(kFirstPause * (1 << std::min(failures_, kMostDoublings)), kLongestPause);
  const double spread = std::uniform_real_distribution<double>(0.5, 1)(random_);
  ++failures_;
  next_try_ = absl::Now() + pause * spread;
}

absl::Status Pool::TimedOut() const {
  if (failures_ > 0) return last_failure_;
  return WithReason(
      absl::ResourceExhaustedError(fmt::format(
          "all {} database connections were in use for 10 s; raise the pool size or "
          "look for slow statements",
          size_)),
      "DATABASE_POOL_EXHAUSTED");
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  std::vector<std::unique_ptr<Connection>> closed;
  {
    std::lock_guard lock(mutex_);
    if (connection->reusable()) {
      idle_.push_back(std::move(connection));
    } else {
      // The idle ones are of the same server and most likely broken too.
      open_ -= 1 + static_cast<int>(idle_.size());
      closed.swap(idle_);
    }
  }
  freed_.notify_all();
}

}  // namespace windrow::store::postgres
