// A transaction on a leased connection, rolled back unless it was committed.
#pragma once

#include <absl/status/statusor.h>

#include "common/base/status.h"
#include "common/store/postgres/pool.h"

namespace windrow::store::postgres {

class Transaction {
 public:
  static absl::StatusOr<Transaction> Begin(Pool* pool) {
    WINDROW_ASSIGN_OR_RETURN(Lease lease, pool->Acquire());
    WINDROW_RETURN_IF_ERROR(lease->Run(kBegin).status());
    return Transaction(std::move(lease));
  }
  // For a caller that sends BEGIN itself, as part of a round trip.
  explicit Transaction(Lease lease) : lease_(std::move(lease)) {}
  Transaction(Transaction&& other) noexcept
      : lease_(std::move(other.lease_)), done_(std::exchange(other.done_, true)) {}
  ~Transaction() {
    if (!done_ && !lease_->broken()) (void)lease_->Run(kRollback);
  }

  Connection* operator->() { return &*lease_; }
  Connection* connection() { return &*lease_; }
  absl::Status Commit() {
    done_ = true;
    return lease_->Run(kCommit).status();
  }
  // The caller has sent COMMIT or ROLLBACK itself.
  void SetDone() { done_ = true; }

 private:
  Lease lease_;
  bool done_ = false;
};

}  // namespace windrow::store::postgres
