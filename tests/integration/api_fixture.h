// Every method of the API by its name, against a real server: requests as text, answers
// as bytes.
#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/store/postgres/access.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/api_methods.h"

namespace windrow::integration {

using testing::ApiMethods;

struct ApiAnswer {
  grpc::Status status;
  std::string reason;  // of google.rpc.ErrorInfo
  // The answers, in protobuf's text format.
  std::string text;
};

class ApiTest : public PipelineTest {
 protected:
  ApiTest();

  // A key that this installation has.
  struct Key {
    std::string key_id;
    std::string text;
  };
  Key MakeKey(store::TenantId tenant, domain::ApiKeySpec spec);
  Key MakeKey(store::TenantId tenant, domain::Scope scope) {
    return MakeKey(tenant, domain::ApiKeySpec{.scope = scope});
  }

  void StartServer(const std::vector<std::string>& more = {});
  std::shared_ptr<grpc::Channel> Connect(
      std::shared_ptr<grpc::ChannelCredentials> credentials =
          grpc::InsecureChannelCredentials(),
      const std::string& host = "127.0.0.1") const;

  // Calls a method of any kind with one request; of a stream, reads `most` answers.
  // `authorization`: as sent; empty: none.
  ApiAnswer Call(grpc::Channel& channel, const google::protobuf::MethodDescriptor& method,
                 const std::string& request, const std::string& authorization,
                 int most = 1) const;
  static const google::protobuf::MethodDescriptor& MethodNamed(const std::string& name);

  std::unique_ptr<store::postgres::PostgresAccess> access_;
  testing::ItemReceiver receiver_;
  int port_ = 0;
  std::unique_ptr<testing::ChildProcess> server_;
};

}  // namespace windrow::integration
