// Real server processes and publishers that stream to them: killed, stopped, two at once.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <thread>
#include <utility>

#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/wait_for.h"
#include "windrow/v1/event.grpc.pb.h"

namespace windrow::integration {
namespace {

using ::testing::Each;
using testing::ItemReceiver;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::chrono::seconds kLimit{90};

v1::PublishEventRequest RequestOf(const std::string& event_id) {
  v1::PublishEventRequest request;
  v1::Event* event = request.mutable_event();
  event->set_event_id(event_id);
  event->set_type("ticket.created");
  event->set_object_type("ticket");
  event->set_object_id("7");
  event->set_object(R"({"id":7})");
  return request;
}

// What a publisher learned of its events, in their order, and how its stream ended.
struct StreamResult {
  std::vector<v1::PublishEventResponse> answers;
  grpc::Status status;
};

class ServerProcessTest : public PipelineTest {
 protected:
  std::unique_ptr<v1::EventService::Stub> Connect(int port) {
    auto channel = grpc::CreateChannel(fmt::format("127.0.0.1:{}", port),
                                       grpc::InsecureChannelCredentials());
    EXPECT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + kLimit));
    return v1::EventService::NewStub(channel);
  }

  // Streams one event for each id, in the order given, then closes where `close` is set.
  // `answered` is called with the number of answers so far.
  template <typename Answered>
  static StreamResult Stream(v1::EventService::Stub& stub,
                             const std::vector<std::string>& event_ids, bool close,
                             Answered answered) {
    grpc::ClientContext context;
    const auto stream = stub.PublishEvent(&context);
    std::thread writer([&] {
      for (const std::string& id : event_ids) {
        if (!stream->Write(RequestOf(id))) return;
      }
      if (close) stream->WritesDone();
    });
    StreamResult result;
    v1::PublishEventResponse response;
    while (stream->Read(&response)) {
      result.answers.push_back(response);
      answered(result.answers.size());
    }
    writer.join();
    result.status = stream->Finish();
    return result;
  }
};

std::vector<std::string> EventIds(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) ids.push_back(fmt::format("event-{}", i));
  return ids;
}

TEST_F(ServerProcessTest, AServerKilledInAStreamLosesNothingItAnsweredAndDoublesNothing) {
  ItemReceiver receiver;
  Create("Single", receiver.Url());
  const auto worker = StartWorker(receiver);
  const int port = FreePort();
  auto server = StartServer(port, receiver);
  const auto ids = EventIds(5'000);
  const auto before = Stream(*Connect(port), ids, true, [&](std::size_t answers) {
    if (answers == 1'000) server->Kill();
  });
  EXPECT_FALSE(before.status.ok());
  ASSERT_GE(before.answers.size(), 1'000u);

  server = StartServer(port, receiver);
  const auto after = Stream(*Connect(port), ids, true, [](std::size_t) {});
  ASSERT_TRUE(after.status.ok()) << after.status.error_message();
  ASSERT_THAT(after.answers, SizeIs(ids.size()));
  std::set<std::int64_t> numbers;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const v1::PublishedEvent& published = after.answers[i].published();
    numbers.insert(published.escmsg_id());
    if (i >= before.answers.size()) continue;
    EXPECT_TRUE(published.duplicate());
    EXPECT_EQ(published.escmsg_id(), before.answers[i].published().escmsg_id());
  }
  EXPECT_THAT(numbers, SizeIs(ids.size()));
  ASSERT_TRUE(receiver.WaitForItems(ids.size(), kLimit));
  ASSERT_TRUE(WaitUntilAllEnded(absl::Seconds(60)));
  EXPECT_THAT(receiver.items(), SizeIs(ids.size()));
  EXPECT_THAT(receiver.items(), Each(Pair(::testing::_, 1)));
}

TEST_F(ServerProcessTest, OneEventIdFromManyStreamsOfTwoServersIsOneEvent) {
  ItemReceiver receiver;
  Create("Single", receiver.Url());
  const int ports[] = {FreePort(), FreePort()};
  const auto first = StartServer(ports[0], receiver);
  const auto second = StartServer(ports[1], receiver);
  const std::unique_ptr<v1::EventService::Stub> stubs[] = {Connect(ports[0]),
                                                           Connect(ports[1])};
  std::vector<std::future<StreamResult>> streams;
  for (std::size_t i = 0; i < 100; ++i) {
    streams.push_back(std::async(std::launch::async, [&stubs, i] {
      return Stream(*stubs[i % 2], {"once"}, true, [](std::size_t) {});
    }));
  }
  int stored = 0;
  std::set<std::int64_t> numbers;
  for (auto& stream : streams) {
    const StreamResult result = stream.get();
    EXPECT_TRUE(result.status.ok()) << result.status.error_message();
    ASSERT_THAT(result.answers, SizeIs(1));
    ASSERT_TRUE(result.answers[0].has_published())
        << result.answers[0].ShortDebugString();
    if (!result.answers[0].published().duplicate()) ++stored;
    numbers.insert(result.answers[0].published().escmsg_id());
  }
  EXPECT_EQ(stored, 1);
  EXPECT_THAT(numbers, SizeIs(1));
  EXPECT_EQ(database().Query("SELECT count(*) FROM events").value()[0][0], "1");
}

TEST_F(ServerProcessTest, AStoppedServerAnswersWhatItReadThenEndsItsStreams) {
  ItemReceiver receiver;
  const int port = FreePort();
  const auto server = StartServer(port, receiver);
  const auto stub = Connect(port);
  std::vector<std::future<StreamResult>> streams;
  std::atomic<int> answered{0};
  for (int i = 0; i < 50; ++i) {
    streams.push_back(std::async(std::launch::async, [&, i] {
      return Stream(*stub, {fmt::format("of-{}", i)}, /*close=*/false,
                    [&](std::size_t) { ++answered; });
    }));
  }
  ASSERT_TRUE(WaitFor([&] { return answered == 50; }, absl::Seconds(60)));
  EXPECT_EQ(server->Stop(), 0);
  for (auto& stream : streams) {
    const StreamResult result = stream.get();
    EXPECT_EQ(result.status.error_code(), grpc::StatusCode::UNAVAILABLE)
        << result.status.error_message();
    ASSERT_THAT(result.answers, SizeIs(1));
    EXPECT_TRUE(result.answers[0].has_published());
  }
  EXPECT_EQ(database().Query("SELECT count(*) FROM events").value()[0][0], "50");
}

TEST_F(ServerProcessTest, AStopUnderLoadAnswersWhatWasCommittedAndNothingElseIsStored) {
  ItemReceiver receiver;
  const int port = FreePort();
  const auto server = StartServer(port, receiver);
  const auto result =
      Stream(*Connect(port), EventIds(20'000), true, [&](std::size_t answers) {
        if (answers == 1'000) server->Signal(SIGTERM);
      });
  EXPECT_EQ(server->Wait(), 0);
  int stored = 0;
  for (const auto& answer : result.answers) stored += answer.has_published() ? 1 : 0;
  EXPECT_EQ(database().Query("SELECT count(*) FROM events").value()[0][0],
            std::to_string(stored));
}

}  // namespace
}  // namespace windrow::integration
