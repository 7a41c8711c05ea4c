// Long-running operations over deliveries: what is asked of them, and how far they are.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/store/author.h"
#include "common/store/delivery_control.h"
#include "common/store/types.h"

namespace windrow::store {

// The numbers of both are stored.
enum class OperationKind : std::int16_t { kRedeliver = 1, kRecover = 2 };
enum class OperationState : std::int16_t {
  kRunning = 1,
  kSucceeded = 2,
  kFailed = 3,
  kCancelled = 4,
};

inline constexpr int kMostRunningOperations = 20;  // of a tenant
inline constexpr absl::Duration kOperationsKept = absl::Hours(24 * 30);

struct OperationSpec {
  OperationKind kind = OperationKind::kRedeliver;
  std::string filter;              // of kDeliveryFields
  std::optional<Uuid> webhook_id;  // kRecover
  bool dry_run = false;            // counts only
  int max_per_second = 100;
  std::string request_id;  // empty: none

  bool operator==(const OperationSpec&) const = default;
};

// Counts of deliveries, by the number of a DeliveryState or of a Requeue.
using OperationCounts = std::array<std::int64_t, 16>;

// How far it is: first it counts all, then it goes over all again and redelivers.
struct OperationProgress {
  bool counted = false;
  std::optional<Uuid> position;  // all up to it, in order, are done
  OperationCounts states{};      // counted, by DeliveryState
  std::int64_t redelivered = 0;
  OperationCounts skipped{};  // by Requeue
  int failures = 0;           // of steps, in a row

  void Add(const std::vector<Requeue>& verdicts) {
    for (const Requeue verdict : verdicts) {
      if (verdict == Requeue::kDone) {
        ++redelivered;
      } else {
        ++skipped.at(static_cast<std::size_t>(verdict));
      }
    }
  }
  bool operator==(const OperationProgress&) const = default;
};

struct StoredOperation {
  TenantId tenant_id = 0;
  Uuid operation_id;
  OperationSpec spec;
  OperationState state = OperationState::kRunning;
  OperationProgress progress;
  std::string error;  // kFailed
  absl::Time created_at;
  absl::Time updated_at;
  std::optional<absl::Time> finished_at;
  std::int32_t lease_seq = 0;  // raised by each claim; guards each step
};

struct OperationPage {
  std::vector<StoredOperation> operations;  // newest first
  bool more = false;
};

// What a holder did. `progress` is without what comes of `redeliver`: that is added.
struct OperationStep {
  std::vector<Uuid> redeliver;  // at most kMostRequeued
  OperationProgress progress;
  OperationState state = OperationState::kRunning;
  std::string error;
  absl::Duration wait;  // until the next step
};

// Thread-safe. Starting and cancelling one leaves an entry in the audit log; what its
// steps redeliver does not. UNAVAILABLE where the database cannot be reached.
class OperationStore {
 public:
  virtual ~OperationStore() = default;

  // With the request_id of an operation of the tenant: that one, as it is.
  // RESOURCE_EXHAUSTED (TOO_MANY_OPERATIONS) where kMostRunningOperations run. Forgets
  // those that ended kOperationsKept ago.
  virtual absl::StatusOr<StoredOperation> CreateOperation(const Author& author,
                                                          const OperationSpec& spec) = 0;
  // NOT_FOUND (OPERATION_NOT_FOUND).
  virtual absl::StatusOr<StoredOperation> GetOperation(TenantId tenant,
                                                       const Uuid& id) = 0;
  virtual absl::StatusOr<OperationPage> ListOperations(TenantId tenant,
                                                       const std::optional<Uuid>& before,
                                                       int limit) = 0;
  // When it has answered no step is applied any more. NOT_FOUND as above,
  // FAILED_PRECONDITION (OPERATION_FINISHED).
  virtual absl::StatusOr<StoredOperation> CancelOperation(const Author& author,
                                                          const Uuid& id) = 0;

  // Takes a running operation whose next step is due, of any tenant, for `lease`; none
  // where there is none. A holder that does not answer in time loses it to another.
  virtual absl::StatusOr<std::optional<StoredOperation>> ClaimOperation(
      absl::Duration lease) = 0;
  // Applies a step of `held` and gives the operation back, both or neither. How far it is
  // then; none, and nothing is done, where it was cancelled or is another's by now.
  virtual absl::StatusOr<std::optional<OperationProgress>> AdvanceOperation(
      const StoredOperation& held, const OperationStep& step) = 0;
};

}  // namespace windrow::store
