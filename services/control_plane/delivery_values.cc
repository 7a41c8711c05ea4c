#include "services/control_plane/delivery_values.h"

#include <vector>

namespace windrow::control_plane {
namespace {

std::vector<filter::Value> OfAttempt(const store::DeliveryRecord& record,
                                     store::DeliveryField field) {
  if (!record.last_attempt) return {};
  const store::Attempt& attempt = *record.last_attempt;
  if (field == store::DeliveryField::kStatusCode) {
    return {std::int64_t{attempt.status_code}};
  }
  if (attempt.error == store::AttemptError::kNone) return {};
  return {static_cast<std::int64_t>(attempt.error)};
}

std::vector<filter::Value> ValuesOf(const store::DeliveryRecord& record,
                                    store::DeliveryField field) {
  std::vector<filter::Value> values;
  switch (field) {
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
    case store::DeliveryField::kError:
      return OfAttempt(record, field);
    case store::DeliveryField::kCreateTime:
      return {record.created_at};
    case store::DeliveryField::kFinishTime:
      if (record.finished_at) values.emplace_back(*record.finished_at);
      return values;
  }
  return values;
}

}  // namespace

bool Matches(const filter::Filter& where, const store::DeliveryRecord& record) {
  return filter::Matches(where, [&](const filter::Test& test) {
    return ValuesOf(record, store::DeliveryFieldOf(*test.field));
  });
}

}  // namespace windrow::control_plane
