// Runs `windrow` against services in this process, over storage in memory.
#pragma once

#include <grpcpp/server.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "services/control_plane/access.h"
#include "services/control_plane/executor.h"
#include "services/control_plane/unary.h"
#include "tests/support/fake_access_store.h"
#include "tests/support/fake_store.h"

namespace windrow::cli {

class ServerFixture : public ::testing::Test {
 protected:
  ServerFixture();
  ~ServerFixture() override;

  // Returns the exit status; what was printed is in out() and err().
  int Windrow(std::vector<std::string> args, const std::string& input = "");
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  // A file in a folder of the test's own.
  std::string File(const std::string& name, const std::string& content);
  // The one webhook of that name; fails the test where there is none.
  store::StoredWebhook Stored(const std::string& name);

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
  testing::FakeAccessStore access_store_{SystemClock()};

 private:
  control_plane::Executor executor_{2, 100};
  control_plane::Access access_{access_store_, {}, {}};
  control_plane::UnaryCalls calls_{access_, executor_, control_plane::RpcMetrics()};
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::string folder_;
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
};

}  // namespace windrow::cli
