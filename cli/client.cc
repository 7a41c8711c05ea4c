#include "cli/client.h"

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "common/base/version.h"

namespace windrow::cli {

// A page of full deliveries is larger than gRPC's 4 MiB.
constexpr int kMaxAnswerBytes = 256 << 20;

std::shared_ptr<grpc::Channel> Connect(const Session& session) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  arguments.SetUserAgentPrefix(fmt::format("windrow-cli/{}", kVersion));
  const ServerCredentials& c = session.credentials;
  return grpc::CreateCustomChannel(session.server,
                                   c.tls ? grpc::SslCredentials({c.ca, c.key, c.cert})
                                         : grpc::InsecureChannelCredentials(),
                                   arguments);
}

std::unique_ptr<grpc::ClientContext> MakeContext(const Session& session,
                                                 bool with_deadline) {
  auto context = std::make_unique<grpc::ClientContext>();
  if (!session.credentials.api_key.empty()) {
    context->AddMetadata("authorization", "Bearer " + session.credentials.api_key);
  }
  if (with_deadline) {
    context->set_deadline(absl::ToChronoTime(absl::Now() + session.timeout));
  }
  return context;
}

}  // namespace windrow::cli
