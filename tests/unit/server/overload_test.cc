// Storage hangs, and calls pile up: what waits is bounded, the rest is told when to come
// again, and all is well once storage answers.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "services/control_plane/server.h"
#include "tests/support/fake_access_store.h"
#include "tests/support/fake_store.h"
#include "windrow/internal/rpc_details.pb.h"
#include "windrow/v1/delivery.grpc.pb.h"
#include "windrow/v1/event.grpc.pb.h"

namespace windrow::control_plane {
namespace {

constexpr int kThreads = 2;
constexpr int kQueuedCalls = 8;

// Events of a store that answers only while it is not hung.
class HangingEvents final : public store::EventStore {
 public:
  explicit HangingEvents(store::EventStore& events) : events_(events) {}

  void SetHung(bool hung) {
    std::lock_guard lock(mutex_);
    hung_ = hung;
    changed_.notify_all();
  }
  // Until so many calls hang in it.
  void WaitForHanging(int calls) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return hanging_ >= calls; });
  }

  absl::StatusOr<std::unique_ptr<store::PublishTransaction>> BeginPublish(
      const store::PublishStart& start) override {
    Wait();
    return events_.BeginPublish(start);
  }
  absl::StatusOr<store::StoredEvent> GetEvent(store::TenantId tenant,
                                              std::int64_t escmsg_id) override {
    Wait();
    return events_.GetEvent(tenant, escmsg_id);
  }
  absl::StatusOr<store::EventPage> ListEvents(store::TenantId tenant,
                                              const store::EventQuery& query) override {
    return events_.ListEvents(tenant, query);
  }

 private:
  void Wait() {
    std::unique_lock lock(mutex_);
    ++hanging_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !hung_; });
    --hanging_;
  }

  store::EventStore& events_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hung_ = false;
  int hanging_ = 0;
};

// What a client is told: the reason, and the seconds to wait; 0: nothing.
std::pair<std::string, std::int64_t> ToldBy(const grpc::Status& status) {
  std::pair<std::string, std::int64_t> told;
  internal::Status rpc;
  EXPECT_TRUE(rpc.ParseFromString(status.error_details()));
  for (const google::protobuf::Any& any : rpc.details()) {
    internal::ErrorInfo info;
    internal::RetryInfo retry;
    if (any.type_url().ends_with("ErrorInfo") && info.ParseFromString(any.value())) {
      told.first = info.reason();
    }
    if (any.type_url().ends_with("RetryInfo") && retry.ParseFromString(any.value())) {
      told.second = retry.retry_delay().seconds();
    }
  }
  return told;
}

std::int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

v1::Event Event(const std::string& object) {
  v1::Event event;
  event.set_type("ticket.created");
  event.set_object_type("ticket");
  event.set_object_id("1");
  event.set_object(object);
  return event;
}

class OverloadTest : public ::testing::Test {
 protected:
  ~OverloadTest() override { events_.SetHung(false); }

  void Start(ServerOptions options = {}) {
    options.executor_threads = kThreads;
    options.max_queued_calls = kQueuedCalls;
    server_ = Server::Start({store_, store_, events_, store_, store_, store_, store_,
                             store_, store_, access_, [] { return absl::OkStatus(); }},
                            options, registry_)
                  .value();
    channel_ = grpc::CreateChannel(fmt::format("127.0.0.1:{}", server_->port()),
                                   grpc::InsecureChannelCredentials());
    stub_ = v1::EventService::NewStub(channel_);
  }

  // GetEvent in a thread of its own; its status is in statuses_ when it has ended.
  void GetLater() {
    calls_.emplace_back([this] {
      grpc::ClientContext context;
      v1::GetEventRequest request;
      request.set_escmsg_id(1);
      v1::Event event;
      const grpc::Status status = stub_->GetEvent(&context, request, &event);
      std::lock_guard lock(mutex_);
      statuses_.push_back(status);
      ended_.notify_all();
    });
  }
  void WaitForEnded(std::size_t calls) {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return statuses_.size() >= calls; });
  }
  void Join() {
    for (std::thread& call : calls_) call.join();
    calls_.clear();
  }

  grpc::Status PublishBatch(const v1::Event& event, int events = 1) {
    grpc::ClientContext context;
    v1::BatchPublishEventsRequest request;
    for (int i = 0; i < events; ++i) *request.add_events() = event;
    v1::BatchPublishEventsResponse response;
    return stub_->BatchPublishEvents(&context, request, &response);
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
  testing::FakeAccessStore access_{SystemClock()};
  HangingEvents events_{store_};
  metrics::Registry registry_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::EventService::Stub> stub_;
  std::vector<std::thread> calls_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::vector<grpc::Status> statuses_;
};

