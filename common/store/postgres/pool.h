// A bounded pool of connections, opened when first needed and replaced when they break.
// While the database cannot be reached, one caller at a time tries, ever less often: it
// is not stormed when it comes back.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <vector>

#include "common/store/postgres/connection.h"

namespace windrow::store::postgres {

class Pool;

// A connection for a while. Goes back to the pool when destroyed; a broken one, or one
// with a transaction still open, is closed instead.
class Lease {
 public:
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  ~Lease();
  Connection* operator->() { return connection_.get(); }
  Connection& operator*() { return *connection_; }

 private:
  friend class Pool;
  Lease(Pool* pool, std::unique_ptr<Connection> connection)
      : pool_(pool), connection_(std::move(connection)) {}
  Pool* pool_;
  std::unique_ptr<Connection> connection_;
};

// Thread-safe.
class Pool {
 public:
  Pool(ConnectOptions options, int size)
      : options_(std::move(options)), size_(size), random_(std::random_device()()) {}

  // Waits for a free connection, at most 10 s: then RESOURCE_EXHAUSTED. UNAVAILABLE where
  // a new one cannot be made, at the latest a second after the next try; where PostgreSQL
  // is out of connections, only when none of the pool's comes free in the 10 s.
  absl::StatusOr<Lease> Acquire();

 private:
  friend class Lease;
  using Lock = std::unique_lock<std::mutex>;
  void Return(std::unique_ptr<Connection> connection);
  bool MayConnect() const;
  // Unlocks meanwhile.
  absl::StatusOr<std::unique_ptr<Connection>> Connect(Lock* lock);
  void PauseTries();
  absl::Status TimedOut() const;

  ConnectOptions options_;
  const int size_;
  std::mutex mutex_;
  std::condition_variable freed_;
  int open_ = 0;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::uint64_t all_failures_ = 0;
  int failures_ = 0;  // tries in a row since the last connection that could be made
  absl::Status last_failure_;
  absl::Time next_try_ = absl::InfinitePast();
  bool trying_ = false;
  std::mt19937 random_;
};

}  // namespace windrow::store::postgres
