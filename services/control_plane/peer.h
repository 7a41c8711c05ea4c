// What a call brings to be let in by.
#pragma once

#include <grpcpp/server_context.h>

#include <string_view>

#include "services/control_plane/access_decision.h"

namespace windrow::control_plane {

Credentials CredentialsOf(const grpc::ServerContextBase& context);

// Of a peer as gRPC spells it: "ipv4:127.0.0.1:4711", "ipv6:%5B::1%5D:4711", "unix:…".
// Anything unknown is not loopback.
bool IsLoopbackPeer(std::string_view peer);

}  // namespace windrow::control_plane
