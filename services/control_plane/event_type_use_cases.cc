#include "services/control_plane/event_type_use_cases.h"

#include <fmt/format.h>

#include <utility>

#include "common/base/status.h"
#include "common/domain/text.h"
#include "common/domain/webhook.h"
#include "services/control_plane/event_type_mapping.h"
#include "services/control_plane/page_fill.h"
#include "services/control_plane/page_token.h"
#include "services/control_plane/update_mask.h"
#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {
namespace {

// Times that an edit without an etag is made anew; each time another edit got through.
constexpr int kMaxEdits = 8;
constexpr int kChunk = 32;  // types of up to 64 KiB and more each
constexpr std::size_t kMaxNameBytes = domain::kMaxEventTypeCharacters * 4;

// A name that no type can have is not asked for: the database would refuse its bytes.
absl::Status CheckName(const std::string& name, const std::string& field) {
  Violations violations;
  domain::CheckText(name,
                    {.min = 1,
                     .max = domain::kMaxEventTypeCharacters,
                     .unit = domain::Unit::kCharacters},
                    field, &violations);
  return violations.ToStatus();
}

}  // namespace

absl::StatusOr<store::StoredEventType> EventTypeUseCases::Create(
    const store::Author& author, const v1::CreateEventTypeRequest& request) {
  domain::EventTypeSpec spec = NewEventType(request.event_type());
  Violations violations;
  domain::Validate(spec, "event_type", &violations);
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  if (request.validate_only()) {
    return store::StoredEventType{.tenant_id = author.tenant, .spec = std::move(spec)};
  }
  return event_types_.CreateEventType(author, std::move(spec));
}

absl::StatusOr<store::StoredEventType> EventTypeUseCases::Update(
    const store::Author& author, const v1::UpdateEventTypeRequest& request) {
  WINDROW_RETURN_IF_ERROR(CheckName(request.event_type().name(), "event_type.name"));
  const std::optional<std::int32_t> expected = VersionOfEtag(request.event_type().etag());
  auto saved = UpdateOnce(author, expected, request);
  for (int edits = 1; edits < kMaxEdits; ++edits) {
    if (expected || !absl::IsAborted(saved.status())) break;
    saved = UpdateOnce(author, expected, request);
  }
  return saved;
}

absl::StatusOr<store::StoredEventType> EventTypeUseCases::UpdateOnce(
    const store::Author& author, std::optional<std::int32_t> expected,
    const v1::UpdateEventTypeRequest& request) {
  WINDROW_ASSIGN_OR_RETURN(
      store::StoredEventType current,
      event_types_.GetEventType(author.tenant, request.event_type().name()));
  if (expected && *expected != current.version) {
    return WithReason(absl::AbortedError("the event type was changed since its etag was "
                                         "read: get it again and redo the change"),
                      "ETAG_MISMATCH");
  }
  domain::EventTypeSpec spec = current.spec;
  Violations violations;
  EditEventType(request.event_type(), request.update_mask(), &spec, &violations);
  domain::Validate(spec, "event_type", &violations);
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  if (spec == current.spec) return current;
  if (request.validate_only()) {
    current.spec = std::move(spec);
    return current;
  }
  return event_types_.UpdateEventType(author, current.version, std::move(spec));
}

absl::Status EventTypeUseCases::Delete(const store::Author& author,
                                       const v1::DeleteEventTypeRequest& request) {
  WINDROW_RETURN_IF_ERROR(CheckName(request.name(), "name"));
  if (domain::IsOwnEventType(request.name())) {
    // Where types are refused its events could not be published any more.
    return WithReason(absl::FailedPreconditionError(fmt::format(
                          "\"{}\" stays: its events are Windrow's own", request.name())),
                      "EVENT_TYPE_OWN");
  }
  return event_types_.DeleteEventType(author, request.name(),
                                      VersionOfEtag(request.etag()));
}

absl::StatusOr<store::StoredEventType> EventTypeUseCases::Get(store::TenantId tenant,
                                                              const std::string& name) {
  WINDROW_RETURN_IF_ERROR(CheckName(name, "name"));
  return event_types_.GetEventType(tenant, name);
}

absl::Status EventTypeUseCases::List(store::TenantId tenant,
                                     const v1::ListEventTypesRequest& request,
                                     v1::ListEventTypesResponse* response) {
  const PageTokens tokens({"event_types"});
  WINDROW_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  std::optional<std::string> after;
  if (!request.page_token().empty()) {
    WINDROW_ASSIGN_OR_RETURN(after, tokens.ReadText(request.page_token(), kMaxNameBytes));
  }
  WINDROW_ASSIGN_OR_RETURN(const bool more,
                           FillPage(
                               size, kChunk, &store::EventTypePage::types,
                               [&](int limit, int) {
                                 return event_types_.ListEventTypes(tenant, after, limit);
                               },
                               [&](const store::StoredEventType& type) {
                                 after = type.spec.name;
                                 EventTypeToProto(type, response->add_event_types());
                                 return response->event_types().rbegin()->ByteSizeLong();
                               },
                               [](const store::EventTypePage&) {}));
  if (more) response->set_next_page_token(tokens.MakeText(*after));
  return absl::OkStatus();
}

absl::Status EventTypeUseCases::GetSettings(store::TenantId tenant,
                                            v1::CatalogueSettings* settings) {
  WINDROW_ASSIGN_OR_RETURN(const domain::UnknownTypes unknown,
                           event_types_.GetUnknownTypes(tenant));
  settings->set_unknown_event_types(UnknownTypesToProto(unknown));
  return absl::OkStatus();
}

absl::Status EventTypeUseCases::UpdateSettings(
    const store::Author& author, const v1::UpdateCatalogueSettingsRequest& request,
    v1::CatalogueSettings* settings) {
  constexpr std::string_view kField = "unknown_event_types";
  Violations violations;
  const UpdateMask wanted(request.update_mask(), std::span(&kField, 1), kField,
                          &violations);
  const v1::UnknownEventTypes value = request.settings().unknown_event_types();
  const bool puts = wanted.Puts(kField, value != 0);
  domain::UnknownTypes unknown = domain::UnknownTypes::kLearn;
  if (puts) unknown = UnknownTypesFromProto(value, &violations);
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  if (puts) {
    WINDROW_RETURN_IF_ERROR(event_types_.SetUnknownTypes(author, unknown));
  }
  return GetSettings(author.tenant, settings);
}

}  // namespace windrow::control_plane
