#include "services/control_plane/delivery_use_cases.h"

#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

absl::Status Precondition(const char* reason, const char* why) {
  return WithReason(absl::FailedPreconditionError(why), reason);
}

}  // namespace

absl::Status ToStatus(store::Requeue verdict) {
  using store::Requeue;
  switch (verdict) {
    case Requeue::kDone:
      return absl::OkStatus();
    case Requeue::kNotFound:
      return WithReason(absl::NotFoundError("no delivery has this id"),
                        "DELIVERY_NOT_FOUND");
    case Requeue::kOpen:
      return Precondition("DELIVERY_OPEN",
                          "its batch window still takes items: it goes out at due_time");
    case Requeue::kInFlight:
      return Precondition(
          "DELIVERY_IN_FLIGHT",
          "a worker is sending it: ask again when that attempt has ended");
    case Requeue::kWebhookDisabled:
      return Precondition("WEBHOOK_DISABLED",
                          "its webhook is disabled: enable it first, then ask again");
    case Requeue::kWebhookDeleted:
      return Precondition("WEBHOOK_DELETED",
                          "its webhook is deleted: publish its events again to another");
    case Requeue::kBodyNotKept:
      return Precondition(
          "BODY_NOT_KEPT",
          "it was sent with lightweight logs, which keep nothing that could be sent "
          "again: "
          "publish its events again, and turn lightweight_logs off where resends are "
          "wanted");
    case Requeue::kEventsNotKept:
      return Precondition("EVENTS_NOT_KEPT",
                          "its events are past their retention: publish them again");
    case Requeue::kBodyExpired:
      return Precondition("BODY_EXPIRED",
                          "it is older than the retention of bodies (retention_bodies): "
                          "what was sent is kept no longer; publish its events again");
  }
  return absl::InternalError("an unknown verdict");
}

absl::Status Redeliver(store::DeliveryControl& control, const store::Author& author,
                       const Uuid& id) {
  WINDROW_ASSIGN_OR_RETURN(const auto verdicts, control.Redeliver(author, {id}));
  return ToStatus(verdicts.at(0));
}

absl::Status Cancel(store::DeliveryControl& control, const store::Author& author,
                    const Uuid& id) {
  return control.Cancel(author, id, std::string(store::kCancelledByHand));
}

}  // namespace windrow::control_plane
