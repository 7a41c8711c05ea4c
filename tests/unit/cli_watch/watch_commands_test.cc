// `windrow stats` and `windrow delivery tail` against a server in this process, which
// gets a real SIGINT: a program of its own, where no thread is older than the blocked
// signal.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <sstream>
#include <thread>
#include <utility>

#include "cli/commands.h"
#include "windrow/v1/delivery.grpc.pb.h"
#include "windrow/v1/stats.grpc.pb.h"

namespace windrow::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FakeStats final : public v1::StatsService::Service {
 public:
  grpc::Status GetStats(grpc::ServerContext*, const v1::GetStatsRequest* request,
                        v1::GetStatsResponse* response) override {
    asked = *request;
    v1::StatsBucket* bucket = response->add_buckets();
    bucket->mutable_start_time()->set_seconds(1'800'000'000);
    v1::StatsCounts* counts = bucket->mutable_counts();
    counts->set_succeeded(90);
    counts->set_failed(2);
    v1::AttemptCount* good = counts->add_attempts();
    good->set_status_class(2);
    good->set_count(90);
    v1::AttemptCount* bad = counts->add_attempts();
    bad->set_error(v1::ATTEMPT_ERROR_HTTP);
    bad->set_status_class(5);
    bad->set_count(10);
    counts->mutable_request_latency()->mutable_p50()->set_nanos(12'340'000);
    counts->mutable_request_latency()->mutable_p95()->set_seconds(2);
    counts->mutable_request_latency()->mutable_p99()->set_seconds(600);
    *response->mutable_total() = *counts;
    return grpc::Status::OK;
  }

  v1::GetStatsRequest asked;
};

// Tells three things, then waits for its end, or ends with `end`.
class FakeDeliveries final : public v1::DeliveryService::Service {
 public:
  grpc::Status WatchDeliveries(
      grpc::ServerContext* context, const v1::WatchDeliveriesRequest* request,
      grpc::ServerWriter<v1::WatchDeliveriesResponse>* writer) override {
    asked = *request;
    v1::WatchDeliveriesResponse answer;
    answer.set_resume_token("begin");
    writer->Write(answer);
    answer.mutable_change_time()->set_seconds(1'800'000'000);
    v1::Delivery* delivery = answer.mutable_delivery();
    delivery->set_delivery_id("0192f0c4-0000-7000-8000-000000000001");
    delivery->set_state(v1::DELIVERY_STATE_RETRYING);
    delivery->set_attempt_count(2);
    delivery->mutable_last_attempt()->set_status_code(503);
    delivery->mutable_last_attempt()->set_error(v1::ATTEMPT_ERROR_HTTP);
    delivery->add_items()->set_event_type("ticket.created");
    answer.set_resume_token("after-one");
    writer->Write(answer);
    if (!end.ok()) return end;
    while (!context->IsCancelled()) std::this_thread::yield();
    return grpc::Status::CANCELLED;
  }

  v1::WatchDeliveriesRequest asked;
  grpc::Status end;
};

// Tells when it is flushed for the first time.
class FlushedText final : public std::stringbuf {
 public:
  std::future<void> flushed() { return flushed_.get_future(); }

 protected:
  int sync() override {
    if (!std::exchange(told_, true)) flushed_.set_value();
    return std::stringbuf::sync();
  }

 private:
  bool told_ = false;
  std::promise<void> flushed_;
};

class WatchCommandsTest : public ::testing::Test {
 protected:
  WatchCommandsTest() {
    // No thread of the test but Interrupt's may take the signal.
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupt, nullptr);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&stats_);
    builder.RegisterService(&deliveries_);
    server_ = builder.BuildAndStart();
  }

  int Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"windrow", "--server", "127.0.0.1:" + std::to_string(port_)});
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    std::istringstream in;
    Session session{.in = in, .out = out_, .err = err_};
    return cli::Run(static_cast<int>(argv.size()), argv.data(), &session);
  }

  FakeStats stats_;
  FakeDeliveries deliveries_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  FlushedText text_;
  std::ostream out_{&text_};
  std::ostringstream err_;
};

TEST_F(WatchCommandsTest, StatsAreATableWithATotal) {
  EXPECT_EQ(Run({"stats"}), 0) << err_.str();
  EXPECT_THAT(text_.str(), HasSubstr("2027-01-15T08:00:00Z"));
  EXPECT_THAT(text_.str(), HasSubstr("12.3ms/2s/10min"));
  EXPECT_THAT(text_.str(), HasSubstr("5xx 10"));
  EXPECT_THAT(text_.str(), HasSubstr("\ntotal "));
  EXPECT_FALSE(stats_.asked.has_start_time());
}

TEST_F(WatchCommandsTest, StatsAskForWhatTheFlagsSay) {
  EXPECT_EQ(Run({"stats", "--webhook", "w1", "--since", "2027-01-15T00:00:00Z", "--until",
                 "2027-01-15T08:00:00Z", "--step", "1m", "-o", "json"}),
            0)
      << err_.str();
  EXPECT_EQ(stats_.asked.webhook_id(), "w1");
  EXPECT_EQ(stats_.asked.start_time().seconds(), 1'799'971'200);
  EXPECT_EQ(stats_.asked.end_time().seconds(), 1'800'000'000);
  EXPECT_EQ(stats_.asked.step(), v1::STATS_STEP_MINUTE);
  EXPECT_THAT(text_.str(), HasSubstr("\"succeeded\": 90"));
  EXPECT_EQ(Run({"stats", "--step", "1w"}), 2);
  EXPECT_EQ(Run({"stats", "--since", "yesterday"}), 2);
}

TEST_F(WatchCommandsTest, TailShowsALineForEachChangeAndEndsWellOnCtrlC) {
  std::future<void> line = text_.flushed();
  auto code = std::async(std::launch::async, [&] {
    return Run({"delivery", "tail", "--filter", "state = RETRYING", "--since", "1h"});
  });
  line.wait();
  kill(getpid(), SIGINT);
  EXPECT_EQ(code.get(), 0) << err_.str();
  EXPECT_EQ(deliveries_.asked.filter(), "state = RETRYING");
  EXPECT_TRUE(deliveries_.asked.has_start_time());
  EXPECT_THAT(text_.str(), HasSubstr("2027-01-15T08:00:00Z"));
  EXPECT_THAT(text_.str(), HasSubstr("RETRYING   503"));
  EXPECT_THAT(text_.str(), HasSubstr("0192f0c4-0000-7000-8000-000000000001"));
  const std::string lines = text_.str();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1);
}

TEST_F(WatchCommandsTest, ATailThatTheServerEndsSaysWhereToGoOn) {
  deliveries_.end = {grpc::StatusCode::UNAVAILABLE, "the server stops"};
  EXPECT_EQ(Run({"delivery", "tail", "-o", "json", "--resume", "before"}), 5);
  EXPECT_EQ(deliveries_.asked.resume_token(), "before");
  EXPECT_THAT(text_.str(), HasSubstr("\"resume_token\":\"after-one\""));
  EXPECT_THAT(text_.str(), Not(HasSubstr("begin")));
  EXPECT_THAT(err_.str(), HasSubstr("--resume after-one"));
}

}  // namespace
}  // namespace windrow::cli
