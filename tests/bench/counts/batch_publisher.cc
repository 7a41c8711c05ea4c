// The publisher of the counts: one BatchPublishEvents call after the other, each of the
// same size, so that what a commit holds does not depend on how fast the machine is.
//
//   windrow-counts-publisher --server HOST:PORT [--batch N] [--object-bytes N]
//                            [--matched N]
//
// Each line of its input is a number of events to publish, a multiple of N. When they are
// answered it prints JSON: what all answers so far said. The end of the input ends it.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>

#include "tests/bench/bench_event.h"
#include "tests/bench/shared_page.h"
#include "windrow/v1/event.grpc.pb.h"

namespace windrow::bench {
namespace {

struct Options {
  std::string server;
  std::uint64_t batch = 100;
  std::size_t object_bytes = 500;
  std::uint64_t matched = 1;
};

class BatchPublisher {
 public:
  explicit BatchPublisher(const Options& options)
      : options_(options), stub_(v1::EventService::NewStub(Connect())) {
    event_.set_type("ticket.created");
    event_.set_object_type("ticket");
    event_.set_object_id("4711");
    event_.set_object(MakeObject(options_.object_bytes));
  }

  // False where a call failed.
  bool Publish(std::uint64_t events) {
    for (const std::uint64_t end = sent_ + events; sent_ < end;) {
      if (!PublishOne()) return false;
    }
    return true;
  }

  // With the keys of windrow-bench-publisher.
  void Print() const {
    fmt::print(
        R"({{"sent":{},"acked":{},"ack_sum":"{:016x}","refused":{},"duplicates":{},)"
        R"("wrong_matched":{},"wrong_order":{},"unanswered":0,"first_error":"{}"}})"
        "\n",
        sent_, acked_, ack_sum_, sent_ - acked_, duplicates_, wrong_matched_,
        wrong_order_, first_error_);
    std::fflush(stdout);
  }

 private:
  std::shared_ptr<grpc::Channel> Connect() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(options_.server, grpc::InsecureChannelCredentials(),
                                     arguments);
  }

  bool PublishOne() {
    v1::BatchPublishEventsRequest request;
    for (std::uint64_t i = 0; i < options_.batch; ++i) {
      v1::Event* event = request.add_events();
      *event = event_;
      StampObject(event->mutable_object()->data(), options_.object_bytes, sent_ + i,
                  NowNanos());
    }
    grpc::ClientContext context;
    v1::BatchPublishEventsResponse response;
    const grpc::Status status = stub_->BatchPublishEvents(&context, request, &response);
    if (!status.ok()) {
      first_error_ = fmt::format("gRPC status {}", status.error_code());
      std::fprintf(stderr, "%s\n", status.error_message().c_str());
    }
    for (const v1::PublishEventResponse& result : response.results()) {
      Take(sent_++, result);
    }
    return status.ok();
  }

  void Take(std::uint64_t sequence, const v1::PublishEventResponse& result) {
    if (!result.has_published()) return;
    const v1::PublishedEvent& published = result.published();
    ++acked_;
    duplicates_ += published.duplicate();
    wrong_matched_ += static_cast<std::uint64_t>(published.matched()) != options_.matched;
    wrong_order_ += published.escmsg_id() <= last_escmsg_id_;
    last_escmsg_id_ = published.escmsg_id();
    ack_sum_ += Mix(sequence, static_cast<std::uint64_t>(published.escmsg_id()));
  }

  const Options& options_;
  std::unique_ptr<v1::EventService::Stub> stub_;
  v1::Event event_;
  std::uint64_t sent_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t ack_sum_ = 0;  // of Mix(sequence, escmsg_id)
  std::uint64_t duplicates_ = 0;
  std::uint64_t wrong_matched_ = 0;
  std::uint64_t wrong_order_ = 0;
  std::int64_t last_escmsg_id_ = 0;
  std::string first_error_;
};

}  // namespace
}  // namespace windrow::bench

int main(int argc, char** argv) {
  windrow::bench::Options options;
  CLI::App app("The publisher of Windrow's counts");
  app.add_option("--server", options.server)->required();
  app.add_option("--batch", options.batch, "events a call");
  app.add_option("--object-bytes", options.object_bytes);
  app.add_option("--matched", options.matched, "how many triggers each event matches");
  CLI11_PARSE(app, argc, argv);
  windrow::bench::BatchPublisher publisher(options);
  std::uint64_t events = 0;
  while (std::cin >> events) {
    const bool answered = publisher.Publish(events);
    publisher.Print();
    if (!answered) return 1;
  }
  return 0;
}
