#include "tests/support/list_values.h"

namespace windrow::testing {

std::vector<filter::Value> ValuesOf(const store::DeliveryRecord& record,
                                    const filter::Test& test) {
  std::vector<filter::Value> values;
  const bool attempted = record.last_attempt.has_value();
  switch (store::DeliveryFieldOf(*test.field)) {
    case store::DeliveryField::kWebhookId:
      return {record.webhook_id};
    case store::DeliveryField::kState:
      return {static_cast<std::int64_t>(record.state)};
    case store::DeliveryField::kEventType:
      for (const auto& item : record.items) values.emplace_back(item.event_type);
      return values;
    case store::DeliveryField::kObjectId:
      for (const auto& item : record.items) values.emplace_back(item.object_id);
      return values;
    case store::DeliveryField::kStatusCode:
      if (attempted) values.emplace_back(std::int64_t{record.last_attempt->status_code});
      return values;
    case store::DeliveryField::kError:
      if (attempted && record.last_attempt->error != store::AttemptError::kNone) {
        values.emplace_back(static_cast<std::int64_t>(record.last_attempt->error));
      }
      return values;
    case store::DeliveryField::kCreateTime:
      return {record.created_at};
    case store::DeliveryField::kFinishTime:
      if (record.finished_at) values.emplace_back(*record.finished_at);
      return values;
  }
  return values;
}

}  // namespace windrow::testing
