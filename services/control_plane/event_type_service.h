// EventTypeService of windrow.v1.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "common/store/event_type_store.h"

namespace windrow::control_plane {

class UnaryCalls;

// What it is given must outlive it.
std::unique_ptr<grpc::Service> MakeEventTypeService(UnaryCalls& calls,
                                                    store::EventTypeStore& event_types);

}  // namespace windrow::control_plane
