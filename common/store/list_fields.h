// What the filters of lists may compare, and how far a list looks.
#pragma once

#include <cstdint>

#include "common/filter/field.h"
#include "common/store/types.h"

namespace windrow::store {

// A page of a list looks at no more than so many records for those that its filter wants.
// Where an index leads to the wanted ones that is every one of them; else the page may
// end with fewer than were asked for, or none, and go on from there.
inline constexpr int kMostExamined = 3'000;

enum class DeliveryField : std::uint8_t {
  kWebhookId,
  kState,
  kEventType,   // of any item
  kObjectId,    // of any item
  kStatusCode,  // of the last attempt
  kError,       // of the last attempt; none: no value
  kCreateTime,
  kFinishTime,
};

inline constexpr filter::Word kStateWords[] = {
    {"OPEN", static_cast<int>(DeliveryState::kOpen)},
    {"PENDING", static_cast<int>(DeliveryState::kPending)},
    {"IN_FLIGHT", static_cast<int>(DeliveryState::kInFlight)},
    {"RETRYING", static_cast<int>(DeliveryState::kRetrying)},
    {"SUCCEEDED", static_cast<int>(DeliveryState::kSucceeded)},
    {"FAILED", static_cast<int>(DeliveryState::kFailed)},
    {"CANCELLED", static_cast<int>(DeliveryState::kCancelled)},
};

inline constexpr filter::Word kErrorWords[] = {
    {"DNS", static_cast<int>(AttemptError::kDns)},
    {"REFUSED_ADDRESS", static_cast<int>(AttemptError::kRefusedAddress)},
    {"CONNECT", static_cast<int>(AttemptError::kConnect)},
    {"TLS", static_cast<int>(AttemptError::kTls)},
    {"TIMEOUT", static_cast<int>(AttemptError::kTimeout)},
    {"RESET", static_cast<int>(AttemptError::kReset)},
    {"TOO_LARGE", static_cast<int>(AttemptError::kTooLarge)},
    {"PROTOCOL", static_cast<int>(AttemptError::kProtocol)},
    {"INTERNAL", static_cast<int>(AttemptError::kInternal)},
    {"HTTP", static_cast<int>(AttemptError::kHttp)},
    {"POISON", static_cast<int>(AttemptError::kPoison)},
    {"TOKEN", static_cast<int>(AttemptError::kToken)},
};

inline constexpr int kMostStatusCode = 999;

inline constexpr filter::Field kDeliveryFields[] = {
    {.name = "webhook_id",
     .type = filter::Type::kId,
     .id = static_cast<int>(DeliveryField::kWebhookId)},
    {.name = "state",
     .type = filter::Type::kWord,
     .id = static_cast<int>(DeliveryField::kState),
     .words = kStateWords,
     .prefix = "DELIVERY_STATE_"},
    {.name = "event_type",
     .id = static_cast<int>(DeliveryField::kEventType),
     .several = true,
     .wildcards = true},
    {.name = "object_id",
     .id = static_cast<int>(DeliveryField::kObjectId),
     .several = true},
    {.name = "status_code",
     .type = filter::Type::kNumber,
     .id = static_cast<int>(DeliveryField::kStatusCode),
     .most = kMostStatusCode},
    {.name = "error",
     .type = filter::Type::kWord,
     .id = static_cast<int>(DeliveryField::kError),
     .words = kErrorWords,
     .prefix = "ATTEMPT_ERROR_"},
    {.name = "create_time",
     .type = filter::Type::kTime,
     .id = static_cast<int>(DeliveryField::kCreateTime)},
    {.name = "finish_time",
     .type = filter::Type::kTime,
     .id = static_cast<int>(DeliveryField::kFinishTime)},
};

enum class EventField : std::uint8_t {
  kType,
  kObjectType,
  kObjectId,
  kEventId,  // of events that have one
  kReceiveTime,
};

inline constexpr filter::Field kEventFields[] = {
    {.name = "type", .id = static_cast<int>(EventField::kType), .wildcards = true},
    {.name = "object_type", .id = static_cast<int>(EventField::kObjectType)},
    {.name = "object_id", .id = static_cast<int>(EventField::kObjectId)},
    {.name = "event_id", .id = static_cast<int>(EventField::kEventId)},
    {.name = "receive_time",
     .type = filter::Type::kTime,
     .id = static_cast<int>(EventField::kReceiveTime)},
};

enum class WebhookField : std::uint8_t {
  kName,
  kEnabled,
  kUrl,
  kEventType,  // of any trigger
  kLabels,
  kCreateTime,
};

inline constexpr filter::Word kTruthWords[] = {{"false", 0}, {"true", 1}};

inline constexpr filter::Field kWebhookFields[] = {
    {.name = "name", .id = static_cast<int>(WebhookField::kName), .wildcards = true},
    {.name = "enabled",
     .type = filter::Type::kWord,
     .id = static_cast<int>(WebhookField::kEnabled),
     .words = kTruthWords},
    {.name = "url", .id = static_cast<int>(WebhookField::kUrl), .wildcards = true},
    {.name = "event_type",
     .id = static_cast<int>(WebhookField::kEventType),
     .several = true,
     .wildcards = true},
    {.name = "labels",
     .id = static_cast<int>(WebhookField::kLabels),
     .keyed = true,
     .wildcards = true,
     .may_be_empty = true},
    {.name = "create_time",
     .type = filter::Type::kTime,
     .id = static_cast<int>(WebhookField::kCreateTime)},
};

enum class AuditField : std::uint8_t { kActor, kAction, kResource, kAt };

inline constexpr filter::Field kAuditFields[] = {
    {.name = "actor", .id = static_cast<int>(AuditField::kActor), .wildcards = true},
    {.name = "action", .id = static_cast<int>(AuditField::kAction), .wildcards = true},
    {.name = "resource",
     .id = static_cast<int>(AuditField::kResource),
     .wildcards = true},
    {.name = "at", .type = filter::Type::kTime, .id = static_cast<int>(AuditField::kAt)},
};

inline DeliveryField DeliveryFieldOf(const filter::Field& field) {
  return static_cast<DeliveryField>(field.id);
}

inline EventField EventFieldOf(const filter::Field& field) {
  return static_cast<EventField>(field.id);
}

inline WebhookField WebhookFieldOf(const filter::Field& field) {
  return static_cast<WebhookField>(field.id);
}

inline AuditField AuditFieldOf(const filter::Field& field) {
  return static_cast<AuditField>(field.id);
}

}  // namespace windrow::store
