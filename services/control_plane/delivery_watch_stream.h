// WatchDeliveries: one stream.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "services/control_plane/delivery_watch.h"
#include "services/control_plane/metrics.h"
#include "windrow/v1/delivery.pb.h"

namespace windrow::control_plane {

// Ends at once with what is wrong with the request. `watch` must outlive the stream.
grpc::ServerWriteReactor<v1::WatchDeliveriesResponse>* OpenWatchStream(
    DeliveryWatch& watch, const RpcMetrics& metrics, store::TenantId tenant,
    const v1::WatchDeliveriesRequest& request);

}  // namespace windrow::control_plane
