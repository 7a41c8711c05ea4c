// ApiKeyService of windrow.v1.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "common/store/access_store.h"

namespace windrow::control_plane {

class Access;
class UnaryCalls;

// What it is given must outlive it.
std::unique_ptr<grpc::Service> MakeApiKeyService(UnaryCalls& calls,
                                                 store::AccessStore& keys,
                                                 Access& access);

}  // namespace windrow::control_plane