TEST_F(OverloadTest, CallsBeyondTheQueueAreToldWhenToComeAgain) {
  Start();
  events_.SetHung(true);
  // Those that run, then those that wait for a thread, then those that find no room.
  for (int i = 0; i < kThreads; ++i) GetLater();
  events_.WaitForHanging(kThreads);
  constexpr int kTooMany = 30;
  for (int i = 0; i < kQueuedCalls + kTooMany; ++i) GetLater();
  WaitForEnded(kTooMany);
  {
    std::lock_guard lock(mutex_);
    ASSERT_EQ(statuses_.size(), static_cast<std::size_t>(kTooMany));
    for (const grpc::Status& status : statuses_) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
      EXPECT_EQ(ToldBy(status),
                std::make_pair(std::string("TOO_MANY_CALLS"), std::int64_t{1}));
    }
    statuses_.clear();
  }
  events_.SetHung(false);
  Join();
  for (const grpc::Status& status : statuses_) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  }
  EXPECT_EQ(statuses_.size(), static_cast<std::size_t>(kThreads + kQueuedCalls));
  EXPECT_TRUE(PublishBatch(Event("{}")).ok());
}

// A publisher far ahead of storage: the stream is not read from any more, calls are
// refused, and memory stays where it is. Once storage answers, so does the stream.
TEST_F(OverloadTest, AStreamIsSlowedAndMemoryStaysFlat) {
  constexpr int kEvents = 2'000;
  constexpr std::int64_t kObjectBytes = 256 << 10;  // half a gigabyte in all
  ServerOptions options;
  options.committer.queue.bytes = 4u << 20;
  Start(options);
  events_.SetHung(true);
  const v1::Event event = Event(
      "{\"text\":\"" + std::string(static_cast<std::size_t>(kObjectBytes), 'x') + "\"}");
  const std::int64_t before = ResidentBytes();

  grpc::ClientContext context;
  const auto stream = stub_->PublishEvent(&context);
  std::atomic<int> written = 0;
  std::thread writer([&] {
    v1::PublishEventRequest request;
    *request.mutable_event() = event;
    while (written < kEvents && stream->Write(request)) ++written;
    stream->WritesDone();
  });
  // The committer's batch hangs, and behind it the queue is filled by the stream.
  grpc::Status full;
  do {
    grpc::ClientContext batch;
    batch.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
    v1::BatchPublishEventsRequest request;
    *request.add_events() = Event("{}");
    v1::BatchPublishEventsResponse response;
    full = stub_->BatchPublishEvents(&batch, request, &response);
  } while (full.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED);
  // Refused for want of room in either queue: a call that was taken keeps its thread.
  EXPECT_EQ(ToldBy(full).second, 1);
  EXPECT_LT(ResidentBytes() - before, std::int64_t{192} << 20);
  EXPECT_LT(written, kEvents);

  events_.SetHung(false);
  int published = 0;
  v1::PublishEventResponse answer;
  while (stream->Read(&answer)) published += answer.has_published();
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(written, kEvents);
  EXPECT_EQ(published, kEvents);
}

TEST_F(OverloadTest, StreamsBeyondTheLimitAreToldWhenToComeAgain) {
  ServerOptions options;
  options.streams.streams = 1;
  options.watch.watchers = 1;
  Start(options);
  grpc::ClientContext first_context, second_context;
  const auto first = stub_->PublishEvent(&first_context);
  v1::PublishEventRequest request;
  *request.mutable_event() = Event("{}");
  v1::PublishEventResponse answer;
  ASSERT_TRUE(first->Write(request));
  ASSERT_TRUE(first->Read(&answer));
  const auto second = stub_->PublishEvent(&second_context);
  EXPECT_FALSE(second->Read(&answer));
  grpc::Status refused = second->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ToldBy(refused),
            std::make_pair(std::string("TOO_MANY_STREAMS"), std::int64_t{10}));
  first->WritesDone();
  EXPECT_TRUE(first->Finish().ok());

  const auto watches = v1::DeliveryService::NewStub(channel_);
  grpc::ClientContext watching_context, late_context;
  v1::WatchDeliveriesResponse told;
  const auto watching = watches->WatchDeliveries(&watching_context, {});
  ASSERT_TRUE(watching->Read(&told));  // where it stands
  const auto late = watches->WatchDeliveries(&late_context, {});
  EXPECT_FALSE(late->Read(&told));
  refused = late->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ToldBy(refused),
            std::make_pair(std::string("TOO_MANY_WATCHES"), std::int64_t{10}));
  watching_context.TryCancel();
  watching->Finish();
}

}  // namespace
}  // namespace windrow::control_plane
