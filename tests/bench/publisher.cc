// The publisher of the bench: events over PublishEvent streams, each answer checked.
//
//   windrow-bench-publisher --server HOST:PORT --shared FILE [--rate N] …
//
// With a rate it offers that many events a second whatever the answers do, and stamps
// each with the time it was due, so that a server that falls behind cannot hide it.
// Without, it sends as fast as flow control lets it, and at most --outstanding items are
// published and not yet received. SIGTERM ends the sending; then it awaits the answers
// and prints JSON. Exit status: 0 where every event was answered as expected, else 1.
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/event_template.h"
#include "tests/bench/publish_stream.h"
#include "tests/bench/shared_page.h"

namespace windrow::bench {
namespace {

volatile sig_atomic_t stop_asked = 0;

struct Options {
  std::string server;
  std::string shared;
  std::uint64_t rate = 0;
  std::uint64_t outstanding = 10'000;
  std::uint64_t matched = 1;
  std::uint64_t limit = 0;
  std::uint64_t first = 0;
  int streams = 1;
  EventTemplate::Options events;
};

class Publisher {
 public:
  explicit Publisher(const Options& options)
      : options_(options),
        page_(MapSharedPage(options.shared)),
        events_(options.events),
        stub_(Connect()) {
    for (int i = 0; i < options_.streams; ++i) {
      streams_.push_back(std::make_unique<PublishStream>(PublishStream::Context{
          stub_, completions_, events_, page_, answers_, options_.matched}));
    }
  }

  int Run() {
    if (options_.rate > 0) {
      std::thread pacer([this] { OfferAtRate(); });
      while (!Finished()) HandleCompletion();
      pacer.join();
    } else {
      while (!Finished()) {
        SendWhatMayGo();
        HandleCompletion();
      }
    }
    Print();
    return answers_.acked == sent_ && answers_.duplicates == 0 &&
                   answers_.wrong_matched == 0 && answers_.wrong_order == 0
               ? 0
               : 1;
  }

 private:
  std::shared_ptr<grpc::Channel> Connect() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(options_.server, grpc::InsecureChannelCredentials(),
                                     arguments);
  }

  bool StopAsked() const {
    return stop_asked != 0 || (options_.limit > 0 && sent_ >= options_.limit);
  }

  bool Finished() const {
    for (const auto& stream : streams_) {
      if (!stream->finished()) return false;
    }
    return true;
  }

  // Waits a moment for the next completion, then takes all that are there.
  void HandleCompletion() {
    const auto moment = std::chrono::system_clock::now() + std::chrono::milliseconds(1);
    void* tag = nullptr;
    bool ok = false;
    if (completions_.AsyncNext(&tag, &ok, moment) != grpc::CompletionQueue::GOT_EVENT)
      return;
    const auto* operation = static_cast<PublishStream::Operation*>(tag);
    operation->stream->Complete(operation->kind, ok);
  }

  // What may be sent before the sink has received more.
  std::uint64_t Room() const {
    const std::uint64_t received = page_.items.load(std::memory_order_relaxed);
    const std::uint64_t items = sent_ * options_.matched;
    const std::uint64_t out = items - std::min(received, items);
    return out >= options_.outstanding ? 0
                                       : (options_.outstanding - out) / options_.matched;
  }

  void SendWhatMayGo() {
    if (StopAsked()) return CloseSending();
    std::uint64_t room = Room();
    if (options_.limit > 0) room = std::min(room, options_.limit - sent_);
    for (const auto& stream : streams_) {
      if (room == 0) return;
      if (stream->Send(options_.first + sent_, NowNanos(), room > streams_.size())) {
        ++sent_;
        --room;
      }
    }
  }

  void OfferAtRate() {
    prctl(PR_SET_TIMERSLACK, 1);
    const std::uint64_t interval = 1'000'000'000 / options_.rate;
    std::uint64_t due = NowNanos() + 100'000'000;
    while (!StopAsked() && !Finished()) {
      const timespec wake{static_cast<time_t>(due / 1'000'000'000),
                          static_cast<long>(due % 1'000'000'000)};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nullptr);
      PublishStream& stream = *streams_[sent_ % streams_.size()];
      while (!stream.Send(options_.first + sent_, due, due + interval <= NowNanos())) {
        if (StopAsked() || Finished()) return CloseSending();
        const timespec moment{0, 20'000};
        nanosleep(&moment, nullptr);
      }
      ++sent_;
      due += interval;
    }
    CloseSending();
  }

  void CloseSending() {
    for (const auto& stream : streams_) stream->CloseSending();
  }

  void Print() const {
    std::string error = answers_.first_error;
    for (char& c : error) {
      if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ') c = ' ';
    }
    fmt::print(
        R"({{"sent":{},"acked":{},"ack_sum":"{:016x}","refused":{},"duplicates":{},)"
        R"("wrong_matched":{},"wrong_order":{},"unanswered":{},"first_error":"{}",)"
        R"("ack_p50_ms":{:.3f},"ack_p99_ms":{:.3f}}})"
        "\n",
        sent_, answers_.acked, answers_.ack_sum, answers_.refused, answers_.duplicates,
        answers_.wrong_matched, answers_.wrong_order, answers_.unanswered, error,
        answers_.ack_latency.Milliseconds(0.5), answers_.ack_latency.Milliseconds(0.99));
  }

  const Options& options_;
  SharedPage& page_;
  EventTemplate events_;
  grpc::CompletionQueue completions_;
  grpc::GenericStub stub_;
  AnswerCounts answers_;
  std::vector<std::unique_ptr<PublishStream>> streams_;
  std::uint64_t sent_ = 0;  // of the thread that sends
};

}  // namespace
}  // namespace windrow::bench

int main(int argc, char** argv) {
  windrow::bench::Options options;
  CLI::App app("The publisher of Windrow's bench");
  app.add_option("--server", options.server)->required();
  app.add_option("--shared", options.shared, "the page of counters")->required();
  app.add_option("--rate", options.rate, "events a second; 0: as many as may be");
  app.add_option("--outstanding", options.outstanding,
                 "items that may be sent and not yet received");
  app.add_option("--matched", options.matched, "how many triggers each event matches");
  app.add_option("--limit", options.limit, "end after so many events; 0: at SIGTERM");
  app.add_option("--first", options.first, "the first event's sequence number");
  app.add_option("--streams", options.streams);
  app.add_option("--object-bytes", options.events.object_bytes);
  app.add_option("--objects", options.events.objects, "events are of so many objects");
  app.add_option("--event-type", options.events.event_type);
  app.add_option("--types", options.events.types, "so many types, by number after it");
  app.add_flag("--event-ids", options.events.event_ids, "give each event an event_id");
  CLI11_PARSE(app, argc, argv);
  signal(SIGTERM, [](int) { windrow::bench::stop_asked = 1; });
  return windrow::bench::Publisher(options).Run();
}
