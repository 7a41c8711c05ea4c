// What the API does with the catalogue, apart from gRPC.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <optional>

#include "common/store/event_type_store.h"
#include "windrow/v1/event_type.pb.h"

namespace windrow::control_plane {

// Thread-safe where the store is.
class EventTypeUseCases {
 public:
  explicit EventTypeUseCases(store::EventTypeStore& event_types)
      : event_types_(event_types) {}

  // With validate_only nothing is saved: the answer has version 0.
  absl::StatusOr<store::StoredEventType> Create(
      const store::Author& author, const v1::CreateEventTypeRequest& request);
  // Without an etag, an edit that another one overtook is made anew. An edit that changes
  // nothing saves nothing.
  absl::StatusOr<store::StoredEventType> Update(
      const store::Author& author, const v1::UpdateEventTypeRequest& request);
  absl::Status Delete(const store::Author& author,
                      const v1::DeleteEventTypeRequest& request);
  absl::StatusOr<store::StoredEventType> Get(store::TenantId tenant,
                                             const std::string& name);
  absl::Status List(store::TenantId tenant, const v1::ListEventTypesRequest& request,
                    v1::ListEventTypesResponse* response);

  absl::Status GetSettings(store::TenantId tenant, v1::CatalogueSettings* settings);
  absl::Status UpdateSettings(const store::Author& author,
                              const v1::UpdateCatalogueSettingsRequest& request,
                              v1::CatalogueSettings* settings);

 private:
  absl::StatusOr<store::StoredEventType> UpdateOnce(
      const store::Author& author, std::optional<std::int32_t> expected,
      const v1::UpdateEventTypeRequest& request);

  store::EventTypeStore& event_types_;
};

}  // namespace windrow::control_plane
