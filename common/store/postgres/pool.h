// A bounded pool of connections, opened when first needed and replaced when they break.
#pragma once

#include <absl/status/statusor.h>

#include <condition_variable>
#include <memory>
#include <mutex>
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
  Pool(ConnectOptions options, int size) : options_(std::move(options)), size_(size) {}

  // Waits for a free connection, at most 10 s: then RESOURCE_EXHAUSTED. UNAVAILABLE where
  // a new one cannot be made.
  absl::StatusOr<Lease> Acquire();

 private:
  friend class Lease;
  void Return(std::unique_ptr<Connection> connection);

  const ConnectOptions options_;
  const int size_;
  std::mutex mutex_;
  std::condition_variable freed_;
  int open_ = 0;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace windrow::store::postgres
