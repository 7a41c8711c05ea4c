// Event types: the API's messages and the domain's values.
#pragma once

#include "common/base/status.h"
#include "common/domain/catalogue.h"
#include "common/domain/event_type.h"
#include "common/store/event_type_store.h"
#include "windrow/v1/event_type.pb.h"

namespace windrow::control_plane {

// Every field of `type`; output only fields are not looked at. The domain's rules are
// checked by domain::Validate.
domain::EventTypeSpec NewEventType(const v1::EventType& type);

// Puts the fields that `mask` names into a stored type (UpdateEventTypeRequest says how
// an empty one and "*" are read). The name is not put: it says which type is meant.
void EditEventType(const v1::EventType& change, const google::protobuf::FieldMask& mask,
                   domain::EventTypeSpec* spec, Violations* violations);

// Without etag and times where it was not saved (version 0).
void EventTypeToProto(const store::StoredEventType& type, v1::EventType* proto);

// Adds a violation for a value that is none.
domain::UnknownTypes UnknownTypesFromProto(v1::UnknownEventTypes unknown,
                                           Violations* violations);
v1::UnknownEventTypes UnknownTypesToProto(domain::UnknownTypes unknown);

}  // namespace windrow::control_plane
