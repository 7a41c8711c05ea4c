#include "services/control_plane/event_type_mapping.h"

#include <string_view>
#include <vector>

#include "services/control_plane/proto_time.h"
#include "services/control_plane/update_mask.h"
#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {
namespace {

using Spec = domain::EventTypeSpec;

std::vector<std::string> TextsOf(
    const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

struct Field {
  std::string_view name;
  bool (*is_set)(const v1::EventType&);
  void (*put)(const v1::EventType&, Spec*);
};

constexpr Field kFields[] = {
    {"description", [](const v1::EventType& t) { return !t.description().empty(); },
     [](const v1::EventType& t, Spec* spec) { spec->description = t.description(); }},
    {"object_type", [](const v1::EventType& t) { return !t.object_type().empty(); },
     [](const v1::EventType& t, Spec* spec) { spec->object_type = t.object_type(); }},
    {"key_fields", [](const v1::EventType& t) { return t.key_fields_size() > 0; },
     [](const v1::EventType& t, Spec* spec) {
       spec->key_fields = TextsOf(t.key_fields());
     }},
    {"single_select_fields",
     [](const v1::EventType& t) { return t.single_select_fields_size() > 0; },
     [](const v1::EventType& t, Spec* spec) {
       spec->single_select_fields = TextsOf(t.single_select_fields());
     }},
    {"example", [](const v1::EventType& t) { return !t.example().empty(); },
     [](const v1::EventType& t, Spec* spec) { spec->example = t.example(); }},
};
// May stand in a mask, and change nothing (AIP-161).
constexpr std::string_view kOutputOnly[] = {"name", "origin", "etag", "create_time",
                                            "update_time"};

}  // namespace

Spec NewEventType(const v1::EventType& type) {
  Spec spec{.name = type.name()};
  for (const Field& field : kFields) field.put(type, &spec);
  return spec;
}

void EditEventType(const v1::EventType& change, const google::protobuf::FieldMask& mask,
                   Spec* spec, Violations* violations) {
  std::vector<std::string_view> known(std::begin(kOutputOnly), std::end(kOutputOnly));
  for (const Field& field : kFields) known.push_back(field.name);
  const UpdateMask wanted(mask, known, "top-level names", violations);
  for (const Field& field : kFields) {
    if (wanted.Puts(field.name, field.is_set(change))) field.put(change, spec);
  }
}

void EventTypeToProto(const store::StoredEventType& type, v1::EventType* proto) {
  const Spec& spec = type.spec;
  proto->set_name(spec.name);
  proto->set_description(spec.description);
  proto->set_object_type(spec.object_type);
  for (const std::string& field : spec.key_fields) proto->add_key_fields(field);
  for (const std::string& field : spec.single_select_fields) {
    proto->add_single_select_fields(field);
  }
  proto->set_example(spec.example);
  proto->set_origin(static_cast<v1::EventTypeOrigin>(type.origin));
  if (type.version == 0) return;
  proto->set_etag(EtagOf(type.version));
  TimeToProto(type.created_at, proto->mutable_create_time());
  TimeToProto(type.updated_at, proto->mutable_update_time());
}

domain::UnknownTypes UnknownTypesFromProto(v1::UnknownEventTypes unknown,
                                           Violations* violations) {
  switch (unknown) {
    case v1::UNKNOWN_EVENT_TYPES_LEARN:
      return domain::UnknownTypes::kLearn;
    case v1::UNKNOWN_EVENT_TYPES_REFUSE:
      return domain::UnknownTypes::kRefuse;
    default:
      violations->Add("settings.unknown_event_types", "must be LEARN or REFUSE");
      return domain::UnknownTypes::kLearn;
  }
}

v1::UnknownEventTypes UnknownTypesToProto(domain::UnknownTypes unknown) {
  return unknown == domain::UnknownTypes::kLearn ? v1::UNKNOWN_EVENT_TYPES_LEARN
                                                 : v1::UNKNOWN_EVENT_TYPES_REFUSE;
}

}  // namespace windrow::control_plane
