// OperationService of windrow.v1.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "common/store/operation_store.h"
#include "common/store/webhook_store.h"

namespace windrow::control_plane {

class UnaryCalls;

// What it is given must outlive it.
std::unique_ptr<grpc::Service> MakeOperationService(UnaryCalls& calls,
                                                    store::OperationStore& operations,
                                                    store::WebhookStore& webhooks);

}  // namespace windrow::control_plane
