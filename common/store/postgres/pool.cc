#include "common/store/postgres/pool.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <chrono>
#include <utility>

#include "common/base/status.h"

namespace windrow::store::postgres {
namespace {

constexpr std::chrono::seconds kAcquireTimeout{10};

}  // namespace

Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      connection_(std::move(other.connection_)) {}

Lease::~Lease() {
  if (pool_ != nullptr) pool_->Return(std::move(connection_));
}

absl::StatusOr<Lease> Pool::Acquire() {
  {
    std::unique_lock lock(mutex_);
    const bool ready = freed_.wait_for(
        lock, kAcquireTimeout, [this] { return !idle_.empty() || open_ < size_; });
    if (!ready) {
      return WithReason(
          absl::ResourceExhaustedError(fmt::format(
              "all {} database connections were in use for 10 s; raise the pool size or "
              "look for slow statements",
              size_)),
          "DATABASE_POOL_EXHAUSTED");
    }
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(this, std::move(connection));
    }
    ++open_;
  }
  absl::StatusOr<std::unique_ptr<Connection>> made = Connection::Open(options_);
  if (!made.ok()) {
    Return(nullptr);
    return made.status();
  }
  return Lease(this, *std::move(made));
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  const bool usable = connection != nullptr && !connection->broken() &&
                      PQtransactionStatus(connection->raw()) == PQTRANS_IDLE;
  {
    std::lock_guard lock(mutex_);
    if (usable) {
      idle_.push_back(std::move(connection));
    } else {
      // The idle ones are of the same server and most likely broken too.
      open_ -= 1 + static_cast<int>(idle_.size());
      idle_.clear();
    }
  }
  freed_.notify_one();
}

}  // namespace windrow::store::postgres
