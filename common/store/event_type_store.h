// The catalogue of event types: what the control plane asks of storage.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/catalogue.h"
#include "common/domain/event_type.h"
#include "common/store/author.h"
#include "common/store/types.h"

namespace windrow::store {

// How a type came into the catalogue. The numbers are stored: never change one.
enum class EventTypeOrigin : std::int16_t {
  kBuiltIn = 1,   // with Windrow
  kDeclared = 2,  // somebody created or changed it
  kLearned = 3,   // an event had it
  kExpected = 4,  // a trigger names it, no event had it yet
};

// `version` grows by one with every change.
struct StoredEventType {
  TenantId tenant_id = 0;
  std::int32_t version = 0;
  EventTypeOrigin origin = EventTypeOrigin::kDeclared;
  domain::EventTypeSpec spec;
  absl::Time created_at;
  absl::Time updated_at;
};

struct EventTypePage {
  std::vector<StoredEventType> types;
  bool more = false;
};

// A type that an event had.
struct SeenEventType {
  std::string name;
  std::string object_type;

  auto operator<=>(const SeenEventType&) const = default;
};

// Thread-safe. Every change but Learn raises the tenant's config version in its own
// transaction, and leaves its entry in the audit log; setting what is set already leaves
// none. UNAVAILABLE where the database cannot be reached.
class EventTypeStore {
 public:
  virtual ~EventTypeStore() = default;

  // kDeclared. ALREADY_EXISTS (EVENT_TYPE_EXISTS); RESOURCE_EXHAUSTED
  // (TOO_MANY_EVENT_TYPES) beyond kMaxDeclaredEventTypes.
  virtual absl::StatusOr<StoredEventType> CreateEventType(const Author& author,
                                                          domain::EventTypeSpec spec) = 0;
  // NOT_FOUND (EVENT_TYPE_NOT_FOUND), also for another tenant's.
  virtual absl::StatusOr<StoredEventType> GetEventType(TenantId tenant,
                                                       const std::string& name) = 0;
  // By name, as bytes; those behind `after`, where given.
  virtual absl::StatusOr<EventTypePage> ListEventTypes(
      TenantId tenant, const std::optional<std::string>& after, int limit) = 0;
  // Of these names, those that the catalogue holds; by name.
  virtual absl::StatusOr<std::vector<StoredEventType>> FindEventTypes(
      TenantId tenant, const std::vector<std::string>& names) = 0;
  // Replaces all of version `expected` but its name; ABORTED (ETAG_MISMATCH) where it is
  // no longer that. A learned or expected one is declared then. Events that are published
  // after the answer are rendered with the new key fields, those before with the old.
  virtual absl::StatusOr<StoredEventType> UpdateEventType(const Author& author,
                                                          std::int32_t expected,
                                                          domain::EventTypeSpec spec) = 0;
  // `expected` as above, where given. FAILED_PRECONDITION (EVENT_TYPE_IN_USE), naming the
  // webhooks, where triggers are for it.
  virtual absl::Status DeleteEventType(const Author& author, const std::string& name,
                                       std::optional<std::int32_t> expected) = 0;

  virtual absl::StatusOr<domain::UnknownTypes> GetUnknownTypes(TenantId tenant) = 0;
  virtual absl::Status SetUnknownTypes(const Author& author,
                                       domain::UnknownTypes unknown) = 0;
  // All of it, for matching and for the nearest name.
  virtual absl::StatusOr<domain::Catalogue> LoadCatalogue(TenantId tenant) = 0;

  // Adds types that events had, as far as the tenant learns and has room
  // (kMaxLearnedEventTypes), and marks expected ones as learned. Of a name that stands
  // there twice, one object type is taken. Answers which of them the catalogue holds now.
  virtual absl::StatusOr<std::vector<std::string>> LearnEventTypes(
      TenantId tenant, const std::vector<SeenEventType>& seen) = 0;
};

}  // namespace windrow::store
