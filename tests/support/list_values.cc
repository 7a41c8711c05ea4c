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

std::vector<filter::Value> ValuesOf(const store::StoredEvent& event,
                                    const filter::Test& test) {
  switch (store::EventFieldOf(*test.field)) {
    case store::EventField::kType:
      return {event.event.type};
    case store::EventField::kObjectType:
      return {event.event.object_type};
    case store::EventField::kObjectId:
      return {event.event.object_id};
    case store::EventField::kEventId:
      if (event.event.event_id.empty()) return {};
      return {event.event.event_id};
    case store::EventField::kReceiveTime:
      break;
  }
  return {event.received_at};
}

std::vector<filter::Value> ValuesOf(const store::StoredWebhook& webhook,
                                    const filter::Test& test) {
  std::vector<filter::Value> values;
  const domain::WebhookSpec& spec = webhook.spec;
  switch (store::WebhookFieldOf(*test.field)) {
    case store::WebhookField::kName:
      return {spec.name};
    case store::WebhookField::kEnabled:
      return {std::int64_t{spec.enabled}};
    case store::WebhookField::kUrl:
      return {spec.url};
    case store::WebhookField::kEventType:
      for (const auto& trigger : spec.triggers) values.emplace_back(trigger.event_type);
      return values;
    case store::WebhookField::kLabels:
      for (const auto& [key, value] : spec.labels) {
        if (test.key.empty() || test.key == key) values.emplace_back(value);
      }
      return values;
    case store::WebhookField::kCreateTime:
      break;
  }
  return {webhook.created_at};
}

std::vector<filter::Value> ValuesOf(const store::AuditEntry& entry,
                                    const filter::Test& test) {
  switch (store::AuditFieldOf(*test.field)) {
    case store::AuditField::kActor:
      return {entry.actor};
    case store::AuditField::kAction:
      return {entry.action};
    case store::AuditField::kResource:
      return {entry.resource};
    case store::AuditField::kAt:
      break;
  }
  return {entry.at};
}

}  // namespace windrow::testing
