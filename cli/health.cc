// `windrow health`: grpc.health.v1, for health checks of containers.
#include <fmt/format.h>
#include <google/protobuf/empty.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/rpc_errors.h"

namespace windrow::cli {
namespace {

constexpr char kCheckMethod[] = "/grpc.health.v1.Health/Check";

// HealthCheckRequest{string service = 1}; names over 127 bytes do not exist.
std::string EncodeRequest(const std::string& service) {
  if (service.empty()) return "";
  return fmt::format("\x0a{}{}", static_cast<char>(service.size()), service);
}

// HealthCheckResponse{ServingStatus status = 1}, a one-byte varint.
std::string DecodeStatus(const grpc::ByteBuffer& answer) {
  grpc::Slice slice;
  if (!answer.DumpToSingleSlice(&slice).ok()) return "UNKNOWN";
  if (slice.size() != 2 || slice.begin()[0] != 0x08) return "UNKNOWN";
  switch (slice.begin()[1]) {
    case 1:
      return "SERVING";
    case 2:
      return "NOT_SERVING";
    default:
      return "UNKNOWN";
  }
}

grpc::Status Check(const Session& session, const std::string& service,
                   std::string* serving) {
  grpc::GenericStub stub(Connect(session));
  const std::unique_ptr<grpc::ClientContext> context = MakeContext(session);
  grpc::Slice slice(EncodeRequest(service));
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer answer;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(context.get(), kCheckMethod, request, &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(&answer, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (status.ok()) *serving = DecodeStatus(answer);
  return status;
}

}  // namespace

void AddHealth(CLI::App* app, Session* session) {
  CLI::App* health = app->add_subcommand(
      "health", "Ask the server whether it serves: exit status 0 where it does, else 1");
  auto service = std::make_shared<std::string>();
  health->add_option("--service", *service, "a gRPC service's name; none: the server")
      ->check([](const std::string& name) {
        return name.size() < 128 ? "" : "a service's name is at most 127 bytes";
      });
  health->callback([session, service] {
    session->action = [session, service] {
      std::string serving;
      const grpc::Status status = Check(*session, *service, &serving);
      if (!status.ok()) {
        Fail(*session, "ask for health", status);
        return kFailed;
      }
      session->out << serving << '\n';
      return serving == "SERVING" ? kOk : kFailed;
    };
  });
}

}  // namespace windrow::cli
