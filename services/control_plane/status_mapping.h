// Errors at the edge: absl::Status to what gRPC sends.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <grpcpp/support/status.h>

namespace windrow::control_plane {

// `status` with what RetryInfo is to say.
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);

// The same code and message, with google.rpc details: ErrorInfo (the status' reason, else
// a word for its code; domain "windrow.dev"), BadRequest where there are violations, and
// RetryInfo where the same call may succeed later: with UNAVAILABLE, and with
// RESOURCE_EXHAUSTED unless it is a limit that time does not mend. A client that waits so
// long, and a random part more, does not come back with all others at once.
//
// Details and message travel in trailers, of which common clients take 8 KiB: violations
// that have no room are left out, and a last one says how many. The message of INTERNAL
// and DATA_LOSS goes to the log, not to the caller.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace windrow::control_plane
