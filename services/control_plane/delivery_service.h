// DeliveryService of windrow.v1.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "common/store/delivery_control.h"
#include "common/store/delivery_store.h"

namespace windrow::control_plane {

class Access;
class DeliveryWatch;
class RpcMetrics;
class UnaryCalls;

// What it is given must outlive it.
std::unique_ptr<grpc::Service> MakeDeliveryService(Access& access, UnaryCalls& calls,
                                                   store::DeliveryStore& deliveries,
                                                   store::DeliveryControl& control,
                                                   DeliveryWatch& watch,
                                                   const RpcMetrics& metrics);

}  // namespace windrow::control_plane
