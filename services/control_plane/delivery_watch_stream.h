// WatchDeliveries: one stream.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "services/control_plane/access.h"
#include "services/control_plane/delivery_watch.h"
#include "services/control_plane/metrics.h"
#include "windrow/v1/delivery.pb.h"

namespace windrow::control_plane {

// Ends at once with what is wrong with the request, or where the caller is not let in;
// later when the caller's key ends. `access` and `watch` must outlive the stream.
grpc::ServerWriteReactor<v1::WatchDeliveriesResponse>* OpenWatchStream(
    Access& access, DeliveryWatch& watch, const RpcMetrics& metrics,
    const grpc::CallbackServerContext& context,
    const v1::WatchDeliveriesRequest& request);

}  // namespace windrow::control_plane
