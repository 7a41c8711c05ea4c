#include "tests/unit/cli_server/server_fixture.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "cli/commands.h"
#include "services/control_plane/api_key_service.h"
#include "services/control_plane/audit_service.h"
#include "services/control_plane/event_type_service.h"
#include "services/control_plane/webhook_service.h"

namespace windrow::cli {

ServerFixture::ServerFixture() {
  for (const char* name : {"WINDROW_SERVER", "WINDROW_API_KEY", "WINDROW_DATABASE_URL"}) {
    ::unsetenv(name);
  }
  EXPECT_TRUE(access_.Refresh().ok());
  access_.Start();
  services_.push_back(
      control_plane::MakeWebhookService(calls_, store_, store_, store_, {}));
  services_.push_back(control_plane::MakeEventTypeService(calls_, store_));
  services_.push_back(control_plane::MakeAuditService(calls_, store_));
  services_.push_back(control_plane::MakeApiKeyService(calls_, access_store_, access_));
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  for (const auto& service : services_) builder.RegisterService(service.get());
  server_ = builder.BuildAndStart();
  folder_ = ::testing::TempDir() + "windrow-cli-XXXXXX";
  EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
}

ServerFixture::~ServerFixture() {
  server_->Shutdown();
  std::filesystem::remove_all(folder_);
}

int ServerFixture::Windrow(std::vector<std::string> args, const std::string& input) {
  args.insert(args.begin(),
              {"windrow", "--server", "127.0.0.1:" + std::to_string(port_)});
  std::vector<const char*> argv;
  for (const std::string& arg : args) argv.push_back(arg.c_str());
  in_.clear();
  in_.str(input);
  out_.str("");
  err_.str("");
  Session session{.in = in_, .out = out_, .err = err_};
  return cli::Run(static_cast<int>(argv.size()), argv.data(), &session);
}

std::string ServerFixture::File(const std::string& name, const std::string& content) {
  const std::string path = folder_ + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

store::StoredWebhook ServerFixture::Stored(const std::string& name) {
  const auto page = store_.List(store::kDefaultTenant, {.limit = 1'000});
  for (const store::StoredWebhook& webhook : page->webhooks) {
    if (webhook.spec.name == name) return webhook;
  }
  ADD_FAILURE() << "there is no webhook " << name;
  return {};
}

}  // namespace windrow::cli
