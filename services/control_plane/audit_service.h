// AuditService of windrow.v1.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "common/store/audit_store.h"

namespace windrow::control_plane {

class UnaryCalls;

// What it is given must outlive it.
std::unique_ptr<grpc::Service> MakeAuditService(UnaryCalls& calls,
                                                store::AuditStore& audit);

}  // namespace windrow::control_plane
