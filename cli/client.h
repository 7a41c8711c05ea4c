// The connection to windrow-server.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>

#include "cli/session.h"

namespace windrow::cli {

// Never through a proxy of the environment: the server is where --server says.
std::shared_ptr<grpc::Channel> Connect(const Session& session);

// A context with the session's API key and deadline; streams pass false.
std::unique_ptr<grpc::ClientContext> MakeContext(const Session& session,
                                                 bool with_deadline = true);

}  // namespace windrow::cli
