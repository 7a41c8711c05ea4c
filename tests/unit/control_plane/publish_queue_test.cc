#include "services/control_plane/publish_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CountingPublisher final : public Publisher {
 public:
  void Answer(std::uint64_t, PublishAnswer) override {}
  void AnswersDone() override {}
  void RoomAgain() override { ++rooms; }

  int rooms = 0;
};

QueuedEvent EventOf(std::uint64_t ticket, std::size_t bytes = 100) {
  QueuedEvent event;
  event.bytes = bytes;
  event.ticket = ticket;
  return event;
}

std::vector<std::uint64_t> Tickets(const std::vector<QueuedEvent>& batch) {
  std::vector<std::uint64_t> tickets;
  for (const QueuedEvent& event : batch) tickets.push_back(event.ticket);
  return tickets;
}

TEST(PublishQueueTest, GivesWhatIsThereInOrderWithoutWaitingForMore) {
  PublishQueue queue({});
  EXPECT_TRUE(queue.Push(EventOf(1)).ok());
  EXPECT_THAT(Tickets(queue.TakeBatch()), ElementsAre(1));
  EXPECT_TRUE(queue.Push(EventOf(2)).ok());
  EXPECT_TRUE(queue.Push(EventOf(3)).ok());
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_THAT(Tickets(queue.TakeBatch()), ElementsAre(2, 3));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(PublishQueueTest, AWaitingCommitterGetsAnEventAtOnce) {
  PublishQueue queue({});
  auto batch = std::async(std::launch::async, [&] { return queue.TakeBatch(); });
  EXPECT_TRUE(queue.Push(EventOf(1)).ok());
  ASSERT_EQ(batch.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_THAT(Tickets(batch.get()), ElementsAre(1));
}

TEST(PublishQueueTest, AWaitingCommitterGetsAllThatArePushedTogether) {
  for (int round = 0; round < 50; ++round) {
    PublishQueue queue({});
    auto batch = std::async(std::launch::async, [&] { return queue.TakeBatch(); });
    std::vector<QueuedEvent> events;
    for (int i = 0; i < 100; ++i) events.push_back(EventOf(i));
    EXPECT_THAT(queue.PushAll(std::move(events)), SizeIs(100));
    EXPECT_THAT(batch.get(), SizeIs(100));
  }
}

TEST(PublishQueueTest, OfThosePushedTogetherEachIsTakenOrRefused) {
  PublishQueue queue({.most_events = 2});
  std::vector<QueuedEvent> events;
  for (int i = 0; i < 3; ++i) events.push_back(EventOf(i));
  const std::vector<absl::Status> pushed = queue.PushAll(std::move(events));
  EXPECT_TRUE(pushed[0].ok());
  EXPECT_TRUE(pushed[1].ok());
  EXPECT_EQ(ReasonOf(pushed[2]), "PUBLISH_QUEUE_FULL");
  EXPECT_THAT(Tickets(queue.TakeBatch()), ElementsAre(0, 1));
}

TEST(PublishQueueTest, ABatchHasAtMostSoManyEvents) {
  PublishQueue queue({.batch_events = 3});
  for (int i = 0; i < 7; ++i) (void)queue.Push(EventOf(i));
  EXPECT_THAT(Tickets(queue.TakeBatch()), ElementsAre(0, 1, 2));
  EXPECT_THAT(Tickets(queue.TakeBatch()), ElementsAre(3, 4, 5));
  EXPECT_THAT(Tickets(queue.TakeBatch()), ElementsAre(6));
}

TEST(PublishQueueTest, ABatchGetsNoFurtherEventOnceItHasSoManyBytes) {
  PublishQueue queue({.batch_bytes = 250});
  for (int i = 0; i < 4; ++i) (void)queue.Push(EventOf(i));
  (void)queue.Push(EventOf(4, 10'000));
  EXPECT_THAT(queue.TakeBatch(), SizeIs(3));
  EXPECT_THAT(queue.TakeBatch(), SizeIs(2));
}

TEST(PublishQueueTest, IsFullByCountAndTellsThoseWhoAskedOnce) {
  PublishQueue queue({.events = 2, .batch_events = 1});
  const auto early = std::make_shared<CountingPublisher>();
  const auto late = std::make_shared<CountingPublisher>();
  EXPECT_TRUE(queue.HasRoom(early));
  (void)queue.Push(EventOf(1));
  EXPECT_TRUE(queue.HasRoom(early));
  (void)queue.Push(EventOf(2));
  EXPECT_FALSE(queue.HasRoom(late));
  EXPECT_FALSE(queue.HasRoom());
  EXPECT_EQ(late->rooms, 0);
  queue.TakeBatch();
  EXPECT_EQ(late->rooms, 1);
  EXPECT_EQ(early->rooms, 0);
  EXPECT_TRUE(queue.HasRoom());
  queue.TakeBatch();
  EXPECT_EQ(late->rooms, 1);
}

TEST(PublishQueueTest, IsFullByBytes) {
  PublishQueue queue({.bytes = 1'000, .batch_events = 1});
  const auto publisher = std::make_shared<CountingPublisher>();
  (void)queue.Push(EventOf(1, 400));
  (void)queue.Push(EventOf(2, 600));
  EXPECT_FALSE(queue.HasRoom(publisher));
  queue.TakeBatch();
  EXPECT_EQ(publisher->rooms, 1);
  EXPECT_TRUE(queue.HasRoom());
}

TEST(PublishQueueTest, WhoWasToldThatThereIsRoomMayPushBeyondTheLimit) {
  PublishQueue queue({.events = 2, .bytes = 1'000, .batch_events = 2});
  const auto publisher = std::make_shared<CountingPublisher>();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(queue.Push(EventOf(i, 500)).ok());
  EXPECT_FALSE(queue.HasRoom(publisher));
  queue.TakeBatch();
  EXPECT_EQ(publisher->rooms, 0) << "three are left, two are the limit";
  queue.TakeBatch();
  EXPECT_EQ(publisher->rooms, 1);
}

TEST(PublishQueueTest, AClosedQueueGivesWhatItHasAndTakesNothing) {
  PublishQueue queue({.events = 1});
  const auto publisher = std::make_shared<CountingPublisher>();
  (void)queue.Push(EventOf(1));
  EXPECT_FALSE(queue.HasRoom(publisher));
  queue.Close();
  EXPECT_EQ(publisher->rooms, 1) << "or it would wait forever";
  EXPECT_FALSE(queue.Push(EventOf(2)).ok());
  EXPECT_THAT(Tickets(queue.TakeBatch()), ElementsAre(1));
  EXPECT_THAT(queue.TakeBatch(), IsEmpty());
  EXPECT_THAT(queue.TakeBatch(), IsEmpty());
}

TEST(PublishQueueTest, CloseWakesTheCommitter) {
  PublishQueue queue({});
  auto batch = std::async(std::launch::async, [&] { return queue.TakeBatch(); });
  queue.Close();
  ASSERT_EQ(batch.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_THAT(batch.get(), IsEmpty());
}

TEST(PublishQueueTest, ManyPublishersLoseAndDoubleNothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5'000;
  PublishQueue queue({.batch_events = 7});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&queue, t] {
      for (int i = 0; i < kEach; ++i) (void)queue.Push(EventOf(t * kEach + i));
    });
  }
  std::vector<int> seen(kThreads * kEach);
  std::vector<std::uint64_t> last(kThreads);
  for (int taken = 0; taken < kThreads * kEach;) {
    for (const QueuedEvent& event : queue.TakeBatch()) {
      ++seen[event.ticket];
      std::uint64_t& before = last[event.ticket / kEach];
      EXPECT_GE(event.ticket, before) << "each publisher's own stay in order";
      before = event.ticket;
      ++taken;
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(seen, ::testing::Each(1));
}

// Whoever was told that there is room may push, until the hard limits.
TEST(PublishQueueTest, NobodyPushesPastTheHardLimits) {
  PublishQueue events({.events = 1, .most_events = 3});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(events.Push(EventOf(i)).ok());
  EXPECT_EQ(ReasonOf(events.Push(EventOf(3))), "PUBLISH_QUEUE_FULL");
  EXPECT_EQ(events.size(), 3u);

  PublishQueue bytes({.bytes = 100, .most_bytes = 1'000});
  EXPECT_TRUE(bytes.Push(EventOf(0, 5'000)).ok());  // an event of any size, alone
  EXPECT_EQ(ReasonOf(bytes.Push(EventOf(1, 1))), "PUBLISH_QUEUE_FULL");
  bytes.TakeBatch();
  EXPECT_TRUE(bytes.Push(EventOf(2, 600)).ok());
  EXPECT_TRUE(bytes.Push(EventOf(3, 400)).ok());
  EXPECT_FALSE(bytes.Push(EventOf(4, 1)).ok());
}

}  // namespace
}  // namespace windrow::control_plane
