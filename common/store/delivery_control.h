// Changing what becomes of deliveries, by hand.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/store/author.h"
#include "common/store/types.h"

namespace windrow::store {

// What a redelivery came to. The numbers are those of sql/requeue_finished.sql and
// sql/hasten_windows.sql.
enum class Requeue : std::int16_t {
  kDone = 0,  // due at once
  kNotFound = 1,
  kOpen = 2,             // still takes items
  kInFlight = 3,         // a worker has it
  kWebhookDisabled = 4,  // it would be cancelled
  kWebhookDeleted = 5,
  kBodyNotKept = 6,    // sent with lightweight logs
  kEventsNotKept = 7,  // an event of it is past its retention
  kBodyExpired = 8,    // it is older than bodies are kept
};

// The reason of what a person cancelled.
inline constexpr std::string_view kCancelledByHand = "cancelled by CancelDelivery";

inline constexpr std::size_t kMostRequeued = 2'500;  // in one call

// Thread-safe. What is done leaves an entry in the audit log, one for each delivery.
// UNAVAILABLE where the database cannot be reached.
class DeliveryControl {
 public:
  virtual ~DeliveryControl() = default;

  // Sends deliveries again: finished ones go back into the queue with their id, their
  // items and their contents, keeping the count of attempts but with a new schedule; of
  // those that wait for a retry only the wait ends. At most kMostRequeued ids, of which
  // none repeats. Answers in their order; all that can be done is done.
  virtual absl::StatusOr<std::vector<Requeue>> Redeliver(
      const Author& author, const std::vector<Uuid>& ids) = 0;

  // Ends a delivery that no worker holds. NOT_FOUND (DELIVERY_NOT_FOUND),
  // FAILED_PRECONDITION (DELIVERY_IN_FLIGHT, DELIVERY_FINISHED).
  virtual absl::Status Cancel(const Author& author, const Uuid& id,
                              const std::string& reason) = 0;
};

}  // namespace windrow::store
