#include "tests/integration/api_fixture.h"

#include <fmt/format.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <chrono>

#include "common/crypto/api_key.h"
#include "windrow/internal/rpc_details.pb.h"

namespace windrow::integration {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr std::chrono::seconds kLimit{60};
// Streams that would go on for ever.
constexpr std::chrono::milliseconds kQuiet{1'500};

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

grpc::ByteBuffer Serialize(const Message& message) {
  grpc::ByteBuffer bytes;
  bool own = false;
  grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(message, &bytes, &own);
  return bytes;
}

std::string ReasonOf(const grpc::Status& status) {
  internal::Status rpc;
  rpc.ParseFromString(status.error_details());
  for (const auto& any : rpc.details()) {
    internal::ErrorInfo info;
    if (any.type_url() == "type.googleapis.com/google.rpc.ErrorInfo" &&
        info.ParseFromString(any.value())) {
      return info.reason();
    }
  }
  return "";
}

}  // namespace

ApiTest::ApiTest()
    : access_(store::postgres::PostgresAccess::Open(database().url(), "test").value()) {}

ApiTest::Key ApiTest::MakeKey(store::TenantId tenant, domain::ApiKeySpec spec) {
  const crypto::NewApiKey made = crypto::GenerateApiKey();
  if (spec.kind == domain::KeyKind::kSecret) spec.secret_sha256 = made.secret_sha256;
  if (spec.name.empty()) spec.name = "test";
  spec.created_by = "operator";
  const auto stored = access_->CreateApiKey(tenant, made.key_id, spec);
  EXPECT_TRUE(stored.ok()) << stored.status();
  return {made.key_id, made.text};
}

void ApiTest::StartServer(const std::vector<std::string>& more) {
  port_ = FreePort();
  server_ = PipelineTest::StartServer(port_, receiver_, more);
}

std::shared_ptr<grpc::Channel> ApiTest::Connect(
    std::shared_ptr<grpc::ChannelCredentials> credentials,
    const std::string& host) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(fmt::format("{}:{}", host, port_), credentials,
                                   arguments);
}

const MethodDescriptor& ApiTest::MethodNamed(const std::string& name) {
  for (const MethodDescriptor* method : ApiMethods()) {
    if (method->name() == name) return *method;
  }
  throw std::runtime_error("no method " + name);
}

ApiAnswer ApiTest::Call(grpc::Channel& channel, const MethodDescriptor& method,
                        const std::string& request, const std::string& authorization,
                        int most) const {
  const std::unique_ptr<Message> message = NewMessage(method.input_type());
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(request, message.get()))
      << method.name() << ": " << request;
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  const bool endless = method.server_streaming() && !method.client_streaming();
  context.set_deadline(std::chrono::system_clock::now() +
                       (endless ? kQuiet : std::chrono::milliseconds(kLimit)));
  if (!authorization.empty()) context.AddMetadata("authorization", authorization);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(std::shared_ptr<grpc::Channel>(&channel, [](auto*) {}));
  const auto call = stub.PrepareCall(
      &context, fmt::format("/{}/{}", method.service()->full_name(), method.name()),
      &queue);
  const auto done = [&] {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return ok;
  };
  call->StartCall(nullptr);
  done();
  call->WriteLast(Serialize(*message), grpc::WriteOptions(), nullptr);
  done();
  ApiAnswer answer;
  for (int i = 0; i < most; ++i) {
    grpc::ByteBuffer bytes;
    call->Read(&bytes, nullptr);
    if (!done()) break;
    const std::unique_ptr<Message> read = NewMessage(method.output_type());
    EXPECT_TRUE(
        (grpc::GenericDeserialize<grpc::ProtoBufferReader, Message>(&bytes, read.get())
             .ok()));
    answer.text += read->ShortDebugString() + "\n";
  }
  if (endless && static_cast<int>(
                     std::count(answer.text.begin(), answer.text.end(), '\n')) == most) {
    context.TryCancel();
  }
  call->Finish(&answer.status, nullptr);
  done();
  answer.reason = ReasonOf(answer.status);
  return answer;
}

}  // namespace windrow::integration
