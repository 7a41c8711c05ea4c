// An entry of the catalogue: what a tenant says of one type of event.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/domain/custom_payload.h"

namespace windrow::domain {

// Paths are inside of the object: "status", "customer.name".
struct EventTypeSpec {
  std::string name;  // as an event's `type`
  std::string description;
  std::string object_type;  // empty only where nobody has told it yet
  // What SMALL payloads keep of the object. None: top-level scalars and single-selects.
  std::vector<std::string> key_fields;
  // Those whose values are {"id": …, "name": …}.
  std::vector<std::string> single_select_fields;
  std::string example;  // an object of such an event, as JSON; may be empty

  bool operator==(const EventTypeSpec&) const = default;
};

inline constexpr std::size_t kMaxSingleSelectFields = 100;
inline constexpr std::size_t kMaxExampleBytes = 64 << 10;
// A tenant's catalogue holds this many types that were declared (or came with Windrow),
// and as many that events and triggers brought.
inline constexpr int kMaxDeclaredEventTypes = 10'000;
inline constexpr int kMaxLearnedEventTypes = 10'000;

// Adds a violation for every broken rule, with paths under `prefix` ("event_type"), whose
// field names are the API's. Names are those that domain::Validate(Event) accepts.
void Validate(const EventTypeSpec& spec, const std::string& prefix,
              Violations* violations);

// What the catalogue knows of the fields of events of these types: a field is a
// single-select where a type names it so or its example shows one, a multi-select where
// an example shows an array and no type says otherwise. Borrows the types; for one
// thread.
FieldKinds KindsOf(std::span<const EventTypeSpec> types);

// A type that every tenant's catalogue begins with.
struct BuiltInEventType {
  std::string_view name, object_type, description;
};
// By name. Those of HaloCRM, and Windrow's own; the schema's windrow_add_event_types()
// has them too.
std::span<const BuiltInEventType> BuiltInEventTypes();

// True for types whose events Windrow publishes itself: "windrow.…".
bool IsOwnEventType(std::string_view name);

}  // namespace windrow::domain
