// Delivery records, for reading.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <optional>
#include <string>
#include <vector>

#include "common/filter/filter.h"
#include "common/store/list_fields.h"
#include "common/store/types.h"

namespace windrow::store {

struct DeliveryItem {
  ItemRef ref;
  std::string event_type;
  std::string object_id;
};

// A page of a thousand deliveries of a thousand items each would be no page.
inline constexpr int kListedItems = 20;

// Why the request of a delivery is not there.
enum class BodyAbsence : std::int16_t {
  kNone = 0,     // it is there, or was not asked for
  kNotSent = 1,  // no attempt ended yet, or nothing was sent
  kNotKept = 2,  // lightweight logs
  kExpired = 3,  // older than bodies are kept
};

struct DeliveryRecord {
  TenantId tenant_id = 0;
  Uuid delivery_id;
  Uuid webhook_id;
  DeliveryState state = DeliveryState::kPending;
  absl::Time created_at;
  std::optional<absl::Time> finished_at;
  std::optional<absl::Time> due_at;  // unfinished ones, unless they wait for another
  std::optional<Uuid> waits_for;     // a delivery that must end before this one starts
  int attempt_count = 0;
  int item_count = 0;
  std::vector<DeliveryItem> items;      // in lists the first kListedItems
  std::optional<Attempt> last_attempt;  // with response only where bodies were asked for
  std::string reason;
  std::string request_headers;                    // with bodies only
  std::string request_body;                       // likewise
  BodyAbsence body_absence = BodyAbsence::kNone;  // likewise
};

struct DeliveryQuery {
  filter::Filter where;  // of kDeliveryFields
  bool oldest_first = false;
  std::optional<Uuid> after;  // continue past this id, in the order asked for
  int limit = 50;
  // Look at no more than so many unfinished and so many finished ones; at least 1.
  int examine = kMostExamined;
  bool bodies = false;
};

struct DeliveryPage {
  std::vector<DeliveryRecord> deliveries;
  // There may be more: continue with `after` = `position`, which is further on than the
  // query's own, also where nothing was found.
  bool more = false;
  std::optional<Uuid> position;
  int examined = 0;  // of those that the query may look at
};

struct AttemptPage {
  std::vector<Attempt> attempts;
  bool more = false;
};

// Thread-safe. UNAVAILABLE where the database cannot be reached.
class DeliveryStore {
 public:
  virtual ~DeliveryStore() = default;
  virtual absl::StatusOr<DeliveryPage> ListDeliveries(TenantId tenant,
                                                      const DeliveryQuery& query) = 0;
  // NOT_FOUND (DELIVERY_NOT_FOUND), which says so where it is older than records are
  // kept.
  virtual absl::StatusOr<DeliveryRecord> GetDelivery(TenantId tenant, const Uuid& id,
                                                     bool bodies) = 0;
  // First to last, skipping `offset`. NOT_FOUND as above.
  virtual absl::StatusOr<AttemptPage> ListAttempts(TenantId tenant, const Uuid& id,
                                                   int offset, int limit) = 0;
};

}  // namespace windrow::store
