#include "services/control_plane/event_type_service.h"

#include "common/base/status.h"
#include "services/control_plane/author.h"
#include "services/control_plane/event_type_mapping.h"
#include "services/control_plane/event_type_use_cases.h"
#include "services/control_plane/unary.h"
#include "windrow/v1/event_type.grpc.pb.h"

namespace windrow::control_plane {
namespace {

using google::protobuf::Empty;
using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

class EventTypeService final : public v1::EventTypeService::CallbackService {
 public:
  EventTypeService(UnaryCalls& calls, store::EventTypeStore& event_types)
      : calls_(calls), use_cases_(event_types) {}

  Reactor* CreateEventType(Context* context, const v1::CreateEventTypeRequest* request,
                           v1::EventType* response) override {
    return calls_.Run(
        "CreateEventType", context,
        [=, this](const Caller& caller) {
          return Answer(use_cases_.Create(AuthorOf(caller), *request), response);
        },
        request->ByteSizeLong());
  }

  Reactor* GetEventType(Context* context, const v1::GetEventTypeRequest* request,
                        v1::EventType* response) override {
    return calls_.Run("GetEventType", context, [=, this](const Caller& caller) {
      return Answer(use_cases_.Get(caller.tenant, request->name()), response);
    });
  }

  Reactor* ListEventTypes(Context* context, const v1::ListEventTypesRequest* request,
                          v1::ListEventTypesResponse* response) override {
    return calls_.Run("ListEventTypes", context, [=, this](const Caller& caller) {
      return use_cases_.List(caller.tenant, *request, response);
    });
  }

  Reactor* UpdateEventType(Context* context, const v1::UpdateEventTypeRequest* request,
                           v1::EventType* response) override {
    return calls_.Run(
        "UpdateEventType", context,
        [=, this](const Caller& caller) {
          return Answer(use_cases_.Update(AuthorOf(caller), *request), response);
        },
        request->ByteSizeLong());
  }

  Reactor* DeleteEventType(Context* context, const v1::DeleteEventTypeRequest* request,
                           Empty*) override {
    return calls_.Run("DeleteEventType", context, [=, this](const Caller& caller) {
      return use_cases_.Delete(AuthorOf(caller), *request);
    });
  }

  Reactor* GetCatalogueSettings(Context* context, const v1::GetCatalogueSettingsRequest*,
                                v1::CatalogueSettings* response) override {
    return calls_.Run("GetCatalogueSettings", context, [=, this](const Caller& caller) {
      return use_cases_.GetSettings(caller.tenant, response);
    });
  }

  Reactor* UpdateCatalogueSettings(Context* context,
                                   const v1::UpdateCatalogueSettingsRequest* request,
                                   v1::CatalogueSettings* response) override {
    return calls_.Run(
        "UpdateCatalogueSettings", context, [=, this](const Caller& caller) {
          return use_cases_.UpdateSettings(AuthorOf(caller), *request, response);
        });
  }

 private:
  static absl::Status Answer(const absl::StatusOr<store::StoredEventType>& type,
                             v1::EventType* response) {
    WINDROW_RETURN_IF_ERROR(type.status());
    EventTypeToProto(*type, response);
    return absl::OkStatus();
  }

  UnaryCalls& calls_;
  EventTypeUseCases use_cases_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEventTypeService(UnaryCalls& calls,
                                                    store::EventTypeStore& event_types) {
  return std::make_unique<EventTypeService>(calls, event_types);
}

}  // namespace windrow::control_plane
