#include "cli/publish_link.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "windrow/internal/rpc_details.pb.h"

namespace windrow::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// As the server says that it takes calls later.
grpc::Status ComeAgain(grpc::StatusCode code, int nanos) {
  internal::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(nanos);
  internal::Status rpc;
  google::protobuf::Any* any = rpc.add_details();
  any->set_type_url("type.googleapis.com/google.rpc.RetryInfo");
  retry.SerializeToString(any->mutable_value());
  return {code, "full", rpc.SerializeAsString()};
}

TEST(RetryDelayTest, DoublesWhatTheServerAsksForWithAtMostHalfMoreByChance) {
  const grpc::Status full = ComeAgain(grpc::StatusCode::RESOURCE_EXHAUSTED, 500'000'000);
  EXPECT_EQ(RetryDelay(full, 0, 0.0), absl::Milliseconds(500));
  EXPECT_EQ(RetryDelay(full, 0, 0.5), absl::Milliseconds(625));
  EXPECT_EQ(RetryDelay(full, 1, 0.0), absl::Seconds(1));
  EXPECT_EQ(RetryDelay(full, 4, 0.0), absl::Seconds(8));
  EXPECT_EQ(RetryDelay(full, 5, 0.0), std::nullopt);
}

TEST(RetryDelayTest, AServerThatIsGoneIsWaitedForOnlyOnceItHasSaidSo) {
  const grpc::Status gone(grpc::StatusCode::UNAVAILABLE, "refused");
  EXPECT_EQ(RetryDelay(gone, 0, 0.0), std::nullopt);
  EXPECT_EQ(RetryDelay(gone, 1, 0.0), absl::Seconds(2));
  EXPECT_EQ(RetryDelay({grpc::StatusCode::INVALID_ARGUMENT, "no"}, 1, 0.0), std::nullopt);
}

// Answers `answers` events of each stream, reads some more, and breaks it; from the
// stream `breaks` on it answers everything.
class BreakingService final : public v1::EventService::Service {
 public:
  BreakingService(int answers, int breaks) : answers_(answers), breaks_(breaks) {}

  grpc::Status PublishEvent(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::PublishEventResponse, v1::PublishEventRequest>* stream)
      override {
    const bool breaks = streams++ < breaks_;
    v1::PublishEventRequest request;
    for (int i = 0; stream->Read(&request); ++i) {
      if (breaks && i >= answers_ + 2) {
        return ComeAgain(grpc::StatusCode::RESOURCE_EXHAUSTED, 1'000'000);
      }
      if (breaks && i >= answers_) continue;  // read, and not answered
      answered.push_back(request.event().event_id());
      stream->Write({});
    }
    return grpc::Status::OK;
  }

  std::vector<std::string> answered;
  int streams = 0;

 private:
  const int answers_, breaks_;
};

class PublishLinkTest : public ::testing::Test {
 protected:
  // Publishes events with these ids, and answers the status.
  grpc::Status Publish(BreakingService* service, const std::vector<std::string>& ids) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service);
    const auto server = builder.BuildAndStart();
    const auto stub = v1::EventService::NewStub(grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
    PublishLink link(*stub, [] { return std::make_unique<grpc::ClientContext>(); });
    std::thread sender([&] {
      for (const std::string& id : ids) {
        auto request = std::make_shared<v1::PublishEventRequest>();
        request->mutable_event()->set_event_id(id);
        if (!link.Send(std::move(request))) return;
      }
      link.SendingDone();
    });
    const grpc::Status status =
        link.Receive([&](const v1::PublishEventResponse&) { ++answers_; },
                     [&](const grpc::Status&, std::size_t, absl::Duration) { ++waits_; });
    sender.join();
    unanswered_ = link.unanswered();
    server->Shutdown();
    return status;
  }

  int answers_ = 0;
  int waits_ = 0;
  std::size_t unanswered_ = 0;
};

TEST_F(PublishLinkTest, WhatABrokenStreamDidNotAnswerIsSentAgainInOrder) {
  BreakingService service(/*answers=*/2, /*breaks=*/2);
  const std::vector<std::string> ids = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
  EXPECT_TRUE(Publish(&service, ids).ok());
  EXPECT_EQ(service.answered, ids);
  EXPECT_EQ(answers_, 9);
  EXPECT_EQ(waits_, 2);
  EXPECT_EQ(service.streams, 3);
  EXPECT_EQ(unanswered_, 0u);
}

TEST_F(PublishLinkTest, EventsWithoutAnIdAreNotSentAgain) {
  BreakingService service(/*answers=*/1, /*breaks=*/1);
  const grpc::Status status = Publish(&service, {"a", "b", "", "d"});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(service.answered, ElementsAre("a"));
  EXPECT_EQ(waits_, 0);
  EXPECT_GE(unanswered_, 2u);
}

TEST_F(PublishLinkTest, ItGivesUpWhereNothingIsEverAnswered) {
  BreakingService service(/*answers=*/0, /*breaks=*/100);
  const grpc::Status status = Publish(&service, {"a", "b", "c"});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(service.answered, IsEmpty());
  EXPECT_EQ(waits_, 5);
  EXPECT_EQ(unanswered_, 3u);
}

}  // namespace
}  // namespace windrow::cli
