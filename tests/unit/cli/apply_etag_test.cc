// Nobody's change is overwritten: against a server whose webhook is changed between the
// difference and the update.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "cli/commands.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ChangingWebhooks final : public v1::WebhookService::Service {
 public:
  grpc::Status ListWebhooks(grpc::ServerContext*, const v1::ListWebhooksRequest*,
                            v1::ListWebhooksResponse* response) override {
    for (const char* name : {"a", "b"}) {
      v1::Webhook* webhook = response->add_webhooks();
      webhook->set_webhook_id(name);
      webhook->set_name(name);
      webhook->set_etag("read");
    }
    return grpc::Status::OK;
  }

  grpc::Status UpdateWebhook(grpc::ServerContext*,
                             const v1::UpdateWebhookRequest* request,
                             v1::Webhook* response) override {
    etags.push_back(request->webhook().etag());
    *response = request->webhook();
    response->clear_etag();
    if (request->validate_only()) return grpc::Status::OK;
    ++updates;
    if (request->webhook().webhook_id() == "b") {
      return {grpc::StatusCode::ABORTED, "it was changed"};
    }
    return grpc::Status::OK;
  }

  std::vector<std::string> etags;
  int updates = 0;
};

TEST(ApplyEtagTest, AChangeThatCameBetweenStopsTheApply) {
  ChangingWebhooks webhooks;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&webhooks);
  const auto server = builder.BuildAndStart();
  std::istringstream in("name: a\nurl: x\n---\nname: b\nurl: x\n");
  std::ostringstream out, err;
  Session session{.in = in, .out = out, .err = err};
  const std::string address = "127.0.0.1:" + std::to_string(port);
  const char* argv[] = {"windrow", "--server", address.c_str(), "apply", "-f", "-"};
  EXPECT_EQ(cli::Run(6, argv, &session), kFailed);
  EXPECT_THAT(webhooks.etags, ElementsAre("read", "read", "read", "read"));
  EXPECT_EQ(webhooks.updates, 2);
  EXPECT_THAT(out.str(), HasSubstr("Updated a (a)\n"));
  EXPECT_THAT(err.str(), HasSubstr("cannot apply the webhook 'b': ABORTED"));
  EXPECT_THAT(err.str(), HasSubstr("1 of 2 were applied; apply again for the rest.\n"));
  server->Shutdown();
}

}  // namespace
}  // namespace windrow::cli
