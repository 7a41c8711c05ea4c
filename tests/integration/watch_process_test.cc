// WatchDeliveries and GetStats of a real server, with a real worker behind it.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <set>

#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/wait_for.h"
#include "windrow/v1/delivery.grpc.pb.h"
#include "windrow/v1/stats.grpc.pb.h"

namespace windrow::integration {
namespace {

using testing::ItemReceiver;

constexpr std::chrono::seconds kLimit{90};

class WatchProcessTest : public PipelineTest {
 protected:
  void StartAll() {
    port_ = FreePort();
    server_ = StartServer(port_, receiver_);
    worker_ = StartWorker(receiver_);
    channel_ = grpc::CreateChannel(fmt::format("127.0.0.1:{}", port_),
                                   grpc::InsecureChannelCredentials());
    ASSERT_TRUE(channel_->WaitForConnected(std::chrono::system_clock::now() + kLimit));
  }

  using Stream = grpc::ClientReader<v1::WatchDeliveriesResponse>;
  // A stream that has begun.
  std::unique_ptr<Stream> Watch(grpc::ClientContext* context,
                                const v1::WatchDeliveriesRequest& request) {
    context->set_deadline(std::chrono::system_clock::now() + kLimit);
    stub_ = v1::DeliveryService::NewStub(channel_);
    auto stream = stub_->WatchDeliveries(context, request);
    v1::WatchDeliveriesResponse first;
    EXPECT_TRUE(stream->Read(&first));
    EXPECT_FALSE(first.has_delivery());
    EXPECT_FALSE(first.resume_token().empty());
    return stream;
  }

  // The next `count` deliveries; the last answer's token in `token`.
  static std::set<std::string> ReadIds(Stream* stream, std::size_t count,
                                       std::string* token = nullptr) {
    std::set<std::string> ids;
    v1::WatchDeliveriesResponse answer;
    while (ids.size() < count && stream->Read(&answer)) {
      if (token != nullptr) *token = answer.resume_token();
      if (!answer.has_delivery()) continue;
      EXPECT_EQ(answer.delivery().state(), v1::DELIVERY_STATE_SUCCEEDED);
      EXPECT_EQ(answer.delivery().items(0).event_type(), "ticket.created");
      EXPECT_TRUE(answer.delivery().request_body().empty());
      EXPECT_TRUE(answer.has_change_time());
      ids.insert(answer.delivery().delivery_id());
    }
    return ids;
  }

  ItemReceiver receiver_;
  int port_ = 0;
  std::unique_ptr<testing::ChildProcess> server_, worker_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::DeliveryService::Stub> stub_;
};

TEST_F(WatchProcessTest, EveryEndIsToldAndAResumeMissesNothing) {
  Create("Watched", receiver_.Url());
  StartAll();
  std::string token;
  std::set<std::string> seen;
  {
    grpc::ClientContext context;
    const auto stream = Watch(&context, {});
    Publish(300);
    seen = ReadIds(stream.get(), 100, &token);
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  Publish(50);
  grpc::ClientContext context;
  v1::WatchDeliveriesRequest request;
  request.set_resume_token(token);
  const auto stream = Watch(&context, request);
  while (seen.size() < 350) {
    const auto more = ReadIds(stream.get(), 1);
    ASSERT_FALSE(more.empty()) << seen.size();
    seen.insert(more.begin(), more.end());
  }
  // A stop of the server ends the stream, and nothing waits for it.
  server_->Signal(SIGTERM);
  v1::WatchDeliveriesResponse answer;
  while (stream->Read(&answer)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server_->Wait(), 0);
}

TEST_F(WatchProcessTest, AFilterLeavesOutWhatDoesNotFit) {
  const auto one = Create("One", receiver_.Url());
  Create("Two", receiver_.Url());
  StartAll();
  grpc::ClientContext context;
  v1::WatchDeliveriesRequest request;
  request.set_filter(fmt::format("webhook_id = \"{}\" AND state = SUCCEEDED",
                                 one.webhook_id.ToString()));
  const auto stream = Watch(&context, request);
  Publish(20);
  std::set<std::string> ids;
  v1::WatchDeliveriesResponse answer;
  while (ids.size() < 20 && stream->Read(&answer)) {
    if (!answer.has_delivery()) continue;
    EXPECT_EQ(answer.delivery().webhook_id(), one.webhook_id.ToString());
    ids.insert(answer.delivery().delivery_id());
  }
  EXPECT_EQ(ids.size(), 20u);
  context.TryCancel();
}

TEST_F(WatchProcessTest, WhatIsWrongWithARequestIsSaidAtOnce) {
  StartAll();
  const auto stub = v1::DeliveryService::NewStub(channel_);
  const auto code = [&](const v1::WatchDeliveriesRequest& request) {
    grpc::ClientContext context;
    v1::WatchDeliveriesResponse answer;
    const auto stream = stub->WatchDeliveries(&context, request);
    while (stream->Read(&answer)) {
    }
    return stream->Finish().error_code();
  };
  v1::WatchDeliveriesRequest request;
  request.set_filter("colour = red");
  EXPECT_EQ(code(request), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_filter("");
  request.set_resume_token("nonsense");
  EXPECT_EQ(code(request), grpc::StatusCode::INVALID_ARGUMENT);
  request.clear_resume_token();
  request.mutable_start_time()->set_seconds(1);
  EXPECT_EQ(code(request), grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(WatchProcessTest, WorkersKeepTheStatisticsUp) {
  const auto webhook = Create("Counted", receiver_.Url());
  StartAll();
  Publish(500);
  ASSERT_TRUE(WaitUntilAllEnded(absl::Seconds(60)));
  const auto stub = v1::StatsService::NewStub(channel_);
  v1::GetStatsResponse response;
  EXPECT_TRUE(WaitFor(
      [&] {
        grpc::ClientContext context;
        v1::GetStatsRequest request;
        request.set_webhook_id(webhook.webhook_id.ToString());
        request.set_step(v1::STATS_STEP_MINUTE);
        EXPECT_TRUE(stub->GetStats(&context, request, &response).ok());
        return response.total().succeeded() == 500;
      },
      absl::Seconds(60)))
      << response.total().ShortDebugString();
  EXPECT_EQ(response.total().failed(), 0);
  EXPECT_TRUE(response.total().has_request_latency());
  EXPECT_TRUE(response.total().has_delivery_latency());
}

}  // namespace
}  // namespace windrow::integration
